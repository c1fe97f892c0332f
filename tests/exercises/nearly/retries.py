"""Answers of retries that are nearly right."""

# Pieces of the oracle, and what replaces each.
BY_HAND = {
    "the last nine records": (
        ("seen = set()", "seen = defaultdict(list)"),
        (
            "if measured not in seen:",
            "nine = seen[measured[0]][-9:]; seen[measured[0]].append(measured)\n        if measured not in nine:",
        ),
        ("            seen.add(measured)\n", ""),
        ("from labkit.grading", "from collections import defaultdict\nfrom labkit.grading"),
    ),
    "by the record's time": (('each.fields["timestamp"]', "each.timestamp"),),
    "by the temperature too": (('each.fields["timestamp"]', 'each.fields["timestamp"], each.fields["temperature"]'),),
    "by the humidity too": (('each.fields["timestamp"]', 'each.fields["timestamp"], each.fields["humidity"]'),),
}
