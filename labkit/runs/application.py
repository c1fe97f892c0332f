"""A Quix Streams Application that runs in a thread of the lab and writes dead letters for unreadable records."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaException, TopicPartition
from quixstreams import Application
from quixstreams.core.stream import Stream
from quixstreams.core.stream.functions import FilterWithMetadataFunction
from quixstreams.dataframe import StreamingDataFrame
from quixstreams.models import Row
from quixstreams.models.topics import Topic
from quixstreams.state.rocksdb import RocksDBOptions
from quixstreams.utils.printing import Printer, Table
from rich.console import Console

from labkit.kafka import clients
from labkit.kafka.requests import REQUEST_LIMIT
from labkit.kafka.topics import Topics
from labkit.runs import commits, stateful, unused
from labkit.runs.columns import Column
from labkit.runs.commits import Commits
from labkit.runs.deserializers import Parse, SafeDeserializer, Unreadable
from labkit.runs.frames import Frame
from labkit.runs.own_topics import CarefulTopics, PromptAdmin
from labkit.runs.tracing import Observed, Observer, TracedStream
from labkit.runs.unused import Results
from labkit.runs.windows import Notes, Shape

# A run must start, stop and be replaced in fractions of a second. Short fetches hold up a rebalance or a seek for less
# time (0.1 s instead of 2 s); still shorter ones only cost: with 20 ms, four idle pipelines keep Kafka at work for 16 %
# of a CPU, with 100 ms for 10 %. With a short session timeout a broker drops a killed member sooner.
# It looks for partitions that have been added every two seconds, not every five minutes; a producer that did so would
# create topics anew that have just been deleted.
# It fetches little ahead: what waits in one partition would otherwise hold up what comes in all others, by up to 64 MB.
CONSUMER = {
    "fetch.wait.max.ms": 100,
    "fetch.queue.backoff.ms": 20,
    "fetch.message.max.bytes": 2**17,
    "queued.min.messages": 1000,
    "heartbeat.interval.ms": 200,
    "session.timeout.ms": 6000,
    "topic.metadata.refresh.interval.ms": 2000,
}

CLOSING = 1.0  # seconds that whoever asks for positions waits for a consumer that closes: without Kafka it takes long

# A lab's window state is small: RocksDB need not buffer 64 MB of writes in memory, nor cache 1 GB.
STATE = RocksDBOptions(write_buffer_size=2**20, block_cache_size=2**23)


class RunPrinter(Printer):
    """Prints the tables of `print_table` as text from the run's own thread, like any print.

    Quix Streams has one printer per process, so each application would print the tables of all others; and in a
    notebook rich, which draws the tables, displays them below the current cell.
    """

    CONSOLE = Console(force_jupyter=False, force_terminal=False, no_color=True, width=100)

    def __init__(self) -> None:
        super().__init__()
        self._shown: list[Table] = []

    def add_table(self, *args: Any, **kwargs: Any) -> Table:
        self._shown.append(super().add_table(*args, **kwargs))
        return self._shown[-1]

    def print(self) -> None:
        """Print tables that are full or overdue, as if to a file: in a terminal Quix Streams would clear the screen."""
        for table in self._shown:
            if table.is_full() or table.timeout_reached():
                table.print(self.CONSOLE)
                table.clear()


class ThreadedApplication(Application):
    """Runs outside the main thread too."""

    def _setup_signal_handlers(self) -> None:
        """Do nothing: only the main thread may set handlers, and Application.run() would raise ValueError here."""


class LabApplication(ThreadedApplication):
    """Runs in a thread, reports assigned partitions, and writes dead letters for unreadable records."""

    def __init__(
        self,
        topics: Topics,
        group: str,
        state: Path,
        member: str | None = None,
        transactional_id: str | None = None,
        observer: Observer | None = None,
    ) -> None:
        """With a `member` it is a static member of the group, which keeps its partitions while it is away until its
        session times out; with a `transactional_id` it processes exactly once. With an `observer` it commits after each
        record, so that the changelogs tell what each has changed.
        """
        full = topics.full(group)
        static = {"group.instance.id": f"{full}-{member}"} if member else {}
        transactions = {"transactional.id": transactional_id} if transactional_id else {}
        given = clients.connection(topics.address)
        super().__init__(
            topics.address,
            consumer_group=full,
            processing_guarantee="exactly-once" if transactional_id else "at-least-once",
            auto_offset_reset="earliest",
            state_dir=state,
            commit_interval=commits.SELDOM,
            commit_every=1 if observer else 0,
            on_message_processed=observer.processed if observer else None,
            consumer_poll_timeout=0.05,
            consumer_extra_config=given | CONSUMER | static,
            producer_extra_config=given | transactions,
            topic_manager=CarefulTopics(PromptAdmin(topics), full, timeout=REQUEST_LIMIT),
            rocksdb_options=STATE,
            loglevel=None,
            on_processing_error=self._remember,
        )
        self.failed_at: tuple[str, int, int] | None = None  # topic, partition and offset of the record
        self.on_assigned: Callable[[], object] = lambda: None
        self._joined = False
        self._processing_context.printer = RunPrinter()
        # A separate class, because a frame passes nothing but its class on to the frames derived from it.
        self.notes, self.windows = Notes(), list[Shape]()
        self._results = Results()
        column = type("Column", (Column,), {"_results": self._results})
        given = {"_notes": self.notes, "_shapes": self.windows, "_results": self._results, "_column": column}
        given["_observer"] = observer
        self._frame = type("Frame", (Frame,), {"short": staticmethod(topics.short), **given})
        self._closing = threading.Lock()
        self._close_alone()
        self._consume_no_changelog()
        self._read: set[str] = set()  # topics
        if observer:
            self._tell_of_writes(observer)
        else:
            Commits(self._processing_context, self._consumer, self._read)
        self._committing: float | None = None
        self._time_commits()

    def read(
        self, name: str, parse: Parse, letters: str, count: Callable[[], object], count_letter: Callable[[], object]
    ) -> StreamingDataFrame:
        """Returns the readable records of a topic; the rest go to topic `letters` with key, timestamp and headers."""

        def readable(value: Any, key: Any, timestamp: int, headers: Any) -> bool:
            count()
            if type(value) is Unreadable or value is None:  # a null value bypasses the deserializer
                count_letter()
                self._dead_letter(letters, value or Unreadable(None, "the value is null"), key, timestamp, headers)
                return False
            return True

        return self._traced(self.topic(name, value_deserializer=SafeDeserializer(parse)), readable)

    def read_raw(self, name: str, count: Callable[[], object]) -> StreamingDataFrame:
        """All records of a topic, each as raw bytes."""

        def counted(*_: Any) -> bool:
            count()
            return True

        return self._traced(self.topic(name, value_deserializer="bytes"), counted)

    def _remember(self, error: Exception, row: Row | None, logger: object) -> bool:  # noqa: ARG002
        """Remember the record at which the application fails. Returns whether it goes on, which it does not."""
        if row:
            self.failed_at = row.topic, row.partition, row.offset
        return False

    def _dead_letter(self, topic: str, record: Unreadable, key: bytes | None, timestamp: int, headers: Any) -> None:
        """Write a record to its dead-letter topic with the application's own producer, so in the same transaction."""
        self._producer.produce(
            topic=topic,
            value=record.raw,
            key=key,
            timestamp=timestamp,
            headers=[*(headers or []), ("reason", record.reason.encode())],
        )

    def positions(self) -> list[TopicPartition]:
        """Returns the offset after the last record read in each assigned partition; none once the application ended.

        Before the first assignment no other thread may touch the consumer. It is created on first use: two threads that
        use it at once would get one each, of which only one subscribes.
        """
        if not self._joined or not self._closing.acquire(timeout=CLOSING):
            return []
        try:
            return [tp for tp in self._consumer.position(self._consumer.assignment()) if tp.offset >= 0]
        except (RuntimeError, KafkaException):  # the consumer is closed, or being closed
            return []
        finally:
            self._closing.release()

    def _close_alone(self) -> None:
        """Prevent any call to the consumer while it closes: such a call can freeze the whole process."""
        close = self._consumer.close

        def close_alone() -> None:
            with self._closing:
                close()  # type: ignore[no-untyped-call]

        self._consumer.close = close_alone  # type: ignore[method-assign]

    def _consume_no_changelog(self) -> None:
        """Pass over changelog records where several topics are read in order of time, as in a join: CarefulTopics says
        when they come, and the buffer in which Quix Streams sorts them raises KeyError, for it has no place for them.
        """
        consume = self._consumer.consume

        def without(*args: Any, **kwargs: Any) -> list[Any]:
            changelogs = self.changelogs
            return [each for each in consume(*args, **kwargs) if each.topic() not in changelogs]

        self._consumer.consume = without  # type: ignore[method-assign]

    def _time_commits(self) -> None:
        """Record when the commit of a transaction began (monotonic seconds)."""
        commit = self._producer.commit_transaction

        def timed(*args: Any, **kwargs: Any) -> None:
            self._committing = time.monotonic()
            try:
                commit(*args, **kwargs)
            finally:
                self._committing = None

        self._producer.commit_transaction = timed  # type: ignore[method-assign]

    def _tell_of_writes(self, observer: Observer) -> None:
        """Let an observer see each record that the pipeline writes, and choose its topic."""
        produce = self._producer.produce

        def told(topic: str, **record: Any) -> Any:
            return produce(observer.writes(topic, record), **record)

        self._producer.produce = told  # type: ignore[method-assign, assignment]

    def flush(self) -> None:
        """Wait until Kafka has what has been written so far, and is not committed yet."""
        self._producer.flush()

    def release(self) -> None:
        """Disconnect the producer, once the application has ended.

        Quix Streams keeps it for as long as anybody knows a stream of the application, as the steps of `lab.step` do.
        Every five minutes it would ask for its topics, and Kafka would create those that have been deleted.
        """
        self._producer._producer._inner_producer = None

    def steps(self) -> list[Stream]:
        """Every step, after those that it follows; those after a repartition topic come last."""
        roots = self._dataframe_registry._registry.values()
        return [*dict.fromkeys(step for root in roots for step in root.full_tree())]

    @property
    def has_effects(self) -> bool:
        """Whether a step does something by itself, such as printing."""
        return bool(self._results.effects)

    def hint(self, end: Stream) -> None:
        """Note what its lines do in vain, once all steps are there and `end` is the last of them."""
        for line in self._results.unused(self.steps(), end):
            self.notes.hints[line] = unused.WORDS
        if reading := self._results.state.only_reads():
            self.notes.hints[reading] = stateful.ONLY_READS

    def observe(self, observer: Observer) -> None:
        """Let an observer see every value at every step. Call it when all steps are there."""
        for step in self.steps():
            step.func = Observed(step, observer)

    @property
    def changelogs(self) -> dict[str, tuple[str, str]]:
        """The stream and the store of which a topic, by its full name, is the changelog."""
        found = self._topic_manager.changelog_topics
        return {topic.name: (stream or "", name) for stream, stores in found.items() for name, topic in stores.items()}

    @property
    def repartition_topics(self) -> tuple[str, ...]:
        """The full names of the topics through which `group_by` sends records with their new keys."""
        return tuple(self._topic_manager.repartition_topics)

    def committing(self) -> float:
        """Returns for how many seconds the commit of a transaction has been under way; 0 if none is."""
        begun = self._committing
        return time.monotonic() - begun if begun else 0.0

    def _traced(self, topic: Topic, first: Callable[[Any, Any, int, Any], bool]) -> StreamingDataFrame:
        """Like `dataframe`, but with a stream whose steps know the line that added them.

        The filter `first` replaces the identity function with which other streams begin, so it costs next to nothing.
        """
        self._read.add(topic.name)
        dataframe: StreamingDataFrame = self._frame(
            topic,
            topic_manager=self._topic_manager,
            processing_context=self._processing_context,
            registry=self._dataframe_registry,
            stream=TracedStream(FilterWithMetadataFunction(first)),
        )
        self._dataframe_registry.register_root(dataframe)
        return dataframe

    def _on_assign(self, consumer: Any, partitions: list[Any]) -> None:
        super()._on_assign(consumer, partitions)
        self._joined = True
        self.on_assigned()
