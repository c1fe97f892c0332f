"""Faults in the records of a topic that somebody's own pipelines read, made from records that it holds."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from confluent_kafka import Producer

from labkit.incidents import writing
from labkit.incidents.fault import Evidence
from labkit.incidents.reports import OneOf
from labkit.incidents.stage import Stage
from labkit.kafka import clients, tap
from labkit.readings import now

AHEAD = 1_800_000  # milliseconds
HOT, STRAY, CHANGED = 2000, 10, 5  # records


class Faulty(ABC):
    """A fault in the records of a topic; `examples` are some that it holds."""

    cause: ClassVar[str]
    repeats: ClassVar[bool] = True  # whether a verdict sends it once more, to see that it does no harm now

    def __init__(self, stage: Stage, topic: str, examples: Sequence[tap.Record], luck: random.Random) -> None:
        self.topics, self.topic = stage.topics, topic
        self.example = luck.choice(examples)
        self.numbers = sorted(name for name, value in self.example.value.items() if _is_measured(value, self.example))
        self.number = luck.choice(self.numbers or [""])
        self.written = 0  # records so far

    @abstractmethod
    def plant(self) -> Evidence:
        """Write the faulty records. Returns the evidence."""

    def close(self) -> None:  # noqa: B027
        """End what it holds."""

    @staticmethod
    def fits(example: tap.Record, partitions: int) -> bool:  # noqa: ARG004
        """Whether it can be planted among such records."""
        return True

    def write(
        self,
        *values: Mapping[str, Any],
        time: int | None = None,
        partition: int = -1,
        producer: Producer | None = None,
    ) -> list[tuple[int, int]]:
        """Write values under the key of the example. Returns the partition and offset of each."""
        producer = producer or clients.producer(self.topics.address)
        topic, key = self.topics.full(self.topic), self.example.key or ""
        found = writing.written(producer, topic, key, values, time or now(), partition)
        self.written += len(found)
        return found


class Poison(Faulty):
    """A number is null."""

    cause = "poison record"

    @staticmethod
    def fits(example: tap.Record, partitions: int) -> bool:  # noqa: ARG004
        return any(_is_measured(each, example) for each in example.value.values())

    def plant(self) -> Evidence:
        ((partition, offset),) = self.write({**self.example.value, self.number: None})
        return {"partition": partition, "offset": offset}


class Changed(Faulty):
    """A field has another name."""

    cause = "schema change"
    fits = Poison.fits

    def plant(self) -> Evidence:
        name = f"{self.number}_v2"
        kept = {each: value for each, value in self.example.value.items() if each != self.number}
        self.write(*[{**kept, name: self.example.value[self.number]}] * CHANGED)
        return {"device": self.example.key, "field": OneOf((name, self.number))}


class Ahead(Faulty):
    """A record is half an hour ahead."""

    cause = "fast clock"

    def plant(self) -> Evidence:
        time = now() + AHEAD
        shifted = {
            name: time if value == self.example.timestamp else value for name, value in self.example.value.items()
        }
        ((_, offset),) = self.write(shifted, time=time)
        return {"device": self.example.key, "offset": offset}


class Hot(Faulty):
    """A key has two thousand records more than others."""

    cause = "hot key"
    repeats = False

    def plant(self) -> Evidence:
        self.write(*[self.example.value] * HOT)
        return {"device": self.example.key}


class Strays(Faulty):
    """Some records of a key are in another partition."""

    cause = "another partitioner"
    repeats = False

    @staticmethod
    def fits(example: tap.Record, partitions: int) -> bool:  # noqa: ARG004
        return partitions > 1

    def plant(self) -> Evidence:
        home = self.example.partition
        other = (home + 1) % len(self.topics.partitions(self.topic))
        self.write(*[self.example.value] * STRAY, partition=other)
        return {"device": self.example.key, "partitions": [home, other]}


class Held(Faulty):
    """A transaction is open."""

    cause = "open transaction"
    repeats = False

    def plant(self) -> Evidence:
        self._producer = writing.in_transaction(self.topics.address, self.topics.full(f"{self.topic}.backfill"))
        ((partition, offset),) = self.write(
            self.example.value, partition=self.example.partition, producer=self._producer
        )
        return {"partition": partition, "offset": offset}

    def close(self) -> None:
        writing.abort(self._producer)


FAULTS: tuple[type[Faulty], ...] = (Poison, Held, Ahead, Strays, Changed, Hot)


def _is_measured(value: object, example: tap.Record) -> bool:
    """Whether a value is a number, and no time."""
    return type(value) in (int, float) and value != example.timestamp
