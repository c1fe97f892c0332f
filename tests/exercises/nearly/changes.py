"""Answers of changes that are nearly right."""

# Pieces of the oracle, and what replaces each.
BY_HAND = {
    "to two decimals": (("- last[device]", "- last[device]; change = round(change, 2)"),),
}
