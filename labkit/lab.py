"""The one object that a notebook holds."""

from __future__ import annotations

import atexit
import datetime
import functools
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, Self

from labkit import broker, cells, readings
from labkit.errors import LabError
from labkit.kafka import tap
from labkit.kafka.groups import Groups
from labkit.kafka.requests import within
from labkit.kafka.topics import DEAD_LETTER, Topics
from labkit.later import Later
from labkit.live import theme
from labkit.readings import World
from labkit.runs import prints, quix
from labkit.runs.production import Production, at_work_in
from labkit.runs.system import System
from labkit.runs.worker import Identity, Worker, Workers
from labkit.scene import Scene
from labkit.started import Started
from labkit.waiting import wait_until

if TYPE_CHECKING:
    import pandas as pd

    from labkit import flink as flinks
    from labkit import live, runs
    from labkit.flink import engine  # noqa: F401 - so that a type checker knows flinks.engine, and the same below
    from labkit.live import chart, controls, dashboard, pacing, panel, plot, table, tiles, topology, windows  # noqa: F401
    from labkit.runs import run  # noqa: F401
else:
    pd, live, runs, flinks = map(Later, ("pandas", "labkit.live", "labkit.runs", "labkit.flink"))

PER_SECOND = 1.0  # readings from each device
BROKER_LOOK = 0.2  # seconds between two looks whether the lab's own Kafka still runs


class Lab:
    """A real Kafka, and everything that you start on it.

    The broker is the one that the environment variable LAB_BROKER names (`host:port`), else one of this lab's own,
    which ends with this process. LAB_NAMESPACE, if set, prefixes every topic and group on the broker. There is one
    lab at a time: a new one closes the one before. Raises LabError if there is no broker to be had.
    """

    _current: Lab | None = None

    def __init__(self) -> None:
        if Lab._current:
            Lab._current.close()
        in_notebook = bool(cells.current().execution)  # a script may never run a pipeline
        self.broker = broker.find_or_start(quix.load if in_notebook else lambda: None)
        self._topics = Topics(self.broker.address, os.environ.get("LAB_NAMESPACE", ""), self.broker.check)
        self._groups = Groups(self._topics)
        self._started = Started(self._show)
        self._looks = theme.Looks()
        self._closed = threading.Event()
        threading.Thread(target=self._watch_broker, name="labkit-broker-watch", daemon=True).start()
        atexit.register(self.close)
        Lab._current = self

    # ------------------------------------------------------------------ start

    def produce(
        self,
        source: str | PathLike[str] | pd.DataFrame | Iterable[Mapping[str, Any]] | World | None = None,
        *,
        writes: str = "sensor",
        devices: int = 3,
        per_second: float | None = PER_SECOND,
        seed: int = 0,
        factor: float | None = None,
        start: str | datetime.datetime | None = None,
        records: int | None = None,
        name: str | None = None,
    ) -> Production:
        """Write readings into a topic from a background thread.

        Without a `source`, `devices` simulated sensors each send `per_second` readings a second, stamped with the
        present time; the same seed gives the same temperatures. With a source (the path of a CSV file, a DataFrame,
        an iterable of dicts) its rows are sent in order, `per_second` a second; None is as fast as it goes.

        "nyc-weather" replays what three New York weather stations recorded in 2013, from `start` (1 July) on and
        `factor` times as fast (3600: an hour a second): the timestamps are mapped to now, and `recorded` keeps the
        original. A table with a `factor` is replayed likewise, and the `world` of a stopped producer goes on: they keep
        a pace of their own, and the panel says so if another `per_second` is given. `records` ends it after so many.
        Raises LabError before the first record if a column or a type is wrong, or if another producer is still at work
        in the world.
        """
        if devices < 1 or (per_second is not None and not per_second > 0):
            raise LabError(
                "A producer needs at least one device, and more than 0 readings a second (None: all it can)."
            )
        name = name or f"producer of {writes}"
        if (source is None or isinstance(source, World)) and (factor, start) != (None, None):
            raise LabError(
                "factor and start belong to a recording, as in lab.produce('nyc-weather', factor=3600): leave them out."
            )
        if isinstance(source, World):
            world = self._unused(source, (name, (), writes))
        elif source is None:
            world = World(readings.simulate(devices, per_second, seed))
        else:
            world = World(readings.open_source(source, per_second, factor, start))
        production = Production(self._topics, world, writes, name, records)
        if per_second != PER_SECOND and (production.replays or production.per_second != per_second):
            production.note = "per_second was not used: a recording and a world keep a pace of their own"
        self._topics.create(writes)
        self._started.adopt(production, self._started.replace(production))
        production.start()
        return production

    def run(
        self,
        pipeline: Callable[..., Any],
        *,
        reads: str | Sequence[str],
        writes: str | None = None,
        name: str | None = None,
        raw: bool = False,
        from_start: bool = False,
    ) -> runs.run.Run:
        """Run a pipeline in a background thread: a function from StreamingDataFrames, one per topic read, to one.

        A run with the same name (the function's, unless `name` is given) that reads and writes the same is replaced:
        the new one reads on where it stopped. A cell that is run again also ends what else it has started before.
        `from_start=True` empties `writes` and reads everything again. Records that cannot be read go to
        `<topic>.dead-letter`; `raw=True` hands over every record's bytes instead. Raises LabError if a topic to read
        does not exist (`create_topic` makes one that will be written later), and LabError or what the function raises
        if the pipeline cannot be built; then all is as it was before.
        """
        quix.load()
        reads = (reads,) if isinstance(reads, str) else tuple(reads)
        if writes in reads:
            raise LabError(f"This pipeline would read what it writes to {writes}, for ever: write to another topic.")
        self._topics.require(*reads)
        name = name or getattr(pipeline, "__name__", "pipeline").strip("<>")
        run = runs.run.Run(self._groups, pipeline, reads, writes, name, raw)
        run.build(self.broker.kept.directory)
        replaced = self._started.replace(run)
        run.take_over(from_start)
        run.start()
        self._started.adopt(run, replaced)
        return run

    def flink(
        self,
        *,
        reads: str = "sensor-data",
        into: str | PathLike[str] | None = None,
        sql: str | None = None,
        bounded: bool = False,
        resume: bool = False,
        name: str = "flink",
    ) -> flinks.FlinkJob:
        """Run the Flink SQL job, which writes files into a folder, in a process of its own.

        Without `into` the folder is one of the lab's own, a new one for each job, and goes with the lab. `sql` is
        another job: a change of `labkit.flink.SQL`. `bounded=True` ends it where the topic ends now, and closes all
        windows. `resume=True` goes on from the newest checkpoint in the folder, or in that of the last job. A job of
        the same name that reads the same, or started by an earlier execution of the same cell, is replaced. Raises
        LabError.
        """
        job = self._flink.job(name, reads, into, sql, bounded, resume)
        job.check(resume, self._started.replaced_by(job.identity))
        replaced = self._started.replace(job)
        self._flink.submit(job, resume)
        self._started.adopt(job, replaced)
        return job

    def create_topic(self, *names: str, partitions: int | None = None) -> None:
        """Make topics before anything is written to them: so that they can be read already, or have several partitions.

        Nothing happens if one is there already. Raises LabError if that has not as many partitions as are asked for.
        """
        if partitions is not None and partitions < 1:
            raise LabError("A topic needs at least one partition.")
        self._topics.create(*names, partitions=partitions or 1)
        for name in names if partitions else ():
            if (found := len(self._topics.partitions(name))) != partitions:
                raise LabError(
                    f"There is a topic {name!r} already, and its partitions are {found}: choose another name."
                )

    def full_name(self, name: str) -> str:
        """What a topic or consumer group of this lab is called on the broker: with the prefix in LAB_NAMESPACE, if any.

        For programs that speak to the broker without the lab. Raises LabError if that is no name.
        """
        return self._topics.full(name)

    # ------------------------------------------------------------------- look

    @property
    def workers(self) -> Workers:
        """The producers and runs of this lab, in the order of their start."""
        return self._started.workers

    def chart(
        self,
        *topics: str,
        y: str = "temperature",
        seconds: float = 100.0,
        title: str | None = None,
        threshold: float | None = None,
    ) -> live.chart.Chart:
        """A live chart of a field of the newest records, by device and event time, over the last `seconds`.

        The first topic is drawn as lines, further ones as marks on top of them, and a `threshold` (in the field's
        unit) as a dashed line. Raises LabError if there is no such topic.
        """
        tap = self._tap(topics, "chart")
        return self._started.watch(live.chart.Chart(tap, self._looks, self._pacer, y, seconds, title, threshold))

    def windows(self, readings: str, *windows: str, device: str, seconds: float = 15.0) -> live.windows.Windows:
        """The readings of one device in the `seconds` up to its newest one, and the windows of each further topic
        that reach into them, on one axis of event time. Raises LabError if there is no such topic or reading.
        """
        self._topics.require(readings, *windows)
        held = {topic: self.records(topic) for topic in windows}
        found = live.windows.newest(device, readings, self.records(readings), held, seconds)
        return live.windows.Windows(device, *found)

    def plot(self, table: pd.DataFrame, *, x: str, y: str, by: str) -> live.plot.Plot:
        """A chart of a table as it is now: column `y` over the times in column `x`, a line for each value of `by`."""
        return live.plot.Plot(table, self._looks, x, y, by)

    def tiles(self, *topics: str) -> live.tiles.Tiles:
        """For each device a tile with its newest number in each topic: of readings the temperature, of windows what
        they aggregate. A number that is older than its window is not shown as the present one. Raises LabError if
        there is no such topic.
        """
        also = [name for name in map(live.tiles.counted, topics) if name and self._topics.partitions(name)]
        tap = self._tap([*dict.fromkeys([*topics, *also])], "tiles")
        return self._started.watch(
            live.tiles.Tiles(tap, topics, self._looks, self._pacer, lambda topic: self.workers.compute(topic))
        )

    def topology(self) -> live.topology.Topology:
        """The live topology of this lab, its workers and their topics: records a second, lag, errors, dead letters."""
        return self._started.watch(
            live.topology.Topology(
                System(self._topics, lambda: self.workers), lambda topic: self._tap([topic], "peek"), self._pacer
            )
        )

    def controls(self) -> live.controls.Controls:
        """Buttons and fields for the producer, the alert threshold, and the world that the sensors live in."""
        return self._started.watch(live.controls.Controls(Scene(self)))

    def dashboard(self) -> live.dashboard.Dashboard:
        """Tiles, chart, controls and topology of the whole scene; starts those of its stages that do not run yet."""
        scene = Scene(self)
        for worker in scene.start_missing():
            worker.shown = True  # the topology shows them
        self._started.keep()  # what the scene has already goes on
        self._topics.create("sensor", "alert", "avg-temp", "alert-count")
        tiles = self.tiles("sensor", "avg-temp", "alert-count")
        chart = self.chart("sensor", "alert", threshold=scene.threshold)
        return self._started.watch(
            live.dashboard.Dashboard(tiles, chart, live.controls.Controls(scene), self.topology())
        )

    def peek(self, topic: str, records: int = 10) -> pd.DataFrame:
        """The newest records of a topic, oldest first: partition, offset, time (UTC), key, and the fields.

        Of a dead-letter topic the values are shown as the bytes that they are, with the reason.
        """
        return live.table.of(tap.newest(self._topics, self._existing(topic), records, raw=topic.endswith(DEAD_LETTER)))

    def topics(self) -> pd.DataFrame:
        """Every topic with its partitions and the records that it holds; not those in which state is kept."""
        return live.table.of_topics([(name, *self._topics.size(name)) for name in self._topics.names()])

    def groups(self) -> pd.DataFrame:
        """Every consumer group with its topics and partitions: the committed offset, and the lag in records.

        A partition of which a group has committed nothing has no committed offset, and all its records are the lag.
        """
        return live.table.of_groups(self._groups.offsets())

    def records(self, topic: str) -> list[tap.Record]:
        """Every record that a topic holds now, in order of partition and offset."""
        return tap.everything(self._topics, self._existing(topic))

    def wait_for(
        self, topic: str, records: int | None = None, *, new: int | None = None, timeout: float = 30.0
    ) -> None:
        """Return when a topic holds so many `records` or more (1), or when so many `new` ones have come since the call.

        Raises LabError if there is no such topic, or if that takes over `timeout` seconds.
        """
        if records is not None and new is not None:
            raise LabError("Give records or new, not both: so many in all, or so many from now on.")
        with within(timeout):
            self._topics.require(topic)
            before = 0 if new is None else self._topics.counts.of(topic).came

            def found() -> int:
                held, came = self._topics.counts.of(topic)
                return held if new is None else came - before

            wanted = new if new is not None else 1 if records is None else records
            if not wait_until(lambda: found() >= wanted, timeout):
                some = f"holds {found()} records" if new is None else f"got {found()} new records"
                raise LabError(f"{topic} {some} after {timeout:g} s, not {wanted}. {self._trouble(topic)}")

    # -------------------------------------------------------------------- end

    def stop(self) -> None:
        """End every run, producer and chart; topics and broker stay."""
        self._started.stop()

    def reset(self) -> None:
        """Start over: end everything, and delete the topics and consumer groups that this lab used."""
        self.stop()
        self._groups.forget_used()
        self._topics.delete_used()

    def close(self) -> None:
        """End everything, the lab's own broker too. Closing twice is closing once."""
        if self._closed.is_set():
            return
        self._closed.set()
        atexit.unregister(self.close)
        self.stop()
        if "_pacer" in vars(self):
            self._pacer.close()
        if "_flink" in vars(self):
            self._flink.close()
        self._topics.counts.close()
        self.broker.close()
        prints.uninstall()
        if Lab._current is self:
            Lab._current = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "closed" if self._closed.is_set() else f"Kafka at {self.broker.address}"
        workers = zip(self.workers.labels, self.workers, strict=True)
        return f"<Lab: {', '.join([state, *(f'{label} {each.status}' for label, each in workers)])}>"

    # ------------------------------------------------------------------ inner

    def _watch_broker(self) -> None:
        """Let every worker fail once the lab's own Kafka has ended: their clients would wait for it for ever."""
        while not self._closed.wait(BROKER_LOOK):
            try:
                self.broker.check()
            except LabError as error:
                for worker in self.workers:
                    worker.fail(error)

    def _unused(self, world: World, new: Identity) -> World:
        """The world, unless it would have two producers at once: each would get a part of its readings."""
        worker = at_work_in(world)
        if worker and worker not in self._started.replaced_by(new):
            name, writes = worker.name, worker.writes
            raise LabError(f"{name} is still at work in this world: stop it first, or give {name=} and {writes=}.")
        return world

    @functools.cached_property
    def _pacer(self) -> live.pacing.Pacer:
        return live.pacing.Pacer()

    @functools.cached_property
    def _flink(self) -> flinks.engine.Engine:
        return flinks.engine.Engine(self._groups, self.broker.kept.directory / "flink")

    def _show(self, worker: Worker) -> None:
        live.panel.of(worker, self._pacer).snapshot.show()

    def _tap(self, topics: Sequence[str], view: str) -> tap.Tap:
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
