"""Marks: the hidden readings of a student, and the records that came out of the sandbox against the oracle's."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from labkit.exercises.answer_types import Output
from labkit.exercises.catalogue import seed_for
from labkit.exercises.exercise import Exercise
from labkit.exercises.harness import row_of
from labkit.exercises.judging import Finding, Judgement, judge
from labkit.exercises.records import Row, Sent
from labkit.grading.runner.job import ExerciseTopics, Limits, Reading
from labkit.grading.sandbox import Outcome
from labkit.kafka.tap import Record

DEEPEST = 50  # levels of a value in JSON: many more, and comparing or showing it exhausts Python's stack
TOO_MUCH = "So much came out that it was not read to its end: is there a loop that never ends?"


def seed(secret: bytes, student: str, exercise: str) -> str:
    """Returns the seed of a student's readings for an exercise, which cannot be known without the secret."""
    return hmac.new(secret, f"{student}\n{exercise}".encode(), hashlib.sha256).hexdigest()


def topics(exercise: Exercise, sent: Sequence[Sent]) -> ExerciseTopics:
    """Returns what the sandbox gets of an exercise: topics and readings, but nothing about what is expected."""
    values = (base64.b64encode(each.raw).decode() for each in sent)
    readings = [
        Reading(exercise.topic(each.topic), each.key, value, each.timestamp)
        for each, value in zip(sent, values, strict=True)
    ]
    inputs, outputs = ([*map(exercise.topic, names)] for names in (exercise.inputs, exercise.outputs))
    return ExerciseTopics(inputs, outputs, readings, exercise.partitions)


class Oracles(Protocol):
    """Who knows what must come out of an exercise."""

    def expected(self, exercise: Exercise, sent: Sequence[Sent]) -> Output: ...


@dataclass(frozen=True)
class Mark:
    """The points for one exercise, and the judgement behind them. `student` is the one whose question was answered."""

    exercise: Exercise
    judgement: Judgement
    student: str | None = None

    @property
    def points(self) -> int:
        return sum(each.points for each in self.judgement.findings)


def mark(oracles: Oracles, exercise: Exercise, sent: Sequence[Sent], outcome: Outcome, limits: Limits) -> Mark:
    """Compares what came out of the sandbox with the oracle's expectations."""
    got = {
        name: rows(outcome.records.get(exercise.topic(name), ()), name in exercise.raw, limits)
        for name in exercise.outputs
    }
    student = None
    if exercise.question:
        student = next((str(row.get("student", ""))[:100] for row in got["out"]), "")
        sent = exercise.sent(seed_for(exercise, student))
    judgement = _judged(exercise, sent, oracles.expected(exercise, sent), got)
    if any(exercise.topic(name) in outcome.full for name in exercise.outputs):
        judgement = Judgement(judgement.findings, diagnosis=(TOO_MUCH,))  # not all of it has been seen
    if exercise.answer_type.hides_evidence:
        judgement = Judgement(judgement.findings)  # the evidence would be the right answer
    return Mark(exercise, judgement, student)


def _judged(exercise: Exercise, *compared: Any) -> Judgement:
    """Judges rows that may contain anything: no submission may stop the grading of the others."""
    try:
        return judge(exercise, *compared)
    except Exception as error:
        findings = tuple(Finding(each, False) for each in exercise.behaviours)
        return Judgement(findings, diagnosis=(f"The records could not be judged: {type(error).__name__}: {error}",))


def rows(said: Sequence[Mapping[str, Any]], raw: bool, limits: Limits) -> list[Row]:
    """Returns the records that the sandbox reports; anything malformed is left out."""
    found = []
    for each in said:
        try:
            found.append(row_of(_record(each, raw, limits)))
        except Exception:  # whatever a submission finds: it costs this record alone
            continue
    return found


def _record(said: Mapping[str, Any], raw: bool, limits: Limits) -> Record:
    value = base64.b64decode(said["value"])
    if len(value) > limits.record_size:
        raise ValueError("too large")
    key, time = said["key"], said["time"]
    if not (key is None or isinstance(key, str)) or type(time) is not int:
        raise TypeError("no record")
    headers = {str(name): str(text) for name, text in said["headers"].items()}
    return Record("", 0, 0, time, key, value if raw else _parsed(value), headers)


def _parsed(value: bytes) -> Any:
    """Returns the JSON in a value; the bytes themselves if there is none, or if it is nested too deep."""
    try:
        found = orjson.loads(value)
    except orjson.JSONDecodeError:
        return value
    level, depth = [found], 0
    while level and depth <= DEEPEST:
        level, depth = [inner for each in level for inner in _inside(each)], depth + 1
    return value if level else found


def _inside(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
