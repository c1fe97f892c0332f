"""Answers of coldest that are nearly right."""

# Pieces of the oracle, and what replaces each.
BY_HAND = {
    "to two decimals": (("= min(", "= round(min("), ("in records)", "in records), 2)")),
}
