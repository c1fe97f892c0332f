"""The one object that a notebook holds."""

from __future__ import annotations

import atexit
import contextlib
import datetime
import functools
import math
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar, overload

from labkit import (
    broker,
    cells,
    exercises,
    extras,
    incidents,
    live,
    predictions,
    readings,
    runs,
    schema_registry,
    stepping,
    wall,
)
from labkit import flink as flinks
from labkit import why as reasons
from labkit.errors import Away, LabError, NoAnswer, interruptible
from labkit.kafka import properties, tap
from labkit.kafka.groups import Groups
from labkit.kafka.requests import within
from labkit.kafka.topics import COMPACTED, DEAD_LETTER, Topics
from labkit.readings import World
from labkit.runs import arguments, misfits, prints, quix
from labkit.runs.producer import Producer, at_work_in
from labkit.runs.sampler import Sampler
from labkit.runs.system import System
from labkit.runs.worker import Identity, Worker, Workers
from labkit.started import Started
from labkit.waiting import wait_until

if TYPE_CHECKING:
    import pandas as pd
    from quixstreams.kafka import ConnectionConfig

PER_SECOND = 1.0  # readings from each device
BROKER_CHECK = 0.2  # seconds between two checks that the lab's own Kafka is still running

P = ParamSpec("P")
T = TypeVar("T")


def _one_at_a_time(method: Callable[Concatenate[Lab, P], T]) -> Callable[Concatenate[Lab, P], T]:
    """Make calls of a method wait for each other: a button may start a worker while a cell starts another."""

    @functools.wraps(method)
    def alone(self: Lab, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with self._changing:
            return method(self, *args, **kwargs)

    return alone


@arguments.checked
class Lab:
    """A real Kafka broker, and everything that you start on it.

    The broker is the one that the environment variable LAB_BROKER names (`host:port`), otherwise the lab's own, which
    stops with this process. LAB_NAMESPACE, if set, prefixes every topic and consumer group on the broker. There is one
    lab at a time: a new one closes the previous one. Raises LabError if no broker can be reached or started, or, in a
    notebook, if the extra `notebook` is not installed.

    With `brokers=3` the lab's own Kafka is a cluster of three brokers, each of which keeps a copy of every record; one
    that LAB_BROKER names has as many as it has.

    `student` is your name in a course: the numbers of some questions depend on it. `units` are those of your own
    fields, which all views then show: lab.units["level"] = "m".

    Example: lab = Lab()
    """

    student: str = ""
    _current: Lab | None = None

    def __init__(self, brokers: int = 1) -> None:
        if Lab._current:
            Lab._current.close()
        in_notebook = bool(cells.current().execution)  # a script may never run a pipeline
        if in_notebook:  # it shows what it starts
            extras.require("notebook")
        namespace = properties.namespace()
        self._units: dict[str, str] = {}
        self.broker = broker.find_or_start(quix.load if in_notebook else lambda: None, brokers)
        self._topics = Topics(self.broker.address, namespace, self.broker.check)
        self._groups = Groups(self._topics)
        self._changing = threading.RLock()
        self._started = Started(self._show)
        self._schema_registry: schema_registry.SchemaRegistry | None = None
        self._incident: incidents.Incident | incidents.OwnIncident | None = None
        cells.display_by(Worker, self._started.show)
        self._sampler = Sampler(lambda: self.workers)
        self._closing = contextlib.ExitStack()  # what has been started closes in reverse order
        self._closing.callback(prints.uninstall)
        self._closing.callback(self.broker.close)
        self._closing.callback(self._topics.counts.close)
        self._closing.callback(self._groups.close)
        self._closing.callback(self._sampler.close)
        self._wall = wall.Wall()
        self._closing.callback(self._wall.close)
        self._closed = threading.Event()
        threading.Thread(target=self._watch_broker, name="labkit-broker-watch", daemon=True).start()
        atexit.register(self.close)
        Lab._current = self
        if in_notebook:
            self._wall.join()

    # ------------------------------------------------------------------ start

    @_one_at_a_time
    def produce(
        self,
        source: str | PathLike[str] | pd.DataFrame | Iterable[Mapping[str, Any]] | World | None = None,
        *,
        writes: str = "sensor",
        key: readings.Chosen = "device",
        time: readings.Chosen = "timestamp",
        devices: int = 3,
        per_second: float | None = PER_SECOND,
        seed: int = 0,
        factor: float | None = None,
        start: str | float | datetime.datetime | None = None,
        records: int | None = None,
        name: str | None = None,
    ) -> Producer:
        """Write records to a topic from a background thread.

        Without a `source`, `devices` simulated sensors each send `per_second` readings per second, stamped with the
        current time; the same seed gives the same temperatures. With a source (the path of a CSV or JSON file, a
        DataFrame, an iterable of dicts) its rows are sent in order, `per_second` per second; None means as fast as
        possible.

        The lab's own topics (`sensor`, `sensor-data`, `alert`) take readings only. Into any other topic rows go as they
        are: `key` and `time` name the columns of a record's key and time, or are functions of the row, or None. Without
        a key a record belongs to no window; without a time it has that of producing it. What is missing in a row is
        null; a row without key or time is left out. The panel says what was taken for what.

        "nyc-weather" replays what three New York weather stations recorded in 2013, starting at `start` (default: 1
        July) and `factor` times as fast (3600: one hour per second): the times are mapped to now, and `recorded` keeps
        the original. A table with a `factor` is replayed in the same way (only readings get `recorded`), and the
        `world` of a stopped producer is continued: both keep their own rate, and the panel says so if another
        `per_second` is given. `records` is the number of records after which the producer stops. Raises LabError before
        the first record if a column or a type is wrong, or if another producer is still running in the world.

        Example: lab.produce("levels.csv", writes="levels", key="station", time="measured")
        """
        if devices < 1 or (per_second is not None and not per_second > 0):
            raise LabError(
                "A producer needs at least one device, and more than 0 records per second (None: as fast as possible)."
            )
        name = name or f"producer of {writes}"
        with self._started.kept((name, (), writes)):
            if source is None or isinstance(source, World):
                if (factor, start, key, time) != (None, None, "device", "timestamp"):
                    raise LabError("factor, start, key and time are for recordings and tables: leave them out here.")
                world = World(readings.simulate(devices, per_second, seed)) if source is None else source
                self._require_free(world, (name, (), writes))
            else:
                columns = readings.Columns.of_topic(writes, key, time)
                world = World(readings.open_source(source, per_second, factor, start, columns))
        producer = Producer(self._topics, world, writes, name, records)
        notes = []
        if per_second != PER_SECOND and (producer.replays or producer.per_second != per_second):
            notes.append("per_second was not used: a recording and a world keep their own rate")
        self._topics.create(writes)
        notes.append(self._topics.arrival(writes))
        producer.note = "; ".join(filter(None, notes))
        self._started.adopt(producer, self._started.replace(producer))
        producer.start()
        return producer

    @_one_at_a_time
    def run(
        self,
        pipeline: Callable[..., Any],
        *,
        reads: str | Sequence[str],
        writes: str | None = None,
        name: str | None = None,
        raw: bool = False,
        from_start: bool = False,
        exactly_once: bool = False,
        in_process: bool = False,
        replicas: int = 1,
    ) -> runs.Run:
        """Run a pipeline in a background thread: a function from StreamingDataFrames, one per topic read, to one.

        A run with the same name (the function's, unless `name` is given) and the same topics is replaced: the new one
        continues where it stopped. Running a cell again also stops everything else that the cell had started.
        `from_start=True` empties `writes` and reads everything again. Records that cannot be read go to
        `<topic>.dead-letter`; with `raw=True` the pipeline gets every record's bytes instead.

        After a crash at-least-once, the default, repeats what was written after the last commit; `exactly_once=True`
        writes, and commits, in Kafka's transactions. `in_process=True` gives the pipeline a process of its own, which
        can be killed; several `replicas` are as many processes, which share the partitions of the topics.

        Raises LabError if a topic to read does not exist (`create_topic` creates one that is written later), and
        LabError or the function's own exception if the pipeline cannot be built; in that case nothing is changed.

        Example: lab.run(alert_filter, reads="sensor", writes="alert")
        """
        quix.load()
        if replicas < 1:
            raise LabError("A pipeline needs at least one replica.")
        spec = runs.Spec.of(pipeline, reads, writes, name, raw, exactly_once)
        with self._started.kept((spec.name, spec.reads, writes)):
            self._topics.require(*spec.reads)
            succession = runs.Succession(self._groups, spec, self.broker.directory)
            with succession.prepared():
                own = in_process or replicas > 1
                kind = functools.partial(runs.Replicas, members=replicas) if own else runs.ThreadedRun
                run = kind(self._groups, spec, succession.group, succession.directory)
        replaced = self._started.replace(run)
        began = succession.take_over(from_start)
        run.began = began if succession.predecessor or replaced else ""
        run.start()
        self._started.adopt(run, replaced)
        if around := self.workers.back_to(run):
            run.note = f"what it writes comes back to it, by {' and '.join(each.flow for each in around)}"
        return run

    @_one_at_a_time
    def flink(
        self,
        *,
        reads: str = "sensor-data",
        into: str | PathLike[str] | None = None,
        sql: str | None = None,
        bounded: bool = False,
        resume: bool = False,
        name: str = "flink",
        cluster: str | None = None,
        kafka: str | None = None,
    ) -> flinks.FlinkJob:
        """Run the Flink SQL job, which writes files to a folder, in its own process.

        Without `into` each job gets a new folder, which is deleted with the lab. `sql` is a different job: a modified
        `labkit.flink.SQL`. `bounded=True` reads up to the current end of the topic, closes all windows and stops.
        `resume=True` continues from the newest checkpoint in the folder, or in that of the last job. A job with the
        same name and topic, or one started by an earlier execution of the same cell, is replaced.

        With a `cluster` (host:port of its REST interface) the job runs on that standalone Flink cluster, which must see
        the folder under the same path, and Kafka at `kafka`, if that differs from the address here. There a task that
        fails is started again; the job is cancelled within two minutes after this process has ended, however it ends.

        Raises LabError if Flink is not installed, the topic does not exist, the folder cannot be used, the job cannot
        be resumed, or the cluster does not answer, is of another version, or has no free slot.

        Example: lab.flink(bounded=True)
        """
        if not isinstance(into, str | PathLike | None):
            raise LabError(f'into is {into!r}, and must be the path of a folder, as in lab.flink(into="results").')
        if sql is not None and "insert" not in sql.lower():
            read = f": Path({sql!r}).read_text() is that of a file" if sql.endswith(".sql") else ""
            raise LabError(f"sql must be the text of a job that inserts into a table, not {sql!r:.40}{read}.")
        folder = Path(into) if into else self._flink.folder(resume)
        spec = flinks.JobSpec(name, reads, folder, sql or flinks.SQL, bounded, resume, kafka)
        job = self._flink.job(spec, cluster)
        self._flink.check(job, self._started.replaced_by(job.identity))
        replaced = self._started.replace(job)
        self._flink.submit(job)
        self._started.adopt(job, replaced)
        return job

    @_one_at_a_time
    def registry(self) -> schema_registry.SchemaRegistry:
        """The schema registry of this lab, which the first call starts; it stops, and forgets its schemas, with the
        lab. LAB_REGISTRY names one to use instead, by its URL.

        Its `url` is what `SchemaRegistryClientConfig(url=registry.url)` needs, and the clients of confluent-kafka. The
        very first start downloads it. Raises LabError if none can be reached or started.

        Example: registry = lab.registry()
        """
        if not self._schema_registry or not self._schema_registry.alive:
            self._schema_registry = schema_registry.find_or_start(properties.namespace())
            self._closing.callback(self._schema_registry.close)
            cells.shorten(misfits.in_a_line)
        return self._schema_registry

    def create_topic(self, *names: str, partitions: int | None = None, compacted: bool = False) -> None:
        """Create topics before anything is written to them, so that they can be read, or have several partitions.

        Of a `compacted` topic Kafka keeps the newest record of each key, as in a table. What is older than the others
        by more than a second is compacted: by the lab's own Kafka within two seconds, by another perhaps within 15.

        An existing topic is left as it is. Raises LabError if it does not have the requested number of partitions, or
        is to be compacted and is not.

        Example: lab.create_topic("letters", partitions=3)
        """
        if not names:
            raise LabError('Name at least one topic, as in lab.create_topic("letters").')
        if partitions is not None and partitions < 1:
            raise LabError("A topic needs at least one partition.")
        self._topics.create(*names, partitions=partitions or 1, settings=COMPACTED if compacted else {})
        for name in names if partitions else ():
            if (found := len(self._topics.partitions(name))) != partitions:
                raise LabError(
                    f"Topic {name!r} already exists with {found} partition{'s'[: found != 1]}: choose another name."
                )
        for name in names if compacted else ():
            if self._topics.settings(name).get("cleanup.policy", "compact") != "compact":
                raise LabError(f"Topic {name!r} already exists, and is not compacted: choose another name.")

    @property
    def connection(self) -> ConnectionConfig:
        """What an Application of Quix Streams needs to connect to this Kafka: its address, and the properties in the
        file that LAB_KAFKA_CONFIG names, if any.

        Example: Application(broker_address=lab.connection)
        """
        quix.load()
        from quixstreams.kafka import ConnectionConfig

        address = self.broker.address
        given = {properties.SERVERS: address, **properties.of(address)}
        return ConnectionConfig.from_librdkafka_dict(given, ignore_extras=True)

    def full_name(self, name: str) -> str:
        """The name of a topic or consumer group on the broker: with the prefix in LAB_NAMESPACE, if any.

        For programs that use the broker without the lab. Raises LabError if the name is not a valid one.

        Example: app.topic(lab.full_name("letters"))
        """
        return self._topics.full(name)

    # ------------------------------------------------------------------- look

    @overload
    def step(self, pipeline: Callable[..., Any], /, **which: Any) -> stepping.Steps: ...

    @overload
    def step(
        self, pipeline: Callable[..., Any], other: Callable[..., Any], /, *more: Callable[..., Any], **which: Any
    ) -> stepping.Comparison: ...

    @interruptible  # type: ignore[misc]  # the two above leave its options to it
    def step(
        self,
        *pipelines: Callable[..., Any],
        reads: str | Sequence[str],
        writes: str | None = None,
        records: int | Sequence[Mapping[str, Any] | tap.Record] = 100,
        since: str | int | datetime.datetime | None = None,
        key: str | None = None,
        name: str | None = None,
        raw: bool = False,
    ) -> stepping.Steps | stepping.Comparison:
        """Step through a pipeline: what each of its lines does to each record, and what it remembers after it.

        It gets copies of the newest `records` of each topic, or of the first ones from `since` on (epoch milliseconds,
        or text such as "2026-11-29T12:00:00", UTC), only those with a `key` if one is given; or, as `records`, rows:
        dicts, or records of `lab.records`. It runs as `lab.run` would run it, record by record, on topics and in a
        group of its own that are deleted in the end: yours stay as they are. Several pipelines get the same records,
        and step together.

        Raises LabError if there is no such topic or no record, and what the function raises if it cannot be built.

        Example: step = lab.step(alert_filter, reads="sensor")
        """
        quix.load()
        specs = [runs.Spec.of(each, reads, writes, name, raw) for each in pipelines]
        if not specs:
            raise LabError('Name a pipeline, as in lab.step(alert_filter, reads="sensor").')
        if cells.shell():  # only what is displayed needs the extra
            cells.display_by(stepping.Steps, live.steps.show)
            cells.display_by(stepping.Comparison, live.steps.show)
        taken = stepping.take(self._topics, specs[0].reads, records, since, key)
        found = [stepping.step(each, taken, self._topics, self._topics, self.broker.directory) for each in specs]
        return found[0] if len(found) == 1 else stepping.Comparison(found)

    @interruptible
    def why(
        self,
        run: runs.Run,
        *,
        key: str | None = None,
        time: str | int | datetime.datetime | None = None,
        offset: int | None = None,
    ) -> reasons.Why:
        """Why nothing comes out of a run; or where one record has ended: the one with an `offset`, or the newest with a
        `key` and a `time` (epoch milliseconds, or text such as "12:00:03" or "2026-11-29T12:00:03", UTC).

        The newest 300 records that the run has read are stepped through once more; the run, its topics and its group
        stay as they are. Raises LabError if there is no such record, and NoAnswer if Kafka does not answer.

        Example: print(lab.why(run))
        """
        if not isinstance(run, runs.Run):
            raise LabError(f"Name the run of a pipeline, as in lab.why(run): {run!r} is none.")
        if key is time is offset is None:
            return reasons.why(run, self.workers, self._groups, self.broker.directory)
        return reasons.follow(run, self._groups, self.broker.directory, key, time, offset)

    @property
    def units(self) -> dict[str, str]:
        """The units of your own fields, which all views show. Example: lab.units["level"] = "m"."""
        return self._units

    @units.setter
    def units(self, units: Mapping[str, str]) -> None:
        if not isinstance(units, Mapping):
            raise LabError('Each field has its own unit: write lab.units["level"] = "m".')
        self._units = dict(units)

    @property
    def workers(self) -> Workers:
        """The producers and runs of this lab, in the order in which they were started. Example: lab.workers"""
        return self._started.workers

    def chart(
        self,
        *topics: str,
        y: str = "temperature",
        by: str | None = None,
        seconds: float | None = None,
        title: str | None = None,
        threshold: float | None = None,
    ) -> live.Chart:
        """A live chart of the field `y` of the newest records over event time, with a curve for each key.

        The first topic is drawn as lines, further topics as markers on top of them, and a `threshold` (in the unit of
        the field) as a dashed line. `by` is a field whose values get a curve each instead of the keys. Without
        `seconds` it shows the last 100 s, or more where records come rarely. Raises LabError if a topic does not exist.

        Example: lab.chart("sensor", "alert", threshold=29.85)
        """
        _require_seconds(seconds)
        tap, field = self._tap(topics, "chart"), live.Field.of(y, self.units)
        return self._started.watch(live.Chart(tap, self._styles, self._pacer, field, by, seconds, title, threshold))

    def windows(
        self,
        readings: str,
        *windows: str,
        device: str,
        y: str = "temperature",
        by: str | None = None,
        seconds: float | None = None,
    ) -> live.Windows:
        """The field `y` of one device's readings in the `seconds` up to its newest one, and the windows of each
        further topic that overlap them, on one axis of event time.

        The device is a key, or with `by` a value of that field. Without `seconds` it shows 15 s, or more where readings
        come rarely. Raises LabError if there is no such topic or reading.

        Example: lab.windows("sensor", "tumbling", device="sensor-1")
        """
        _require_seconds(seconds)
        self._topics.require(readings, *windows)
        held = {topic: self.records(topic) for topic in windows}
        found = live.windows.newest(device, readings, self.records(readings), held, seconds, by)
        return live.Windows(device, *found, live.Field.of(y, self.units))

    def plot(self, table: pd.DataFrame, *, x: str, y: str, by: str) -> live.Plot:
        """A static chart of a table: column `y` over the times in column `x`, one line for each value of `by`.

        Times that are numbers are epoch seconds, milli-, micro- or nanoseconds. Raises LabError if the table has no
        rows, lacks one of the columns, or has something else in them.

        Example: lab.plot(table, x="window_end", y="average", by="sensor_id")
        """
        return live.Plot(table, self._styles, x, live.Field.of(y, self.units), by)

    def tiles(self, *topics: str, y: str = "temperature", by: str | None = None) -> live.Tiles:
        """One tile per key with its newest number in each topic: the field `y` of a reading, or a window's result.

        `by` is a field whose values get a tile each instead of the keys. A number that is too old (a reading: 5 s,
        or three times the usual interval; a window: its own length) is not shown as current. Raises LabError if a topic
        does not exist.

        Example: lab.tiles("sensor", "avg-temp", "alert-count")
        """
        also = [name for name in map(live.numbers.counted, topics) if name and self._topics.partitions(name)]
        tap = self._tap([*dict.fromkeys([*topics, *also])], "tiles")
        return self._started.watch(
            live.Tiles(
                tap, topics, self._styles, self._pacer, lambda topic: self.workers.compute(topic), y, by, self.units
            )
        )

    def topology(self) -> live.Topology:
        """The live topology of this lab, its workers and their topics: records per second, lag, errors, dead letters.

        Example: lab.topology()
        """
        system = System(self._topics, lambda: self.workers)
        questions = live.Questions(self.why, self._runs_by_question)
        return self._started.watch(
            live.Topology(system, lambda topic: self._tap([topic], "peek"), self._pacer, questions)
        )

    def _runs_by_question(self) -> dict[str, runs.Run]:
        labels = zip(self.workers.labels, self.workers, strict=True)
        return {f"Why does nothing come out of {label}?": each for label, each in labels if isinstance(each, runs.Run)}

    def lanes(self, run: runs.Run) -> live.Lanes:
        """Each partition that a run reads as a lane: which of its processes has had it, over the last minute, as Kafka
        sees it; records per second, and lag.

        Example: lab.lanes(run)
        """
        quix.load()
        if not isinstance(run, runs.Run):
            raise LabError(f"run is {run!r}, and must be what lab.run has returned, as in lab.lanes(run).")
        return self._started.watch(live.Lanes(runs.Assignments(self._groups, run), self._pacer))

    def controls(self) -> live.Controls:
        """Buttons and fields for the producer, the alert threshold, and the world that the sensors live in.

        Example: lab.controls()
        """
        return self._started.watch(live.Controls(live.Scene(self), self._pacer))

    @_one_at_a_time
    def dashboard(self) -> live.Dashboard:
        """Tiles, chart, controls and topology on one page; starts any of the four stages that are not running.

        Example: lab.dashboard()
        """
        extras.require("notebook")  # before anything is started
        scene = live.Scene(self)
        for worker in scene.start_missing():
            self._started.mark_as_shown(worker)  # the topology shows them
        self._started.keep()  # keep what is already running
        self._topics.create("sensor", "alert", "avg-temp", "alert-count")
        tiles = self.tiles("sensor", "avg-temp", "alert-count")
        chart = self.chart("sensor", "alert", threshold=scene.threshold)
        controls = self._started.watch(live.Controls(scene, self._pacer))
        return self._started.watch(live.Dashboard(tiles, chart, controls, self.topology(), self._pacer))

    @interruptible
    def peek(self, topic: str, records: int = 10) -> pd.DataFrame:
        """The newest records of a topic, oldest first: partition, offset, time (UTC), key, and the fields.

        For a dead-letter topic the values are shown as raw bytes, with the reason. Raises LabError if there is no such
        topic.

        Example: lab.peek("sensor", records=5)
        """
        from labkit import tables

        if records < 0:
            raise LabError(f"There is no table of {records} records.")
        return tables.of(tap.newest(self._topics, self._existing(topic), records, raw=topic.endswith(DEAD_LETTER)))

    @interruptible
    def topics(self) -> pd.DataFrame:
        """Every topic but changelog topics, with its numbers of partitions and records. Example: lab.topics()"""
        from labkit import tables

        return tables.of_topics([(name, *self._topics.size(name)) for name in self._topics.names()])

    def partitions(self, topic: str) -> pd.DataFrame:
        """Every partition of a topic: which broker leads it, and which have a copy in sync with it.

        Raises LabError if there is no such topic.

        Example: lab.partitions("sensor")
        """
        from labkit import tables

        return tables.of_leaders(self._topics.leaders(self._existing(topic)))

    @interruptible
    def groups(self) -> pd.DataFrame:
        """Every consumer group with its topics and partitions: the committed offset, and the lag in records.

        Where a group has no committed offset for a partition, the lag is all records of that partition.

        Example: lab.groups()
        """
        from labkit import tables

        return tables.of_groups(self._groups.offsets())

    @interruptible
    def records(self, topic: str) -> list[tap.Record]:
        """Every record that a topic holds now, in order of partition and offset.

        Raises LabError if there is no such topic.

        Example: lab.records("sensor")
        """
        return tap.everything(self._topics, self._existing(topic))

    @interruptible
    def wait_for(
        self, topic: str, records: int | None = None, *, new: int | None = None, timeout: float = 30.0
    ) -> None:
        """Return when a topic holds at least `records` records (default 1), or has got `new` more since the call.

        Raises LabError if there is no such topic, or if it takes more than `timeout` seconds.

        Example: lab.wait_for("sensor", records=10)
        """
        if records is not None and new is not None:
            raise LabError("Give records or new, not both: a total, or a number of new records.")
        with within(timeout):
            self._topics.require(topic)
            before = 0 if new is None else self._topics.counts.of(topic).came

            found = 0
            wanted = new if new is not None else 1 if records is None else records

            def is_there() -> bool:
                nonlocal found
                held, came = self._topics.counts.of(topic)
                found = held if new is None else came - before
                return found >= wanted

            if not wait_until(is_there, timeout, progress=lambda: f"{topic}: {found:,} of {wanted:,} records"):
                some = f"holds {found} records" if new is None else f"got {found} new records"
                raise LabError(f"{topic} {some} after {timeout:g} s, not {wanted}. {self._trouble(topic)}")

    # -------------------------------------------------------------- exercises

    def check(self, exercise: str, answer: Any = None) -> exercises.Verdict:
        """Check an answer to an exercise: a function, a text, or whatever the exercise asks for.

        A function is run as `lab.run` runs one, on readings made for the exercise, and ended after 10 s. The verdict
        says which behaviours hold, and for the first that does not, which records went in and came out. A wrong or
        missing answer raises nothing. Raises LabError if there is no such exercise.

        Example: lab.check("damp-rooms", damp_rooms)
        """
        verdict = self._checks.check(exercise, answer)
        self._wall.verdict(verdict)
        return verdict

    def question(self, exercise: str) -> None:
        """Print the question that an exercise asks you: its numbers depend on `lab.student`.

        Raises LabError if there is no such exercise, or if it is the same for everybody.

        Example: lab.question("which-windows")
        """
        print(self._checks.question(exercise))

    def hint(self, exercise: str) -> None:
        """Print the next hint for an exercise. Raises LabError if there is no such exercise.

        Example: lab.hint("damp-rooms")
        """
        print(self._checks.hint(exercise))

    def smaller_step(self, exercise: str) -> None:
        """Print a program that does what an exercise asks but for one fault, once two answers have fallen short.

        Raises LabError if there is no such exercise.

        Example: lab.smaller_step("damp-rooms")
        """
        print(self._checks.smaller_step(exercise))

    @property
    def checks(self) -> exercises.Checks:
        """What checks answers, on any readings: for authors of exercises. Example: lab.checks"""
        return self._checks

    def predict(self, question: str, *, found: Any = ..., **given: Any) -> None:
        """Ask for a prediction before something happens; with what was then `found`, say whether it was right.

        Until somebody has predicted, the answer is not told. It is kept on this computer; a wrong prediction is asked
        again in a later `warm_up`. `given` are parameters that the text of the question names.

        Raises LabError if there is no such question, a parameter is missing, or `found` is none of the answers.

        Example: lab.predict("01-keys")
        """
        extras.require("notebook")
        if found is ...:
            self._predictions.ask(question, given)
        else:
            self._predictions.tell(question, found, given)

    def warm_up(self, lesson: str) -> None:
        """Ask up to three questions that were predicted wrongly at least two lessons ago, with other numbers.

        Example: lab.warm_up("03")
        """
        extras.require("notebook")
        self._predictions.warm_up(lesson)

    def raise_hand(self, seat: str | None = None) -> None:
        """Show on the wall of your class that you need help: at a `seat` such as "B4", or else under the four
        characters by which the wall knows you. So does the button that a notebook shows below its `Lab()`.

        Raises LabError if your class has no wall, or for what is no seat.

        Example: lab.raise_hand("B4")
        """
        self._wall.hand(True, seat)

    def lower_hand(self) -> None:
        """Take back `raise_hand`. Raises LabError if your class has no wall. Example: lab.lower_hand()"""
        self._wall.hand(False)

    def progress(self) -> pd.DataFrame:
        """Every exercise and prediction, and what became of it on this computer. Example: lab.progress()"""
        quix.load()
        return predictions.overview.table()

    # -------------------------------------------------------------- incidents

    @overload
    def incident(self, seed: int) -> incidents.Incident: ...

    @overload
    def incident(self, seed: int, *, system: Sequence[runs.Run]) -> incidents.OwnIncident: ...

    @_one_at_a_time  # type: ignore[misc]  # the two above leave its options to it
    def incident(
        self, seed: int, *, system: Sequence[runs.Run] | None = None
    ) -> incidents.Incident | incidents.OwnIncident:
        """Plant a fault that nobody names in a running system: find it, with evidence, repair it, and have it judged.

        The seed, and `lab.student`, decide which of a dozen it is, and where. The system is at work in topics of its
        own; an earlier incident ends. On three brokers, `Lab(brokers=3)`, one of them may be what is wrong.

        With a `system`, runs of your own, faulty records go into the topic that the first of them reads: do that only
        where they do no harm. Raises LabError if that topic has no JSON objects with keys to take after.

        Example: incident = lab.incident(7)
        """
        quix.load()
        if self._incident:
            self._end_incident(self._incident)
        stage, student = incidents.Stage(self, self._groups, self.broker, self._take_in), str(self.student)
        if system is not None:
            self._incident = incidents.OwnIncident(seed, stage, student, system)
            return self._incident
        brokers = len(self.broker.nodes) if isinstance(self.broker, broker.OwnBroker) else 1
        self._incident = incidents.Incident(seed, stage, student, brokers)
        for worker in self._incident.workers(self.workers):
            self._started.mark_as_shown(worker)  # by what the student asks for
        return self._incident

    def _end_incident(self, incident: incidents.Incident | incidents.OwnIncident) -> None:
        self._incident = None
        if isinstance(incident, incidents.Incident):
            mine = incident.workers(self.workers)
            self._started.drop(mine, "its incident has ended")
            for each in mine:
                if isinstance(each, runs.Run):
                    self._groups.forget(each.group)
        incident.close()

    def _take_in(self, worker: Worker) -> None:
        self._started.adopt(worker, self._started.replace(worker))
        worker.start()

    # -------------------------------------------------------------------- end

    @_one_at_a_time
    def stop(self) -> None:
        """Stop every run, producer and live view; topics and broker stay. Example: lab.stop()"""
        try:
            if self.broker.own:  # nobody starts it again while they wait for it
                self.broker.check()
        except NoAnswer as error:
            self._fail(error)
        if self._incident:
            self._end_incident(self._incident)
        self._started.stop()

    def reset(self) -> None:
        """Stop everything, and delete the topics and consumer groups that this lab created. Example: lab.reset()"""
        self.stop()
        self._groups.forget_used()
        self._topics.delete_created()

    def close(self) -> None:
        """Stop everything, including the lab's own broker. Closing again does nothing. Example: lab.close()"""
        if self._closed.is_set():
            return
        self._closed.set()
        atexit.unregister(self.close)
        with self._closing:
            self.stop()
        if Lab._current is self:
            Lab._current = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "closed" if self._closed.is_set() else f"Kafka at {self.broker.address}"
        workers = zip(self.workers.labels, self.workers, strict=True)
        parts = [state, self.broker.notice(), *(f"{label} {each.status}" for label, each in workers)]
        return f"<Lab: {', '.join(filter(None, parts))}>"

    # ------------------------------------------------------------------ inner

    def _watch_broker(self) -> None:
        """Let every worker tell when Kafka, or one of its nodes, is away: it goes on once that is back. One whose Kafka
        has ended for good fails, for its clients would wait for ever.
        """
        while not self._closed.wait(BROKER_CHECK):
            notice = self.broker.notice()
            for worker in self.workers:
                worker.notice = notice
            try:
                with contextlib.suppress(Away):
                    self.broker.check()
            except NoAnswer as error:
                self._fail(error)

    def _fail(self, error: NoAnswer) -> None:
        for worker in self.workers:
            worker.fail(error)

    def _require_free(self, world: World, new: Identity) -> None:
        """Raises LabError if a world would get a second producer, each with only some of its items, or does not fit."""
        worker, (_, _, writes) = at_work_in(world), new
        if writes in readings.OWN and not world.source.holds_readings:
            raise LabError(f"{writes} holds readings, which the rows of this world are not: pass writes= their topic.")
        if worker and worker not in self._started.replaced_by(new):
            name, writes = worker.name, worker.writes
            raise LabError(f"{name} is still running in this world: stop it, or replace it with {name=}, {writes=}.")

    @functools.cached_property
    def _checks(self) -> exercises.Checks:
        quix.load()
        place = self.broker.directory
        environment = exercises.Environment(
            self._groups, place, lambda: self._flink, lambda: self.registry().url, lambda: str(self.student)
        )
        return exercises.Checks(environment)

    @functools.cached_property
    def _predictions(self) -> predictions.Predictions:
        return predictions.Predictions(said=self._wall.prediction)

    @functools.cached_property
    def _styles(self) -> live.Styles:
        return live.Styles()

    @functools.cached_property
    def _pacer(self) -> live.Pacer:
        pacer = live.Pacer()
        pacer.start()
        self._closing.callback(pacer.close)
        return pacer

    @functools.cached_property
    def _flink(self) -> flinks.Engine:
        engine = flinks.Engine(self._groups, self.broker.directory / "flink")
        self._closing.callback(engine.close)
        return engine

    def _show(self, worker: Worker) -> None:
        live.panel.of(worker, self._pacer, self.why).snapshot.show()

    def _tap(self, topics: Sequence[str], view: str) -> tap.Tap:
        extras.require("notebook")
        if not topics:
            raise LabError(f'Name at least one topic, as in lab.{view}("sensor").')
        self._topics.require(*topics)
        return tap.Tap(self._topics, topics)

    def _existing(self, topic: str) -> str:
        self._topics.require(topic)
        return topic

    def _trouble(self, topic: str) -> str:
        upstream = self.workers.upstream_of(topic)
        failed = [f"{worker.name} failed: {worker.error}" for worker in upstream if worker.error]
        return "; ".join(failed) or "Is something writing to it?"


def _require_seconds(seconds: float | None) -> None:
    """Raise LabError unless a view can show so many seconds."""
    if seconds is not None and not 0 < seconds < math.inf:
        raise LabError(f"seconds is {seconds!r}, and must be a number above 0, or None for the usual time.")
