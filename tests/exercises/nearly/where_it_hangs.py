"""Answers of where-it-hangs that are nearly right."""

# Those that earn everything, on every seed or on some, and why.
RIGHT = {
    "move.timestamp < each.timestamp -> move.timestamp <= each.timestamp": "no move has the time of a reading",
}
