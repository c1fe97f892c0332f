"""Answers of wrong-clock that are nearly right."""

# Pieces of the oracle, and what replaces each.
BY_HAND = {
    "by the record's time": (('each.fields["timestamp"]', "each.timestamp"),),
    "in whole seconds": (("measured - known <= 60_000", "measured // 1000 - known // 1000 <= 60"),),
    "in rounded seconds": (("measured - known <= 60_000", "round((measured - known) / 1000) <= 60"),),
    "late by no more than two days": (("measured - known <= 60_000", "-2 * 86_400_000 < measured - known <= 60_000"),),
    "late by no more than a year": (("measured - known <= 60_000", "-366 * 86_400_000 < measured - known <= 60_000"),),
}
