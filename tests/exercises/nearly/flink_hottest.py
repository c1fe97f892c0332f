"""Answers of flink-hottest that are nearly right."""

# Those that earn everything, on every seed or on some, and why.
RIGHT = {
    "0 -> 1": "the time of a row in SQL is not judged",
    "0 -> -1": "the time of a row in SQL is not judged",
    "10000 -> 10001": "a start is written in whole seconds",
}
