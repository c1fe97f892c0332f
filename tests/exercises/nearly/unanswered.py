"""Answers of unanswered that are nearly right."""

# Pieces of the oracle, and what replaces each.
BY_HAND = {
    "answered even before, by half a second": (("0 < later", "-500 < later"),),
    "answered only after 0.9 s": (("0 < later", "900 < later"),),
    "answered until 60.9 s": (("later <= LIMIT", "later <= 60_900"),),
    "over from 60 s on": (("later > LIMIT", "later >= LIMIT"),),
    "over after 59.6 s": (("later > LIMIT", "later > 59_600"),),
    "over after 60.9 s": (("later > LIMIT", "later > 60_900"),),
}

# Those that earn everything, on every seed or on some, and why.
RIGHT = {
    "0 -> -1": "no two records of a key have the same time",
}
