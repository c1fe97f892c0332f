"""Answers of visits that are nearly right."""

# Pieces of the oracle, and what replaces each.
BY_HAND = {
    "in whole seconds": (("/ 1000}", "// 1000}"),),
}

DUE = "session.last + 1 <= newest[key] - 2 * GAP - GRACE"
NOT_SEEN = "when a window closes cannot be seen"

# Those that earn everything, on every seed or on some, and why.
RIGHT = {
    f"{DUE} -> {DUE.replace('<=', '<')}": NOT_SEEN,
    "1 -> 2": f"{NOT_SEEN}; start and end may go",
    "1 -> 0": f"{NOT_SEEN}; start and end may go",
    "2 -> 3": NOT_SEEN,
}
