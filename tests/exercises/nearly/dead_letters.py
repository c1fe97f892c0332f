"""Answers of dead-letters that are nearly right."""

# Pieces of the oracle, and what replaces each.
BY_HAND = {
    "a byte order mark is welcome": (('decode("utf-8")', 'decode("utf-8-sig")'),),
    "0 is no temperature": (("(int, float):", '(int, float) or not value["temperature"]:'),),
    "a float 0 is no temperature": (("(int, float):", '(int, float) or str(value["temperature"]) == "0.0":'),),
    "no room is so hot": (("(int, float):", '(int, float) or value["temperature"] > 1000:'),),
    "no room is so cold": (("(int, float):", '(int, float) or value["temperature"] < -273.15:'),),
}
