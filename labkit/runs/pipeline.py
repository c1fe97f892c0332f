"""A student's function, built into the Quix Streams application of one member of a consumer group."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaException
from quixstreams.dataframe import StreamingDataFrame
from quixstreams.models import Topic
from quixstreams.models.topics.exceptions import TopicConfigurationMismatch

from labkit.errors import LabError
from labkit.kafka import clients
from labkit.kafka.topics import DEAD_LETTER, Topics
from labkit.readings import TOPICS, parse, parse_json
from labkit.runs import blame, mistakes
from labkit.runs.application import LabApplication
from labkit.runs.spec import Spec
from labkit.runs.totals import Totals
from labkit.runs.tracing import Observer, Trace

ABORT_LIMIT = 5.0  # seconds
NOTHING = "writes records without a value: if a function in .apply returns nothing, use .update (03_windows)"
LOST = 10.0  # seconds; a commit takes some milliseconds, and a few seconds while Kafka elects another leader


def transactional_id(topics: Topics, spec: Spec, member: str | None) -> str:
    """A successor uses the same id, so Kafka at once aborts the transaction that a killed process has left open."""
    return f"{topics.full(spec.stem)}-{member or '1'}"


def abort(topics: Topics, spec: Spec, member: str) -> None:
    """Abort the transaction that a member has left open, in place of a successor. Without it nobody would see what is
    written after it until Kafka itself aborts it, after a minute.
    """
    if not clients.answers(topics.address):  # it may abort it itself by the time it is back
        return
    producer = clients.producer(topics.address, **{"transactional.id": transactional_id(topics, spec, member)})
    try:
        producer.init_transactions(ABORT_LIMIT)
    except KafkaException as error:
        clients.LOGGER.warning("the transaction of member %s of %s was not aborted: %s", member, spec.name, error)


class Pipeline:
    """Runs once; to continue, at the committed offsets of its group and with its previous state, build another.

    `trace` says which line of the student's code added a step, `notes` what it leaves out, and `between` are the topics
    through which it sends records to itself. `steps` are its steps, and what its step `end` passes on is the result;
    `windows` are the shapes of its windows, and `changelogs` the streams and stores by the topics of their state.
    """

    def __init__(
        self,
        topics: Topics,
        spec: Spec,
        group: str,
        directory: Path,
        totals: Totals,
        member: str | None = None,
        observer: Observer | None = None,
    ) -> None:
        """Build it as a `member` of a consumer group, or as the only one; its state goes into `directory`.

        It adds to `totals`, and tells an `observer` of everything that it does. Raises what the student's function
        raises, and LabError if that returns no stream, or uses a stream wrongly.
        """
        transactions = transactional_id(topics, spec, member) if spec.exactly_once else None
        self._topics, self._spec, self._totals = topics, spec, totals
        self._app = LabApplication(topics, group, directory, member, transactions, observer)
        streams = [self._read(name) for name in spec.reads]
        result = self._result_of(streams)
        self.end = result.stream
        self._app.hint(self.end)
        if spec.writes:
            self._write(result, self._app.topic(topics.full(spec.writes)))
        self.steps, self.windows, self.changelogs = self._app.steps(), self._app.windows, self._app.changelogs
        self.trace = Trace(self.steps)
        if observer:
            self._app.observe(observer)
        self.notes = self._app.notes
        self.notes.update((name, note) for name in spec.reads if (note := topics.arrival(name)))
        self.between = self._app.repartition_topics

    def run(self, on_assigned: Callable[[], object]) -> None:
        """Process records until it is stopped; `on_assigned` is called whenever it has got its partitions."""
        self._app.on_assigned = on_assigned
        try:
            self._app.run()
        finally:
            self._app.release()

    def stop(self) -> None:
        """Ask it to commit and to end; called from another thread. Without effect before `run` has begun its loop."""
        self._app.stop()

    def flush(self) -> None:
        """Wait until Kafka has what it has written so far; called from its own thread, before a commit."""
        self._app.flush()

    def positions(self) -> list[tuple[str, int, int]]:
        """Returns topic, number and next offset of each assigned partition; none before `run` and after its end."""
        return [(self._topics.short(each.topic), each.partition, each.offset) for each in self._app.positions()]

    def failed_at(self) -> tuple[str, int, int] | None:
        """Returns topic, partition and offset of the record at which it failed; None if it was none."""
        if not (found := self._app.failed_at):
            return None
        topic, partition, offset = found
        return self._topics.short(topic), partition, offset

    def is_lost(self) -> bool:
        """Whether the commit of a transaction has taken so long that it will never end.

        librdkafka 2.12 waits without a limit (`rd_kafka_send_offsets_to_transaction`) if the broker that coordinated
        the consumer group has died.
        """
        return self._app.committing() > LOST

    def _result_of(self, streams: Sequence[StreamingDataFrame]) -> StreamingDataFrame:
        """Call the student's function with its streams."""
        try:
            result = self._spec.pipeline(*streams)
        except TopicConfigurationMismatch as error:
            raise LabError(
                f"Partitions have been added to {' or '.join(self._spec.reads)}, and {self._spec.name} keeps a state "
                "for each that there was: run its cell again."
            ) from error
        except Exception as error:
            words = mistakes.of_a_pipeline(error)
            if not words:
                raise
            line = blame.explain(error).line
            raise LabError(f"{words} The mistake is in {line}" if line else words) from error
        if result is None and not self._spec.writes and self._app.has_effects:  # as of .print or .sink
            return streams[0]
        if not isinstance(result, StreamingDataFrame):
            raise LabError(f"{self._spec.name} returned {mistakes.of_a_result(result)}")
        return result

    def _read(self, name: str) -> StreamingDataFrame:
        full, letters = self._topics.full(name), self._topics.full(f"{name}{DEAD_LETTER}")
        totals = self._totals
        totals.unreadable.setdefault(name, 0)

        def count() -> None:
            totals.records_in += 1

        def count_letter() -> None:
            totals.unreadable[name] += 1

        if self._spec.raw:
            return self._app.read_raw(full, count)
        return self._app.read(full, parse if name in TOPICS else parse_json, letters, count, count_letter)

    def _write(self, stream: StreamingDataFrame, topic: Topic) -> None:
        totals = self._totals

        def counted(value: Any, *_: Any) -> Topic:  # to_topic calls this for each record, so it needs no extra step
            totals.records_out += 1
            if value is None:
                self.notes["nothing"] = NOTHING
            return topic

        stream.to_topic(counted)
