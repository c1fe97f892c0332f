"""Answers of read-on that are nearly right."""

# Those that earn everything, on every seed or on some, and why.
RIGHT = {
    "5 -> 6": "if the large record has been lost, the last call reads one more",
    "8 -> 9": "if the large record has been lost, the last call reads one more",
    "7 -> 8": "if the large record has been lost, the last call reads one more",
    "6 -> 7": "if the large record has been lost, the last call reads one more",
}
