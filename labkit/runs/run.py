"""A pipeline that runs in a background thread."""

import dataclasses
import math
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from confluent_kafka import KafkaError, KafkaException
from quixstreams.checkpointing.exceptions import CheckpointConsumerCommitError, CheckpointProducerTimeout
from quixstreams.dataframe import StreamingDataFrame
from quixstreams.exceptions import KafkaPartitionError, PartitionAssignmentError
from quixstreams.internal_producer import KafkaProducerTransactionCommitFailed
from quixstreams.kafka.exceptions import KafkaBrokerUnavailableError, KafkaProducerDeliveryError
from quixstreams.models import Topic

from labkit.errors import LabError, NoAnswer
from labkit.kafka import clients
from labkit.kafka.groups import Groups
from labkit.kafka.requests import FORBIDDEN, within
from labkit.kafka.topics import DEAD_LETTER, Partitions
from labkit.readings import TOPICS, parse, parse_object
from labkit.runs import blame, mistakes
from labkit.runs.application import LabApplication, lines_of_steps
from labkit.runs.spec import Spec
from labkit.runs.stall import Stall
from labkit.runs.worker import Worker
from labkit.waiting import wait_until

# What Quix Streams raises after a long outage of Kafka, when nothing is wrong with the pipeline.
OUTAGES = (
    CheckpointConsumerCommitError,
    CheckpointProducerTimeout,
    KafkaBrokerUnavailableError,
    KafkaPartitionError,
    KafkaProducerDeliveryError,
    KafkaProducerTransactionCommitFailed,
)


# What Kafka then answers a producer whose transaction it has ended.
ENDED = (KafkaError.INVALID_TXN_STATE, KafkaError.INVALID_PRODUCER_ID_MAPPING, KafkaError.UNKNOWN_PRODUCER_ID)

LOST = 10.0  # seconds; a commit takes some milliseconds, and a few seconds while Kafka elects another leader

# What Kafka answers a static member whose place another one has taken.
DOUBLED = (KafkaError.FENCED_INSTANCE_ID, KafkaError._FATAL)
DOUBLED_AGAIN = 60.0  # seconds within which a second such answer is believed


def is_outage(error: Exception) -> bool:
    """Whether another attempt, from the committed offsets, may succeed."""
    if isinstance(error, PartitionAssignmentError):  # raised in a callback of the consumer
        cause = error.__cause__
        if isinstance(cause, KafkaException):  # a broker did not answer or is not ready: only a refusal is final
            return cause.args[0].code() not in FORBIDDEN
        return isinstance(cause, Exception) and is_outage(cause)
    if isinstance(error, KafkaException):
        cause = error.args[0]
        return cause.retriable() or cause.txn_requires_abort() or cause.code() in ENDED
    return isinstance(error, OUTAGES)


def in_words(lag: int | None) -> str:
    return "unknown" if lag is None else str(lag)


def is_silence(error: BaseException | None) -> bool:
    """Whether a request was not answered: its client waits for a dead broker, and a new client may not."""
    while error and not isinstance(error, KafkaException):
        error = error.__cause__
    return error is not None and error.args[0].code() in (KafkaError._TIMED_OUT, KafkaError._TRANSPORT)


class Member(Protocol):
    """A thread or a process that shares the partitions with the other members of a consumer group."""

    number: int

    @property
    def alive(self) -> bool: ...


class Run(Worker):
    """A pipeline reading from topics and writing to one, until it is stopped or its function fails.

    `status` is starting, running, failed or stopped; `records_in`, `records_out` and `dead_letters` count records;
    `lag()` is the number of records still to be read; `error` says why it failed; `prints` are its printed lines.

    Example: run = lab.run(alert_filter, reads="sensor", writes="alert")
    """

    number = 1  # as the only member of its group

    OFFERED = (
        *Worker.OFFERED,
        *("records_in", "records_out", "dead_letters", "group", "lag", "stuck", "wait_until_caught_up"),
    )

    def __init__(self, groups: Groups, spec: Spec) -> None:
        super().__init__(spec.name)
        self.reads, self.writes = spec.reads, spec.writes
        self.records_in = self.records_out = self.dead_letters = self.outages = 0
        self._groups, self._topics = groups, groups.topics
        self.spec = spec
        self._member: str | None = None
        self._doubled = -math.inf
        self._begun = ""

    def build(self, directory: Path) -> None:
        """Build the pipeline with the student's function; its state goes below `directory`. Reads and writes nothing.

        Raises what the function raises, and LabError if it returns no stream; then no trace of this run remains.
        """
        stem = self.spec.stem
        number = self._groups.latest_number(stem)
        self._predecessor = f"{stem}-{number}" if number else None
        self.group = f"{stem}-{number + 1}"
        self._state_directory = directory / self.group
        letters = [f"{name}{DEAD_LETTER}" for name in self.reads if not self.spec.raw]
        names = [*self.reads, *([self.writes] if self.writes else []), *letters]
        new = [name for name in names if not self._topics.partitions(name)]
        try:
            self._topics.create(*names)
            shutil.rmtree(self._state_directory, ignore_errors=True)  # lab.reset() restarts the numbers at 1
            self._renew()
        except BaseException:
            self._leave_nothing(new)
            raise

    def take_over(self, from_start: bool) -> None:
        """Prepare to start where the predecessor stopped; or at the oldest records, after emptying the output topic."""
        if from_start and self.writes:
            self._topics.empty(self.writes)
        offsets = self._starting_offsets(None if from_start else self._predecessor)
        self._groups.commit(self.group, offsets)
        self._begun = self._in_words(offsets, from_start)
        if self._predecessor:
            self._groups.forget(self._predecessor)

    def join(self, group: str, member: str, directory: Path, is_over: Callable[[], bool]) -> bool:
        """Build the pipeline as one of several members of a consumer group, with its state in `directory`; `build` is
        for a group of one. Waits for Kafka until `is_over`. Returns whether it has built the pipeline.
        """
        self.group, self._member, self._state_directory = group, member, directory
        return self._renew_when_kafka_answers(is_over)

    def _renew(self) -> None:
        """Rebuild the pipeline, which continues at the committed offsets of its group with its previous state."""
        topics = self._topics
        # A successor uses the same id, so Kafka at once aborts the transaction that a killed process has left open.
        transactions = f"{topics.full(self.spec.stem)}-{self._member or '1'}" if self.spec.exactly_once else None
        self._app = LabApplication(
            topics, self.group, self._state_directory, member=self._member, transactional_id=transactions
        )
        self._steps = self._build()
        self._stall = Stall()

    def _leave_nothing(self, new: Sequence[str]) -> None:
        """Undo what building has created, except topics that something else has written to meanwhile."""
        made = [name for name in new if not any(self._topics.end_offsets(name).values())]
        self._topics.delete([self._topics.full(name) for name in made])
        self._topics.used.difference_update(made)
        self._topics.delete_internal(self.group)
        shutil.rmtree(self._state_directory, ignore_errors=True)

    def stop(self) -> None:
        """Commit what has been read, end the run, and return when that is done, within about 0.1 s."""
        super().stop()

    @property
    def members(self) -> Sequence[Member]:
        """The members of its consumer group: here only its own thread."""
        return (self,)

    def lag(self) -> int | None:
        """Records that this run has not read yet: in its assigned partitions, or in all once it has ended.

        None if Kafka does not answer. Example: run.lag()
        """
        try:
            return self._lag()
        except NoAnswer:
            return None

    def _lag(self) -> int:
        positions = self.positions()
        return self._behind(positions) if positions else self._uncommitted()

    def _uncommitted(self) -> int:
        """Count the records that its group has not committed yet."""
        return self._groups.uncommitted(self.group, {name: self._topics.end_offsets(name) for name in self.reads})

    def _behind(self, positions: Sequence[tuple[str, int, int]]) -> int:
        """Count the records after these positions in the topics that it reads."""
        ends = {name: self._topics.end_offsets(name) for name in self.reads}
        return sum(
            self._topics.counts.between(name, {partition: offset}, {partition: ends[name][partition]})
            for name, partition, offset in positions
            if partition in ends.get(name, {})  # not a changelog, nor a topic that has been deleted
        )

    def positions(self) -> list[tuple[str, int, int]]:
        """Returns topic, number and next offset of each assigned partition; none once the run has ended."""
        return [(self._topics.short(each.topic), each.partition, each.offset) for each in self._app.positions()]

    def is_lost(self) -> bool:
        """Whether the commit of a transaction has taken so long that it will never end.

        librdkafka 2.12 waits without a limit (`rd_kafka_send_offsets_to_transaction`) if the broker that coordinated
        the consumer group has died.
        """
        return self._app.committing() > LOST

    def _stuck(self, lag: int | None) -> str:
        line = self.line()
        return self._stall.look(self.positions() if line else None, line, lag)

    def wait_until_caught_up(self, timeout: float = 30.0) -> None:
        """Return when every record that its topics hold now has been processed, and its results have been written.

        Offsets are committed only after all output has been acknowledged, so a record whose offset is committed is
        done. Raises LabError if the run has failed, or if it takes more than `timeout` seconds.

        Example: run.wait_until_caught_up()
        """
        with within(timeout):
            ends = {name: self._topics.end_offsets(name) for name in self.reads}

            def waiting() -> int:
                return self._groups.uncommitted(self.group, ends)

            if not self._wait_until(lambda: not waiting(), timeout):
                stuck = f" It {stuck}." if (stuck := self.stuck()) else ""
                raise LabError(f"{self.name} is {self.status} and still has {waiting()} records to read.{stuck}")
            if self.spec.exactly_once and self.writes:
                self._wait_until_committed(self.writes, timeout)

    def _wait_until_committed(self, topic: str, timeout: float) -> None:
        """Wait until readers see the commit, a moment after Kafka has acknowledged it."""
        written = self._topics.end_offsets(topic)

        def is_seen() -> bool:
            seen = self._topics.end_offsets(topic, committed=True)
            return all(seen[partition] >= end for partition, end in written.items())

        wait_until(is_seen, timeout)

    def beginning(self) -> str:
        return ", ".join(filter(None, [super().beginning(), self._begun]))

    def total(self) -> int:
        return self.records_in

    def facts(self) -> str:
        parts = [self.route, f"{self.records_in} in", f"{self.records_out} out"]
        parts += [f"{self.rate():.1f} a second", f"lag {in_words(self.seen.lag)}"] if self.alive else []
        parts += [f"{self.dead_letters} unreadable, in {self.reads[0]}{DEAD_LETTER}"] if self.dead_letters else []
        return ", ".join(parts)

    def _starting_offsets(self, predecessor: str | None) -> dict[str, Partitions]:
        begun = self._groups.committed(predecessor, self.reads) if predecessor else {}
        return {name: self._topics.beginning_offsets(name) | begun.get(name, {}) for name in self.reads}

    def _in_words(self, offsets: dict[str, Partitions], from_start: bool) -> str:
        """Say where the run begins; empty for the first of its kind."""
        if not (self._predecessor or self.replaces):
            return ""
        if from_start or not self._predecessor:
            return f"reads {' and '.join(self.reads)} from the start"
        begun = [
            f"{name} at offset{'s' * (len(each) > 1)} {', '.join(map(str, each.values()))}"
            for name, each in offsets.items()
        ]
        return f"continues in {' and in '.join(begun)}"

    def _build(self) -> dict[int, blame.Line]:
        """Call the student's function with its streams, and connect its result to the output topic."""
        streams = [self._read(name) for name in self.reads]
        result = self._result_of(streams)
        if self.writes:
            self._write(result, self._app.topic(self._topics.full(self.writes)))
        return {step: line for stream in streams for step, line in lines_of_steps(stream).items()}

    def _result_of(self, streams: Sequence[StreamingDataFrame]) -> StreamingDataFrame:
        """Call the student's function. Raises LabError if it returns no stream, or if it uses a stream wrongly."""
        try:
            result = self.spec.pipeline(*streams)
        except (AttributeError, LabError) as error:
            words = mistakes.of_a_stream(error) if isinstance(error, AttributeError) else str(error)
            if not words:
                raise
            line = blame.explain(error).line
            raise LabError(f"{words} The mistake is in {line}" if line else words) from error
        if not isinstance(result, StreamingDataFrame):
            raise LabError(f"{self.name} returned {mistakes.of_a_result(result)}")
        return result

    def _read(self, name: str) -> StreamingDataFrame:
        full, letters = self._topics.full(name), self._topics.full(f"{name}{DEAD_LETTER}")

        def count() -> None:
            self.records_in += 1

        def count_letter() -> None:
            self.dead_letters += 1

        if self.spec.raw:
            return self._app.read_raw(full, count)
        return self._app.read(full, parse if name in TOPICS else parse_object, letters, count, count_letter)

    def _write(self, stream: StreamingDataFrame, topic: Topic) -> None:
        def counted(*_: Any) -> Topic:  # to_topic calls this for each record, so counting needs no extra step
            self.records_out += 1
            return topic

        stream.to_topic(counted)

    def _work(self) -> None:
        while True:
            self._app.on_assigned = self._is_running
            try:
                self._app.run()
                return
            except Exception as error:
                if not (is_outage(error) or self._is_doubled(error)):
                    raise
                if not self._start_again(error):
                    return

    def _is_doubled(self, error: Exception) -> bool:
        """Whether Kafka mistakes this member for two, and believes that the second has replaced the first.

        That can happen if a coordinator dies while a static member joins. If another process really has this member's
        number, Kafka answers the same: then the member must not rejoin at once, or the two would fence each other off.
        """
        if not (isinstance(error, KafkaException) and error.args[0].code() in DOUBLED):
            return False
        before, self._doubled = self._doubled, time.monotonic()
        return self._doubled - before > DOUBLED_AGAIN

    def _start_again(self, error: Exception) -> bool:
        """Continue when Kafka answers again after an outage so long that it dropped this member from the group. Returns
        whether to continue. What was read after the last commit is read again, as after a crash.
        """
        clients.LOGGER.warning("%s starts again", self.name, exc_info=error)

        def is_over() -> bool:
            return self._told_to_stop or not self.alive

        if not self._renew_when_kafka_answers(is_over):
            return False
        self.outages += 1
        self.note = f"started again after Kafka was away ({self.outages} times)"
        return True

    def _renew_when_kafka_answers(self, is_over: Callable[[], bool]) -> bool:
        address = self._topics.address
        while True:
            wait_until(lambda: is_over() or clients.answers(address), math.inf)
            if is_over():
                return False
            try:
                self._renew()
            except Exception as error:
                if clients.answers(address) and not is_silence(error):
                    raise
                self._topics.requests.connect_anew()
            else:
                return True

    def _ask_to_stop(self) -> None:
        self._app.stop()

    def _blame(self, error: BaseException) -> blame.Blame:
        clients.LOGGER.error("%s failed", self.name, exc_info=error)
        found, words = blame.explain(error, self._steps), mistakes.of_a_record(error)
        return dataclasses.replace(found, reason=f"{type(error).__name__}: {words}") if words else found
