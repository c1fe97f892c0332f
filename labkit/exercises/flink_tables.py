"""The tables that the exercises in Flink SQL read and write."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from labkit.exercises import records
from labkit.exercises.records import Sent
from labkit.readings.reading import SENSOR_DATA, named_for

READINGS = """
CREATE TABLE readings (
    sensor_id STRING,
    temperature DOUBLE,
    humidity DOUBLE,
    `timestamp` BIGINT,
    event_time AS TO_TIMESTAMP_LTZ(`timestamp`, 3),
    WATERMARK FOR event_time AS event_time - INTERVAL '2' SECOND
) WITH (
    'connector' = 'kafka',
    'topic' = '${topic}',
    'properties.bootstrap.servers' = '${broker}',
    'properties.group.id' = '${group}',
    'scan.startup.mode' = 'earliest-offset',
    'scan.bounded.mode' = '${until}',
    'format' = 'json'
);
"""

RESULT = """
CREATE TABLE results (
    %s
) WITH (
    'connector' = 'kafka',
    'topic' = '${out}',
    'properties.bootstrap.servers' = '${broker}',
    'format' = 'json',
    'json.timestamp-format.standard' = 'ISO-8601'
);
"""


def result(columns: str) -> str:
    """Returns the table `readings`, and a table `results` with these columns."""
    return READINGS + RESULT % columns


def reading(device: str, second: float, temperature: float, humidity: float = 50.0) -> Sent:
    """Returns a reading under the names that Flink's tables use, with a key of a gateway; see `records.reading`."""
    plain = records.reading(device, second, temperature, humidity)
    return replace(plain, key=f"gateway/{device}", value=named_for(SENSOR_DATA, plain.fields))


def window_start(timestamp: int, milliseconds: int) -> str:
    """Returns the start of the tumbling window that holds a time, as Flink writes it."""
    start = timestamp - timestamp % milliseconds
    return datetime.datetime.fromtimestamp(start / 1000, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S")


def sources(row: Mapping[str, Any], sent: Sequence[Sent]) -> list[Sent]:
    """Returns the readings in the row's 10 s window; only those of its device, if the row has one."""
    start, device = row.get("window_start"), row.get("sensor_id")
    inside = [each for each in sent if window_start(each.timestamp, 10_000) == start]
    return [each for each in inside if each.fields["sensor_id"] == device] if "readings" in row else inside
