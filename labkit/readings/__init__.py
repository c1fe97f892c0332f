"""Readings: what they are, where they come from, and which records are not valid. Knows nothing of Kafka."""

from labkit.readings.columns import Chosen, Columns
from labkit.readings.devices import now, simulate
from labkit.readings.item import Item
from labkit.readings.reading import (
    COLUMNS,
    OWN,
    TOPICS,
    BadReading,
    Reading,
    check,
    named_for,
    parse,
    parse_json,
    parse_object,
)
from labkit.readings.replay import Replay, recorded
from labkit.readings.sources import Source, open_source
from labkit.readings.tables import read
from labkit.readings.world import World

__all__ = [
    "COLUMNS",
    "OWN",
    "TOPICS",
    "BadReading",
    "Chosen",
    "Columns",
    "Item",
    "Reading",
    "Replay",
    "Source",
    "World",
    "check",
    "named_for",
    "now",
    "open_source",
    "parse",
    "parse_json",
    "parse_object",
    "read",
    "recorded",
    "simulate",
]
