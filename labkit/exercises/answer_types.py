"""The types of answers: what an answer must be, and how it is tried on the records in the exercise's input topics."""

import dis
import functools
import pickle
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Number
from types import FunctionType
from typing import Any, ClassVar

from confluent_kafka import KafkaError, KafkaException
from quixstreams.kafka import Producer
from quixstreams.models import Topic

from labkit.errors import LabError
from labkit.exercises import short_answers, steps
from labkit.exercises.attempt import Attempt, too_long
from labkit.exercises.harness import Harness
from labkit.exercises.records import BASE, INPUT, Row, Sent
from labkit.exercises.short_answers import canonical, is_many, plain
from labkit.flink.spec import JobSpec
from labkit.kafka import tap
from labkit.runs.blame import Blame
from labkit.runs.replicas import Replicas
from labkit.runs.run import Run
from labkit.runs.spec import Spec
from labkit.runs.succession import Succession
from labkit.runs.task import Task, by_value, pack
from labkit.runs.threaded import ThreadedRun
from labkit.stepping import Steps
from labkit.waiting import Deadline

FLINK_LIMIT = 90.0  # seconds; Flink takes most of them to start
REMEMBERED = "remembered"  # the output that says how the state has grown
SMALL = {"message.max.bytes": 1000}  # the least that librdkafka accepts
Output = Mapping[str, Sequence[Row]]  # the rows of each output
SHORTEST = 0.5  # seconds that a call or a pipeline gets even if the time limit is used up


class AnswerType(ABC):
    """What the answer to an exercise must be, and how it is tried."""

    hides_evidence: ClassVar[bool] = False  # whether there is one right answer, which no evidence may give away

    @property
    def remembers(self) -> bool:
        """Whether what comes out depends on earlier records of the same key, so that evidence must show these."""
        return False

    @property
    @abstractmethod
    def expects(self) -> str:
        """What the answer must be, in words."""

    def taken(self, answer: Any) -> Any:
        """Returns an answer as it is judged; raises what the answer itself raises."""
        return answer

    @abstractmethod
    def accepts(self, answer: object) -> bool:
        """Whether the answer can be tried at all."""

    @abstractmethod
    def is_unanswered(self, answer: object) -> bool:
        """Whether the answer, which is neither None nor `...`, is still the stub of the notebook."""

    @abstractmethod
    def attempt(self, harness: Harness, answer: Any) -> Attempt:
        """Tries an accepted answer on the records in the input topics."""

    @property
    def can_be_stepped(self) -> bool:
        """Whether `steps` shows how it is tried."""
        return False

    def steps(self, harness: Harness, answer: Any) -> Steps:
        """Steps through an accepted answer on the records in the inputs. Raises LabError if it cannot be built."""
        raise NotImplementedError

    def packed(self, harness: Harness, answer: Any) -> bytes:
        """Returns what another process needs for `steps`. Raises LabError if the answer cannot be sent to one."""
        raise NotImplementedError

    def normal(self, rows: Output) -> Output:
        """Returns what an oracle expects as an attempt writes it."""
        return rows

    def sealed(self, sent: Sequence[Sent], rows: Output) -> Output:  # noqa: ARG002
        """Returns what is expected, or came out, as the recorded expectations hold it."""
        return rows


class Function(AnswerType):
    """The base of all types whose answer is a function."""

    @property
    def expects(self) -> str:
        return "a function"

    def accepts(self, answer: object) -> bool:
        return callable(answer)

    def is_unanswered(self, answer: object) -> bool:
        return is_stub(answer)


def is_stub(answer: object) -> bool:
    """Whether it is a function that does nothing at all: its body is `...`, `pass` or a docstring."""
    if not isinstance(answer, FunctionType):
        return False
    steps = [each for each in dis.get_instructions(answer) if each.opname not in ("RESUME", "NOP", "POP_TOP")]
    return all(each.opname in ("LOAD_CONST", "RETURN_VALUE", "RETURN_CONST") for each in steps) and (
        all(each.argval in (None, ...) for each in steps if "CONST" in each.opname)
    )


@dataclass(frozen=True)
class Pipeline(Function):
    """A pipeline: a function from StreamingDataFrames, one per input, to one; `lab.run` explains this and `raw`.

    After the streams the function gets a Quix Streams producer if `producer` is set, and a Topic for each output but
    the first; values are written to these unchanged, as bytes.

    With `restart`, which is for a single input, it is stopped about halfway, and another process continues: only its
    state survives. By how much this has grown since then is the `growth` in the output `remembered`, if there is one,
    and if the state has changed at all.
    """

    raw: bool = False
    producer: bool = False
    restart: bool = False

    @property
    def remembers(self) -> bool:
        return self.restart

    def attempt(self, harness: Harness, answer: Any) -> Attempt:
        attempt, deadline = Attempt(), Deadline(Attempt.limit)
        reads, feed = self._given(harness)
        own = [harness.application("none").get_producer()] if self.producer else []
        succession = Succession(harness.groups, self._spec(harness, answer, reads, own), harness.environment.directory)
        states, done = [], 0
        try:
            for build, write in zip(self._runs(harness, answer, own, succession), feed, strict=False):
                write()
                done += self._process(harness, attempt, build, deadline, done)
                if attempt.trouble:
                    break
                states += [harness.remembered(succession.group)] if REMEMBERED in harness.outputs else []
        finally:
            for each in own:
                flush(each, attempt)
            harness.groups.forget(succession.group)
        if len(states) == 2 and all(states) and states[0] != states[1]:  # what never changes is no memory of readings
            growth = _size(states[1]) / _size(states[0])
            harness.write(REMEMBERED, [Sent(None, {"growth": growth}, BASE)])
        return attempt

    def _runs(
        self, harness: Harness, answer: Any, own: Sequence[Producer], succession: Succession
    ) -> tuple[Callable[[], Run], Callable[[], Run]]:
        """Returns what builds the first run, and the one that continues in another process."""
        spec = succession.spec
        packed: list[bytes] = []  # before it has run: its variables must not survive

        def begin() -> Run:
            packed.extend([by_value(spec.name, answer)] if self.restart else [])
            with succession.prepared():
                run = ThreadedRun(harness.groups, spec, succession.group, succession.directory)
            succession.take_over(from_start=True)
            return run

        def go_on() -> Run:
            again = self._spec(harness, pickle.loads(packed[0]), spec.reads, own)
            return Replicas(harness.groups, again, succession.group, succession.directory, members=1)

        return begin, go_on

    def _given(self, harness: Harness) -> tuple[tuple[str, ...], list[Callable[[], None]]]:
        """Returns the topics that a run reads, and a function for each run that writes what is still to be written."""
        if not self.restart:
            return tuple(map(harness.topic, harness.inputs)), [lambda: None]
        topic, feed = harness.feed()
        return (topic,), feed

    @property
    def can_be_stepped(self) -> bool:
        """Steps are not restarted, and what goes through a producer of the function's own is not diverted."""
        return not (self.restart or self.producer)

    def steps(self, harness: Harness, answer: Any) -> Steps:
        return steps.of(self._task(harness, answer))

    def packed(self, harness: Harness, answer: Any) -> bytes:
        return pack(self._task(harness, answer))

    def _task(self, harness: Harness, answer: Any) -> Task:
        spec, topics = self._spec(harness, answer, tuple(map(harness.topic, harness.inputs)), []), harness.groups.topics
        return Task(spec, topics.address, topics.namespace, "", "", harness.environment.directory)

    def _process(
        self, harness: Harness, attempt: Attempt, build: Callable[[], Run], deadline: Deadline, done: int
    ) -> int:
        """Builds a run, lets it process all that its topic holds, and stops it. Returns how many records it has read;
        `done` is how many others have.
        """
        built: list[Run] = []
        if not attempt.call(harness.exercise, lambda: built.append(build()), Attempt.limit):
            return 0
        (run,) = built
        try:
            run.start()
            self._catch_up(attempt, run, deadline)
        finally:
            run.stop()
        attempt.note(run)
        if run.error:
            attempt.record = _record(harness, done + run.records_in - 1)
        return run.records_in

    def _spec(self, harness: Harness, answer: Any, reads: tuple[str, ...], producers: Sequence[Producer]) -> Spec:
        names = [name for name in harness.outputs[1:] if name != REMEMBERED]
        topics = [Topic(harness.full(name), value_serializer="bytes") for name in names]
        more = [*producers, *topics]
        name = getattr(answer, "__name__", "pipeline").strip("<>")
        given = functools.wraps(answer, assigned=(), updated=())(lambda *streams: answer(*streams, *more))
        return Spec(name, given, reads, harness.topic("out"), self.raw)

    def _catch_up(self, attempt: Attempt, run: Run, deadline: Deadline) -> None:
        try:
            run.wait_until_caught_up(deadline.left(SHORTEST))
        except LabError as error:
            if not run.error:
                attempt.trouble = too_long(run) if run.line() else Blame(str(error), None, "")


def _size(state: Mapping[tuple[str, int, str | None], bytes]) -> int:
    """Returns how many bytes a state has."""
    return sum(len(key or "") + len(value) for (_, _, key), value in state.items())


def _record(harness: Harness, number: int) -> Sent | None:
    """Returns the record of this number in the input topic, a JSON object by its fields; None if several topics or
    partitions leave open which it was.
    """
    records = tap.everything(harness.groups.topics, harness.topic(INPUT))
    if len(harness.inputs) * harness.partitions > 1 or not 0 <= number < len(records):
        return None
    found = records[number]
    value = found.value if isinstance(found.value, dict) else harness.sent()[number].value
    return Sent(found.key, value, found.timestamp)


@dataclass(frozen=True)
class Producing(Function):
    """A function `f(readings, producer, topic)` that writes a list of readings with a Quix Streams producer."""

    def attempt(self, harness: Harness, answer: Any) -> Attempt:
        attempt = Attempt()
        readings = [each.value for each in tap.everything(harness.groups.topics, harness.topic(INPUT))]
        producer = harness.application("none").get_producer()
        try:
            attempt.call(harness.exercise, lambda: answer(readings, producer, harness.full("out")), Attempt.limit)
        finally:
            flush(producer, attempt)
        return attempt


def flush(producer: Producer, attempt: Attempt) -> None:
    """Waits until Kafka has what an answer has written, which need not flush its producer, and notes if it has not."""
    limit = 1.0 if attempt.trouble else Attempt.limit  # an endless loop may have filled its queue
    if (left := producer.flush(limit)) and not attempt.trouble:
        attempt.trouble = Blame(f"Kafka has not taken {left} of its records within {limit:g} s: try again", None, "")


@dataclass(frozen=True)
class Consuming(Function):
    """A function `f(app, source, target, records)` that reads so many records as a member of the application's consumer
    group and writes each to the target. It is called once for each number in `visits`, with a new application.

    In the call with the number `fails` the producer takes no record of more than 1,000 bytes, so that one that is
    larger makes the function fail. The target holds records of another program meanwhile.
    """

    visits: Sequence[int]
    fails: int | None = None

    def attempt(self, harness: Harness, answer: Any) -> Attempt:
        try:
            packed = by_value(getattr(answer, "__name__", "the function"), answer)
        except LabError as error:
            return Attempt(Blame(str(error), None, ""))
        with harness.shared("out"):
            return self._visited(harness, packed)

    def _visited(self, harness: Harness, packed: bytes) -> Attempt:
        attempt, deadline, group = Attempt(), Deadline(Attempt.limit), harness.new_group()
        source, target = harness.full(INPUT), harness.full("out")
        for number, records in enumerate(self.visits, 1):
            settings = SMALL if number == self.fails else {}
            fresh = pickle.loads(packed)  # like a program that starts again: its variables are not kept
            visit = functools.partial(fresh, harness.application(group, **settings), source, target, records)
            if number == self.fails:
                visit = functools.partial(_refused, visit)
            if not attempt.call(harness.exercise, visit, deadline.left(SHORTEST)):
                assert attempt.trouble
                reason = f"The call {number} of {len(self.visits)}: {attempt.trouble.reason}"
                attempt.trouble = replace(attempt.trouble, reason=reason)
                break
        harness.groups.forget(group)
        return attempt


def _refused(visit: Callable[[], object]) -> None:
    """Makes a call that fails if its producer refuses a record."""
    try:
        visit()
    except KafkaException as error:
        if error.args[0].code() != KafkaError.MSG_SIZE_TOO_LARGE:
            raise


NO_CODE = re.compile(r"'(?:[^']|'')*'|`[^`]*`|--[^\n]*|/\*.*?\*/", re.DOTALL)  # texts, names and comments in SQL


def statement(sql: str) -> str:
    """Returns an SQL statement without what could end it early: comments to the end of a line, and its semicolon."""
    return NO_CODE.sub(lambda each: "" if each[0].startswith("--") else each[0], sql).strip().rstrip(";")


@dataclass(frozen=True)
class Sql(AnswerType):
    """An INSERT statement in Flink SQL. `tables` declares what it reads and writes, with the placeholders of the lab's
    own job and `${out}` for the output topic.
    """

    tables: str

    @property
    def expects(self) -> str:
        return "a text, the SQL statement"

    def accepts(self, answer: object) -> bool:
        return isinstance(answer, str)

    def is_unanswered(self, answer: object) -> bool:
        if not isinstance(answer, str):
            return False
        code = NO_CODE.sub("", answer).strip("; \n\t")
        return not code or "..." in code

    def attempt(self, harness: Harness, answer: str) -> Attempt:
        attempt = Attempt()
        engine = harness.environment.flink()
        sql = self.tables.replace("${out}", harness.full("out")) + "\n" + statement(answer) + ";\n"
        try:
            folder = engine.folder(resume=False)
            job = engine.job(JobSpec(harness.exercise, harness.topic(INPUT), folder, sql, bounded=True))
            engine.check(job, predecessors=[])
            engine.submit(job)
            try:
                job.wait_until_caught_up(FLINK_LIMIT)
            finally:
                job.stop()
        except LabError as error:
            attempt.trouble = Blame(str(error), None, "")
        return attempt


@dataclass(frozen=True)
class ShortAnswer(AnswerType):
    """A short answer to a student's case, such as "b" or a list of numbers, whose order counts if it is `ordered`.

    The output is the answer, and the student whose case it is. No file that students get shows the right one: the
    recorded expectations hold it sealed.
    """

    expects: str = 'a letter, such as "b"'
    ordered: bool = False
    hides_evidence: ClassVar[bool] = True

    def taken(self, answer: Any) -> Any:
        return short_answers.read_once(answer)

    def accepts(self, answer: object) -> bool:
        answer = plain(answer)
        without_order = isinstance(answer, set | frozenset)
        return isinstance(answer, str | Number) or (is_many(answer) and not (self.ordered and without_order))

    def is_unanswered(self, answer: object) -> bool:
        return self.accepts(answer) and not canonical(answer)

    def attempt(self, harness: Harness, answer: Any) -> Attempt:
        given = {"answer": canonical(answer, self.ordered), "student": harness.environment.student()}
        harness.write("out", [Sent(None, given, BASE)])
        return Attempt()

    def normal(self, rows: Output) -> Output:
        return self._replaced(rows, lambda answer: canonical(answer, self.ordered))

    def sealed(self, sent: Sequence[Sent], rows: Output) -> Output:
        return self._replaced(rows, lambda answer: short_answers.sealed(sent, answer))

    def _replaced(self, rows: Output, new: Callable[[Any], str]) -> Output:
        return {name: [row | {"answer": new(row["answer"])} for row in found] for name, found in rows.items()}
