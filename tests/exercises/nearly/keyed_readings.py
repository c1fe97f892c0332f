"""Answers of keyed-readings that are nearly right."""

# Pieces of the oracle, and what replaces each.
BY_HAND = {
    "the key in lower case": (('"key": value["device"]', '"key": value["device"].lower()'),),
    "the key as a title": (('"key": value["device"]', '"key": value["device"].title()'),),
    "without fields that are null": (
        ("**value}", "**{name: each for name, each in value.items() if each is not None}}"),
    ),
}
