"""Answers of heartbeat that are nearly right."""

# Pieces of the oracle, and what replaces each.
BY_HAND = {
    "to two decimals": (("/ len(degrees)", "/ len(degrees); mean = round(mean, 2)"),),
}
