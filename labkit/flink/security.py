"""Gives the tables of a Flink SQL job what they need to log in."""

import re
from collections.abc import Mapping

from labkit.kafka import java

CONNECTOR = "org.apache.flink.kafka.shaded."  # the connector's own copy of Kafka's classes
SERVERS = re.compile(r"'properties\.bootstrap\.servers'\s*=\s*'(?:[^']|'')*'")


def secured(sql: str, given: Mapping[str, str]) -> str:
    """Add client properties to each table in the SQL that names a Kafka. Raises LabError if one has no counterpart."""
    found = java.translated(given, CONNECTOR)
    options = "".join(f", 'properties.{name}' = '{_quoted(value)}'" for name, value in found.items())
    return SERVERS.sub(lambda match: match[0] + options, sql)


def _quoted(text: str) -> str:
    """Escape text for use within SQL quotes."""
    return text.replace("'", "''")
