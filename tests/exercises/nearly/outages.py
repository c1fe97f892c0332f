"""Answers of outages that are nearly right."""

# Pieces of the oracle, and what replaces each.
BY_HAND = {
    "by the record's time": (
        ("heard: dict[str, int] = {}", "heard: dict[str, int] = {}; arrived = {}"),
        (
            "before = heard.setdefault(device, now)",
            "before = heard.setdefault(device, now); earlier = arrived.get(device, 0); "
            "arrived[device] = max(earlier, each.timestamp)",
        ),
        ("now - before > 5000", "now > before and each.timestamp - max(earlier, before) > 5000"),
    ),
    "no more than a month": (("now - before > 5000", "5000 < now - before < 30 * 86_400_000"),),
}
