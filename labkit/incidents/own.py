"""An incident in an engineer's own pipelines: faulty records in the topic that they read. What should come out only the
engineer knows, so that a repair is judged by the state of the runs.
"""

from __future__ import annotations

import contextlib
import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import orjson
from confluent_kafka import KafkaException

from labkit.errors import LabError
from labkit.incidents import causes
from labkit.incidents.fault import Evidence, clock, listed
from labkit.incidents.reports import OneOf, Reports
from labkit.incidents.stage import Stage
from labkit.incidents.verdict import Part, Verdict, in_words
from labkit.kafka import clients, tap
from labkit.kafka.topics import DEAD_LETTER
from labkit.readings import now
from labkit.runs import Run, arguments
from labkit.waiting import quietly, wait_until

NEWEST = 200  # records that are taken as examples
AHEAD = 1_800_000  # milliseconds
HOT, STRAY, CHANGED = 2000, 10, 5  # records
LIMIT = 30.0  # seconds that Kafka may take
LONGEST = 900_000  # milliseconds: Kafka's own limit of a transaction
PATIENCE = 20.0  # seconds that the runs may take to read what there is


class Faulty(ABC):
    """A fault in the records of a topic; `examples` are some that it holds."""

    cause: ClassVar[str]
    repeats: ClassVar[bool] = True  # whether a verdict sends it once more, to see that it does no harm now

    def __init__(self, stage: Stage, topic: str, examples: Sequence[tap.Record], luck: random.Random) -> None:
        self.topics, self.topic = stage.topics, topic
        self.example = luck.choice(examples)
        self.numbers = sorted(name for name, value in self.example.value.items() if _is_measured(value, self.example))
        self.number = luck.choice(self.numbers or [""])

    @abstractmethod
    def plant(self) -> Evidence:
        """Write the faulty records. Returns the evidence."""

    def close(self) -> None:  # noqa: B027
        """End what it holds."""

    @staticmethod
    def fits(example: tap.Record, partitions: int) -> bool:  # noqa: ARG004
        """Whether it can be planted among such records."""
        return True

    def write(self, *values: Mapping[str, Any], time: int | None = None, partition: int = -1) -> list[tuple[int, int]]:
        """Write values under the key of the example. Returns the partition and offset of each."""
        return written(clients.producer(self.topics.address), self, values, time or now(), partition)


def written(
    producer: Any, fault: Faulty, values: Sequence[Mapping[str, Any]], time: int, partition: int = -1
) -> list[tuple[int, int]]:
    """Write values with a producer. Returns the partition and offset of each, in order. Raises LabError if Kafka does
    not take them.
    """
    found: list[tuple[int, int]] = []
    key = (fault.example.key or "").encode()
    for value in values:
        producer.produce(
            fault.topics.full(fault.topic),
            orjson.dumps(value),
            key,
            partition,
            timestamp=time,
            on_delivery=lambda error, message: found.append((message.partition(), -1 if error else message.offset())),
        )
    producer.flush(LIMIT)
    if len(found) < len(values) or any(offset < 0 for _, offset in found):
        raise LabError(f"Kafka did not take the records of the incident into {fault.topic}.")
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
        settings = {"transactional.id": self.topics.full(f"{self.topic}.backfill"), "transaction.timeout.ms": LONGEST}
        self._producer = clients.producer(self.topics.address, **settings)
        self._producer.init_transactions(LIMIT)
        self._producer.begin_transaction()
        ((partition, offset),) = written(self._producer, self, [self.example.value], now(), self.example.partition)
        return {"partition": partition, "offset": offset}

    def close(self) -> None:
        with contextlib.suppress(KafkaException):
            self._producer.abort_transaction(LIMIT)


FAULTS: tuple[type[Faulty], ...] = (Poison, Held, Ahead, Strays, Changed, Hot)


def _is_measured(value: object, example: tap.Record) -> bool:
    """Whether a value is a number, and no time."""
    return type(value) in (int, float) and value != example.timestamp


@arguments.checked
class OwnIncident:
    """Something is wrong with what your own pipelines read. `symptom` says since when; find out what, and why you think
    so; change your pipelines so that it does no harm; and have it judged.

    Example: incident = lab.incident(7, system=[filter_run, counter_run])
    """

    def __init__(self, seed: int, stage: Stage, student: str, system: Sequence[Run]) -> None:
        """Raises LabError if no run is given, or if the topic that the first reads has no records to take after."""
        self._stage, self._seed, self._reports = stage, seed, Reports()
        self._flows = [(each.reads, each.writes) for each in system]
        if not self._flows:
            raise LabError("system is what lab.run has returned, at least one: lab.incident(7, system=[run]).")
        self.topic = self._flows[0][0][0]
        luck = random.Random(f"incident {seed} {student}")
        fault = self._drawn(seed, luck)
        since = now()
        evidence = fault.plant()
        self._secret: Callable[[], tuple[Faulty, Evidence]] = lambda: (fault, evidence)
        outputs = listed([each.writes for each in system if each.writes] or [self.topic])
        self.symptom = f"Since {clock(since)} those who use {outputs} say that it is not what it was."

    def _drawn(self, seed: int, luck: random.Random) -> Faulty:
        found = tap.newest(self._stage.topics, self.topic, NEWEST)
        examples = [each for each in found if isinstance(each.value, dict) and each.key]
        if not examples:
            raise LabError(f"{self.topic} holds no JSON objects with keys: let your producer write some first.")
        partitions = len(self._stage.topics.partitions(self.topic))
        possible = [each for each in FAULTS if each.fits(examples[0], partitions)]
        return possible[seed % len(possible)](self._stage, self.topic, examples, luck)

    def causes(self) -> None:
        """Print all causes, of which this is one, and the evidence that each needs. Example: incident.causes()"""
        print(causes.in_words())

    def report(self, cause: str, **evidence: Any) -> None:
        """Report a cause and the evidence for it, and print whether they hold; `device` is the key. The first two
        reports count.

        Raises LabError if there is no such cause, or evidence is missing.

        Example: incident.report("open transaction", partition=0, offset=120)
        """
        print(self._reports.add(cause, evidence), in_words(self._judged()), sep="\n")

    def verdict(self) -> Verdict:
        """Judge cause, evidence and repair: the latter by the state of the runs, for up to 20 s, after the fault has
        been sent once more if it is one of records. Whether the output is right you must say. Before the first report
        nothing is judged.

        Example: incident.verdict()
        """
        fault, _ = self._secret()
        return Verdict(f"incident {self._seed} in {self.topic}", *self._judged(), self._repair(fault))

    def _judged(self) -> tuple[Part, Part]:
        fault, evidence = self._secret()
        return self._reports.judged(fault.cause, lambda: evidence)

    def _repair(self, fault: Faulty) -> Part:
        if not len(self._reports):
            return Part("repair", "open")
        letters = self._letters()
        if fault.repeats:
            fault.plant()
        with quietly():
            wait_until(lambda: self._ended() or not self._waiting(), PATIENCE)
        wrong = self._ended() or self._waiting()
        if more := self._letters() - letters:
            wrong.append(f"{more} records could not be read")
        if wrong:
            return Part("repair", "falls short", "; ".join(wrong))
        return Part("repair", "holds", "all runs go on, nothing waits; is the output right, too?")

    def _runs(self) -> list[Run]:
        """Returns the runs that do the work now: a repair may have replaced those of the beginning."""
        runs = [each for each in self._stage.lab.workers if isinstance(each, Run)]
        of_flows = [[each for each in runs if (each.reads, each.writes) == flow] for flow in self._flows]
        return [each for those in of_flows for each in ([run for run in those if run.alive] or those[-1:])]

    def _ended(self) -> list[str]:
        return [f"{each.name} is {each.status}" for each in self._runs() if not each.alive]

    def _waiting(self) -> list[str]:
        """Returns what has not been read, and what nobody can read yet."""
        topics = self._stage.topics
        names = sorted({name for reads, _ in self._flows for name in reads})
        held = [each for each in names if topics.end_offsets(each) != topics.end_offsets(each, committed=True)]
        behind = [f"{each.name} has {lag} records to read" for each in self._runs() if (lag := each.lag())]
        return [f"not all of {each} can be read" for each in held] + behind

    def _letters(self) -> int:
        names = {f"{name}{DEAD_LETTER}" for reads, _ in self._flows for name in reads}
        return sum(self._stage.topics.counts.of(each).came for each in names if self._stage.topics.partitions(each))

    def close(self) -> None:
        """End what the fault holds. Example: incident.close()"""
        self._secret()[0].close()

    def __repr__(self) -> str:
        return f"Incident {self._seed} in {self.topic}. {self.symptom}"
