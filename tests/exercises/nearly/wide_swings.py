"""Answers of wide-swings that are nearly right."""

# Pieces of the oracle, and what replaces each.
BY_HAND = {
    "from 0.5 m on": (("if high - low >= 1:", "if high - low >= 0.5:"),),
    "from 0.999 m on": (("if high - low >= 1:", "if high - low >= 0.9985:"),),
    "from 1.001 m on": (("if high - low >= 1:", "if high - low >= 1.0005:"),),
    "only 1.001 m is more": (("if high - low >= 1:", "if high - low > 1.0015 or high - low == 1:"),),
    "in whole metres": (("if high - low >= 1:", "if round(high - low) >= 1:"),),
    "in centimetres": (("if high - low >= 1:", "if round(high - low, 2) >= 1:"),),
    "levels in centimetres": (
        ("low, high = min(levels), max(levels)", "low, high = round(min(levels), 2), round(max(levels), 2)"),
    ),
    "the lowest in centimetres": (
        ("low, high = min(levels), max(levels)", "low, high = round(min(levels), 2), max(levels)"),
    ),
    "the highest in centimetres": (
        ("low, high = min(levels), max(levels)", "low, high = min(levels), round(max(levels), 2)"),
    ),
    "without the last millisecond": (
        (
            'if each.fields["level"] is not None',
            'if each.fields["level"] is not None and each.timestamp % 3_600_000 < 3_599_999',
        ),
    ),
    "without the first millisecond": (
        ('if each.fields["level"] is not None', 'if each.fields["level"] is not None and each.timestamp % 3_600_000'),
    ),
}
