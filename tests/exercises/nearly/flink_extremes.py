"""Answers of flink-extremes that are nearly right."""

# Those that earn everything, on every seed or on some, and why.
RIGHT = {
    "0 -> -1": "the time of a row in SQL is not judged",
}
