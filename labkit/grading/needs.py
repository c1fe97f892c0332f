"""What must be on this computer before answers are tried in a sandbox, which has no network and writes nothing."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from labkit import flink
from labkit.broker import training
from labkit.broker.installation import kafka_installation
from labkit.exercises.answer_types import Sql
from labkit.exercises.exercise import Exercise
from labkit.exercises.schemas import NextSchema
from labkit.flink import training as flink_training
from labkit.jvm.store import Installation
from labkit.schema_registry import registry_installation
from labkit.schema_registry import training as registry_training


def installations(exercises: Iterable[Exercise]) -> Iterator[tuple[Installation, Callable[[Any], object]]]:
    """Yields what these exercises need, each with what trains it: Kafka, and a schema registry or Flink for a few."""
    kinds = {type(each.answer_type) for each in exercises}
    yield kafka_installation(), training.train
    if NextSchema in kinds:
        yield registry_installation(), registry_training.train
    if Sql in kinds:
        with contextlib.suppress(flink.NotInstalled):  # then the exercises in SQL earn nothing
            yield flink.flink_installation(), flink_training.train
