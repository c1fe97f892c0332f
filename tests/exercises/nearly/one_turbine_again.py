"""Answers of one-turbine-again that are nearly right."""

# Those that earn everything, on every seed or on some, and why.
RIGHT = {
    "0 -> -1": "all parts of a window say the same",
}
