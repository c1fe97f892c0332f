"""The kinds of exercises: how an answer is tried on the records in the exercise's input topic."""

import dis
import functools
import hashlib
import os
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from types import FunctionType
from typing import Any

from quixstreams.models import Topic

from labkit.errors import LabError
from labkit.exercises.bench import Bench
from labkit.exercises.exercise import BASE, Exercise, Sent
from labkit.flink.spec import JobSpec
from labkit.kafka import tap
from labkit.runs.blame import Blame
from labkit.runs.call import Call
from labkit.runs.run import Run
from labkit.runs.spec import Spec
from labkit.runs.succession import Succession
from labkit.runs.threaded import ThreadedRun
from labkit.runs.worker import Worker

GRADED = "LAB_GRADED"  # set by the grader, which fills the input topic itself and marks the output
LIMIT = 30.0 if GRADED in os.environ else 10.0  # seconds that an answer may take: a grader's machine is busy
FLINK_LIMIT = 90.0  # seconds; Flink takes most of them to start


@dataclass
class Attempt:
    """How an answer fared: what went wrong, if anything, at which record, and what it printed."""

    trouble: Blame | None = None
    met: Sent | None = None
    prints: list[str] = field(default_factory=list)
    printed: int = 0

    def heard(self, worker: Worker) -> None:
        """Note what a worker has printed, and what went wrong in it."""
        self.prints += worker.prints
        self.printed += worker.printed
        if worker.error and not self.trouble:
            self.trouble = replace(worker.error, reason=worker.error.reason.removeprefix("LabError: "))


class OfAFunction:
    """The base of all kinds whose answer is a function."""

    expects = "a function"

    def accepts(self, answer: object) -> bool:
        return callable(answer)

    def is_unanswered(self, answer: object) -> bool:
        return answer is None or is_stub(answer)


def is_stub(answer: object) -> bool:
    """Whether it is a function that does nothing at all: its body is `...`, `pass` or a docstring."""
    if not isinstance(answer, FunctionType):
        return False
    steps = [each for each in dis.get_instructions(answer) if each.opname not in ("RESUME", "NOP", "POP_TOP")]
    return all(each.opname in ("LOAD_CONST", "RETURN_VALUE", "RETURN_CONST") for each in steps) and (
        all(each.argval in (None, ...) for each in steps if "CONST" in each.opname)
    )


def call(attempt: Attempt, name: str, function: Callable[[], Any], limit: float) -> bool:
    """Call a student's function for at most `limit` seconds. Returns whether the function has returned."""
    worker = Call(name, function)
    worker.start()
    try:
        if not worker.wait(limit):
            attempt.trouble = _too_long(worker)
    finally:
        worker.stop()
    attempt.heard(worker)
    return attempt.trouble is None


def _too_long(worker: Worker) -> Blame:
    return Blame(f"It did not finish within {LIMIT:g} s and was stopped", worker.line(), "")


@dataclass(frozen=True)
class Pipeline(OfAFunction):
    """A pipeline: a function from one StreamingDataFrame to another; `lab.run` explains this and `raw`.

    After the stream the function gets a Quix Streams producer if `producer` is set, and a Topic for each output but the
    first; values are written to these unchanged, as bytes.

    With `restart` it is stopped after half of the records, rebuilt, and started again: only its state survives.
    """

    raw: bool = False
    producer: bool = False
    restart: bool = False

    def attempt(self, bench: Bench, exercise: Exercise, answer: Any) -> Attempt:
        attempt, deadline = Attempt(), time.monotonic() + LIMIT
        reads, feed = bench.feed(exercise) if self.restart else (exercise.topic("in"), [lambda: None])
        spec = self._spec(bench, exercise, answer, reads)
        succession = Succession(bench.groups, spec, bench.directory)
        built: list[Run] = []

        def build() -> None:
            with succession.prepared():
                built.append(ThreadedRun(bench.groups, spec, succession.group, succession.directory))
            succession.take_over(from_start=True)

        feed[0]()
        if call(attempt, exercise.name, build, LIMIT):
            (run,) = built
            try:
                run.start()
                self._catch_up(attempt, run, deadline)
                for more in feed[1:]:
                    run.stop()
                    more()
                    run.start()
                    self._catch_up(attempt, run, deadline)
            finally:
                run.stop()
                bench.groups.forget(run.group)
            attempt.heard(run)
            if run.error:
                attempt.met = _record(bench, exercise, run.records_in - 1)
        return attempt

    def _spec(self, bench: Bench, exercise: Exercise, answer: Any, reads: str) -> Spec:
        topics = [Topic(bench.full(exercise, name), value_serializer="bytes") for name in exercise.outputs[1:]]
        more = [bench.application("none").get_producer(), *topics] if self.producer else topics
        name = getattr(answer, "__name__", "pipeline").strip("<>")
        return Spec(name, lambda stream: answer(stream, *more), (reads,), exercise.topic("out"), self.raw)

    def _catch_up(self, attempt: Attempt, run: Run, deadline: float) -> None:
        try:
            run.wait_until_caught_up(max(deadline - time.monotonic(), 0.5))
        except LabError as error:
            if not run.error:
                attempt.trouble = _too_long(run) if run.line() else Blame(str(error), None, "")


def _record(bench: Bench, exercise: Exercise, number: int) -> Sent | None:
    """The record of this number in the input topic."""
    records = tap.everything(bench.groups.topics, exercise.topic("in"), raw=True)
    if not 0 <= number < len(records):
        return None
    found = records[number]
    return Sent(found.key, found.value, found.timestamp)


@dataclass(frozen=True)
class Producing(OfAFunction):
    """A function `f(readings, producer, topic)` that writes a list of readings with a Quix Streams producer."""

    def attempt(self, bench: Bench, exercise: Exercise, answer: Any) -> Attempt:
        attempt = Attempt()
        readings = [each.value for each in tap.everything(bench.groups.topics, exercise.topic("in"))]
        producer = bench.application("none").get_producer()
        try:
            call(attempt, exercise.name, lambda: answer(readings, producer, bench.full(exercise, "out")), LIMIT)
        finally:
            producer.flush(1.0 if attempt.trouble else LIMIT)  # an endless loop may have filled its queue
        return attempt


@dataclass(frozen=True)
class Consuming(OfAFunction):
    """A function `f(app, source, target, records)` that reads so many records as a member of the application's consumer
    group and writes each to the target. It is called once for each number in `visits`, with a new application.
    """

    visits: Sequence[int]

    def attempt(self, bench: Bench, exercise: Exercise, answer: Any) -> Attempt:
        attempt, deadline, group = Attempt(), time.monotonic() + LIMIT, bench.new_group(exercise)
        source, target = bench.full(exercise, "in"), bench.full(exercise, "out")
        for number, records in enumerate(self.visits, 1):
            visit = functools.partial(answer, bench.application(group), source, target, records)
            if not call(attempt, exercise.name, visit, max(deadline - time.monotonic(), 0.5)):
                assert attempt.trouble
                words = f"The call {number} of {len(self.visits)}: {attempt.trouble.reason}"
                attempt.trouble = replace(attempt.trouble, reason=words)
                break
        bench.groups.forget(group)
        return attempt


@dataclass(frozen=True)
class Sql:
    """An INSERT statement in Flink SQL. `tables` declares what it reads and writes, with the placeholders of the lab's
    own job and `${out}` for the output topic.
    """

    tables: str
    expects = "a text, the SQL statement"

    def accepts(self, answer: object) -> bool:
        return isinstance(answer, str)

    def is_unanswered(self, answer: object) -> bool:
        return answer is None or (isinstance(answer, str) and "..." in answer)

    def attempt(self, bench: Bench, exercise: Exercise, answer: str) -> Attempt:
        attempt = Attempt()
        engine = bench.flink()
        sql = self.tables.replace("${out}", bench.full(exercise, "out")) + "\n" + answer.strip().rstrip(";") + ";\n"
        try:
            job = engine.job(
                JobSpec(exercise.name, exercise.topic("in"), engine.folder(resume=False), sql, bounded=True)
            )
            engine.check(job, [])
            engine.submit(job)
            try:
                job.wait_until_caught_up(FLINK_LIMIT)
            finally:
                job.stop()
        except LabError as error:
            attempt.trouble = Blame(str(error), None, "")
        return attempt


@dataclass(frozen=True)
class Answer:
    """A short answer to a student's case, such as "b" or a list of numbers.

    The output is the answer's digest, so that no file shows the right one, and the student whose case it is.
    """

    expects: str = 'a letter, such as "b"'

    def accepts(self, answer: object) -> bool:
        return isinstance(answer, str | int | float | list | tuple | set | dict)

    def is_unanswered(self, answer: object) -> bool:
        return answer is None or answer is ... or answer in ("", [], ())

    def attempt(self, bench: Bench, exercise: Exercise, answer: Any) -> Attempt:
        given = {"answer": digest(exercise.name, answer), "student": bench.student()}
        bench.write(exercise, "out", [Sent(None, given, BASE)])
        return Attempt()


def canonical(answer: Any) -> str:
    """Normalise an answer, however people write it: "c", "(C)" and ["c"] are equal; so are [4, 6] and "6, 4.0"."""
    if isinstance(answer, list | tuple | set):
        parts = [canonical(each) for each in answer]
    else:
        parts = [part.strip(".()[]\"' ").lower() for part in re.split(r"[,;\s]+", str(answer).strip())]
    return ", ".join(sorted(re.sub(r"\.0+$", "", part) for part in parts if part))


def digest(exercise: str, answer: Any) -> str:
    """Returns what replaces an answer wherever a student could read it."""
    return hashlib.sha256(f"{exercise}: {canonical(answer)}".encode()).hexdigest()[:16]
