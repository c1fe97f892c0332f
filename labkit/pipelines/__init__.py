"""The lab's own pipelines: each a function that a student could have written, in ordinary Quix Streams."""

from collections.abc import Callable
from typing import NamedTuple

from quixstreams.dataframe import StreamingDataFrame

from labkit.pipelines.alert_filter import alert_filter

__all__ = ["PIPELINES", "Stage", "alert_filter"]


class Stage(NamedTuple):
    """A pipeline and the topics that it stands between."""

    function: Callable[[StreamingDataFrame], StreamingDataFrame]
    reads: str
    writes: str


PIPELINES = {"alert-filter": Stage(alert_filter, reads="sensor", writes="alert")}
