"""The lab's own pipelines: each a function that a student could have written, in ordinary Quix Streams."""

from collections.abc import Callable
from typing import NamedTuple

from quixstreams.dataframe import StreamingDataFrame

from labkit.pipelines.alert_counter import alert_counter
from labkit.pipelines.alert_filter import THRESHOLD, alert_filter
from labkit.pipelines.average_temperature import average_temperature

__all__ = ["PIPELINES", "THRESHOLD", "Stage", "alert_counter", "alert_filter", "average_temperature"]


class Stage(NamedTuple):
    """A pipeline, the topic that it reads, and the topic that it writes to."""

    function: Callable[..., StreamingDataFrame]
    reads: str
    writes: str


PIPELINES = {
    "alert-filter": Stage(alert_filter, reads="sensor", writes="alert"),
    "alert-counter": Stage(alert_counter, reads="alert", writes="alert-count"),
    "average-temperature": Stage(average_temperature, reads="sensor", writes="avg-temp"),
}
