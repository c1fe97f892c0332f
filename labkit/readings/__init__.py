"""Readings: what they are, where they come from, and which records are none. Knows nothing of Kafka."""

from labkit.readings.devices import now, simulate
from labkit.readings.reading import COLUMNS, TOPICS, BadReading, Reading, check, parse, parse_object
from labkit.readings.tables import read

__all__ = ["COLUMNS", "TOPICS", "BadReading", "Reading", "check", "now", "parse", "parse_object", "read", "simulate"]
