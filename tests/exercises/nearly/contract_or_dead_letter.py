"""Answers of contract-or-dead-letter that are nearly right."""

# Pieces of the oracle, and what replaces each.
BY_HAND = {
    "59.99 at most": (('_within(value["temperature"], -90, 60)', '_within(value["temperature"], -90, 59.99)'),),
    "60.01 at most": (('_within(value["temperature"], -90, 60)', '_within(value["temperature"], -90, 60.01)'),),
    "-90.01 at least": (('_within(value["temperature"], -90, 60)', '_within(value["temperature"], -90.01, 60)'),),
    "-89.99 at least": (('_within(value["temperature"], -90, 60)', '_within(value["temperature"], -89.99, 60)'),),
    "100.01 % at most": (
        ('_within(value.get("humidity", 0), 0, 100)', '_within(value.get("humidity", 0), 0, 100.01)'),
    ),
    "99.99 % at most": (('_within(value.get("humidity", 0), 0, 100)', '_within(value.get("humidity", 0), 0, 99.99)'),),
    "-0.01 % at least": (
        ('_within(value.get("humidity", 0), 0, 100)', '_within(value.get("humidity", 0), -0.01, 100)'),
    ),
    "0.01 % at least": (('_within(value.get("humidity", 0), 0, 100)', '_within(value.get("humidity", 1), 0.01, 100)'),),
}

# Those that earn everything, on every seed or on some, and why.
RIGHT = {
    "0 -> 1": "any humidity will do where there is none",
}
