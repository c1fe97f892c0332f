"""The one object that a notebook holds."""

from __future__ import annotations

import atexit
import functools
import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from labkit import broker, cells, readings
from labkit.errors import LabError
from labkit.live import theme
from labkit.readings import World
from labkit.runs import prints, quix, tap
from labkit.runs.groups import Groups
from labkit.runs.production import Production
from labkit.runs.requests import within
from labkit.runs.system import System
from labkit.runs.topics import DEAD_LETTER, Topics
from labkit.runs.worker import Worker
from labkit.scene import Scene

if TYPE_CHECKING:
    import datetime
    from os import PathLike

    import pandas as pd

    from labkit.broker.kept import Kept
    from labkit.flink import FlinkJob
    from labkit.live.chart import Chart
    from labkit.live.controls import Controls
    from labkit.live.dashboard import Dashboard
    from labkit.live.pacing import Pacer
    from labkit.live.picture import Picture
    from labkit.live.plot import Plot
    from labkit.live.tiles import Tiles
    from labkit.live.windows import Windows
    from labkit.runs.run import Run

View = TypeVar("View")

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
        self.broker = broker.find_or_start()
        if cells.current().execution:
            quix.load_between_cells(cells.shell())  # now it would slow Kafka's start
        self._topics = Topics(self.broker.address, os.environ.get("LAB_NAMESPACE", ""), self.broker.check)
        self._groups = Groups(self._topics)
        self._workers: dict[str, tuple[Worker, cells.Cell]] = {}
        self._views: list[tuple[Any, cells.Cell]] = []
        self._looks = theme.Looks()
        self._trainer: Kept | None = None
        self._closed = threading.Event()
        threading.Thread(target=self._watch_broker, name="labkit-broker-watch", daemon=True).start()
        atexit.register(self.close)
        Lab._current = self

    # ------------------------------------------------------------------ start

    def produce(
        self,
        source: str | PathLike[str] | pd.DataFrame | Iterable[Mapping[str, Any]] | World | None = None,
        *,
        to: str = "sensor",
        devices: int = 3,
        per_second: float | None = PER_SECOND,
        seed: int = 0,
        factor: float | None = None,
        start: str | datetime.datetime | None = None,
        count: int | None = None,
        name: str | None = None,
    ) -> Production:
        """Write readings into a topic from a background thread.

        Without a `source`, `devices` simulated sensors each send `per_second` readings a second, stamped with the
        present time; the same seed gives the same temperatures. With a source (the path of a CSV file, a DataFrame,
        an iterable of dicts) its rows are sent in order, `per_second` a second; None is as fast as it goes.

        "nyc-weather" replays what three New York weather stations recorded in 2013, from `start` (1 July) on and
        `factor` times as fast (3600: an hour a second): the timestamps are mapped to now, and `recorded` keeps the
        original. A table with a `factor` is replayed likewise, and the `world` of a stopped producer goes on: they keep
        a pace of their own, and the panel says so if another `per_second` is given. `count` ends it after so many
        readings. Raises LabError before the first record if a column or a type is wrong, or if another producer is
        still at work in the world.
        """
        if devices < 1 or (per_second is not None and not per_second > 0):
            raise LabError(
                "A producer needs at least one device, and more than 0 readings a second (None: all it can)."
            )
        name = name or f"producer of {to}"
        if (source is None or isinstance(source, World)) and (factor, start) != (None, None):
            raise LabError(
                "factor and start belong to a recording, as in lab.produce('nyc-weather', factor=3600): leave them out."
            )
        if isinstance(source, World):
            world = self._unused(source, name)
        elif source is None:
            world = World(readings.simulate(devices, per_second, seed))
        else:
            world = World(readings.open_source(source, per_second, factor, start))
        self._replace(name)
        self._topics.create(to)
        production = Production(self._topics, world, to, name, count)
        if per_second != PER_SECOND and (production.replays or production.per_second != per_second):
            production.note = "per_second was not used: a recording and a world keep a pace of their own"
        self._adopt(production)
        production.begin()
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
    ) -> Run:
        """Run a pipeline in a background thread: a function from StreamingDataFrames, one per topic read, to one.

        A run with the same name (the function's, unless `name` is given), or started by an earlier execution of the
        same cell, is replaced: the new one reads on where it stopped. `from_start=True` empties `writes` and reads
        everything again. Records that cannot be read go to `<topic>.dead-letter`; `raw=True` hands over every
        record's bytes instead. Raises LabError if a topic to read does not exist (`create_topic` makes one that will
        be written later), and LabError or what the function raises if the pipeline cannot be built.
        """
        quix.load()
        from labkit.runs.run import Run

        reads = (reads,) if isinstance(reads, str) else tuple(reads)
        if writes in reads:
            raise LabError(f"This pipeline would read what it writes to {writes}, for ever: write to another topic.")
        self._topics.require(*reads)
        name = name or getattr(pipeline, "__name__", "pipeline").strip("<>")
        self._replace(name)
        group = re.sub(r"[^A-Za-z0-9._-]", "-", name)
        generation = self._groups.latest_generation(group)
        predecessor = f"{group}-{generation}" if generation else None
        if from_start and writes:
            self._topics.empty(writes)
        run = Run(self._groups, pipeline, reads, writes, name, raw)
        run.begin(self.broker.kept.directory, None if from_start else predecessor, f"{group}-{generation + 1}")
        self._adopt(run)
        if predecessor:
            self._groups.forget(predecessor)
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
    ) -> FlinkJob:
        """Run the Flink SQL job, which writes files into a folder, in a process of its own.

        Without `into` the folder is one of the lab's own, a new one for each job, and goes with the lab. `sql` is
        another job: a change of `labkit.flink.SQL`. `bounded=True` ends it where the topic ends now, and closes all
        windows. `resume=True` goes on from the newest checkpoint in the folder, or in that of the last job. A job of
        the same name, or started by an earlier execution of the same cell, is replaced. Raises LabError.
        """
        from labkit import flink
        from labkit.broker import store

        place = store.prepare(flink.installation())
        faster = place.aot_options()
        if not faster and not self._trainer:
            self._trainer = store.train_in_background(place, "labkit.flink.training")
        self._replace(name)
        folders = self.broker.kept.directory / "flink"
        number = len(list(folders.glob("*"))) + (0 if resume else 1)
        folder = Path(into) if into else folders / f"{number}"
        job = flink.FlinkJob(self._groups, name, reads, folder, sql or flink.SQL, bounded)
        job.begin(place, faster, resume)
        self._adopt(job)
        return job

    def create_topic(self, name: str, partitions: int | None = None) -> None:
        """Make a topic before anything is written to it: so that it can be read already, or has several partitions.

        Nothing happens if it is there already. Raises LabError if that one has not as many partitions as are asked for.
        """
        if partitions is not None and partitions < 1:
            raise LabError("A topic needs at least one partition.")
        self._topics.create(name, partitions=partitions or 1)
        if partitions not in {None, found := len(self._topics.partitions(name))}:
            raise LabError(f"There is a topic {name!r} already, and its partitions are {found}: choose another name.")

    # ------------------------------------------------------------------- look

    @property
    def workers(self) -> tuple[Worker, ...]:
        """The producers and runs of this lab, in the order of their start."""
        return tuple(worker for worker, _ in list(self._workers.values()))

    def chart(
        self,
        *topics: str,
        y: str = "temperature",
        seconds: float = 100.0,
        title: str | None = None,
        threshold: float | None = None,
    ) -> Chart:
        """A live chart of a field of the newest records, by device and event time, over the last `seconds`.

        The first topic is drawn as lines, further ones as marks on top of them, and a `threshold` (in the field's
        unit) as a dashed line. Raises LabError if there is no such topic.
        """
        from labkit.live.chart import Chart

        return self._watch(Chart(self._tap(topics, "chart"), self._looks, self._pacer, y, seconds, title, threshold))

    def windows(self, readings: str, *windows: str, device: str, seconds: float = 15.0) -> Windows:
        """The readings of one device in the `seconds` up to its newest one, and the windows of each further topic
        that reach into them, on one axis of event time. Raises LabError if there is no such topic or reading.
        """
        from labkit.live.windows import Windows, is_window

        self._topics.require(readings, *windows)
        found = [each for each in self.records(readings) if each.key == device]
        if not found:
            raise LabError(f"{readings} holds no reading of {device!r} yet: wait for one, or name another device.")
        since = max(each.timestamp for each in found) - seconds * 1000
        spans = {
            topic: [each for each in self.records(topic) if each.key == device and is_window(each, since)]
            for topic in windows
        }
        since = min((each.value["start"] for several in spans.values() for each in several), default=since)
        return Windows(device, [each for each in found if each.timestamp >= since], spans)

    def plot(self, table: pd.DataFrame, *, x: str, y: str, by: str) -> Plot:
        """A chart of a table as it is now: column `y` over the times in column `x`, a line for each value of `by`."""
        from labkit.live.plot import Plot

        return Plot(table, self._looks, x, y, by)

    def tiles(self, *topics: str) -> Tiles:
        """For each device a tile with its newest number in each topic: of readings the temperature, of windows what
        they aggregate. A number that is older than its window is not shown as the present one. Raises LabError if
        there is no such topic.
        """
        from labkit.live.tiles import Tiles

        return self._watch(Tiles(self._tap(topics, "tiles"), self._looks, self._pacer, self._is_fed))

    def picture(self) -> Picture:
        """A live picture of this lab's workers and their topics: records a second, lag, errors, dead letters."""
        from labkit.live.picture import Picture

        return self._watch(
            Picture(System(self._topics, lambda: self.workers), lambda topic: self._tap([topic], "peek"), self._pacer)
        )

    def controls(self) -> Controls:
        """Buttons and fields for the producer, the alert threshold, and the world that the sensors live in."""
        from labkit.live.controls import Controls

        return self._watch(Controls(Scene(self)))

    def dashboard(self) -> Dashboard:
        """Tiles, chart, controls and picture of the whole scene; starts those of its stages that do not run yet."""
        from labkit.live.controls import Controls
        from labkit.live.dashboard import Dashboard

        scene = Scene(self)
        scene.start_missing()
        self._topics.create("sensor", "alert", "avg-temp", "alert-count")
        tiles = self.tiles("sensor", "avg-temp", "alert-count")
        chart = self.chart("sensor", "alert", threshold=round(scene.threshold - 273.15, 2))
        return self._watch(Dashboard(tiles, chart, Controls(scene), self.picture()))

    def peek(self, topic: str, records: int = 10) -> pd.DataFrame:
        """The newest records of a topic, oldest first: partition, offset, time (UTC), key, and the fields.

        Of a dead-letter topic the values are shown as the bytes that they are, with the reason.
        """
        from labkit.live import table

        return table.of(tap.newest(self._topics, self._existing(topic), records, raw=topic.endswith(DEAD_LETTER)))

    def topics(self) -> pd.DataFrame:
        """Every topic with its partitions and the records that it holds; not those in which state is kept."""
        from labkit.live import table

        return table.of_topics([(name, *self._topics.size(name)) for name in self._topics.names()])

    def groups(self) -> pd.DataFrame:
        """Every consumer group's bookmarks: topic, partition, committed offset, and the lag in records.

        A partition of which a group has committed nothing has no committed offset, and all its records are the lag.
        """
        from labkit.live import table

        return table.of_groups(self._groups.bookmarks())

    def records(self, topic: str) -> list[tap.Record]:
        """Every record that a topic holds now, in order of partition and offset."""
        return tap.everything(self._topics, self._existing(topic))

    def wait_for(self, topic: str, records: int = 1, timeout: float = 30.0) -> None:
        """Return when a topic holds so many records or more.

        Raises LabError if there is no such topic, or if that takes over `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        with within(timeout):
            self._topics.require(topic)
            while (found := self._topics.count(topic)) < records:
                if time.monotonic() > deadline:
                    raise LabError(
                        f"{topic} holds {found} records after {timeout:g} s, not {records}. {self._trouble(topic)}"
                    )
                time.sleep(0.02)

    # -------------------------------------------------------------------- end

    def stop(self) -> None:
        """End every run, producer and chart; topics and broker stay."""
        for worker, _ in self._workers.values():
            worker.stop()
        for view, _ in self._views:
            view.close()
        self._workers.clear()
        self._views.clear()

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
        if self._trainer:
            self._trainer.close()
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
        return f"<Lab: {', '.join([state, *(f'{name} {each.state}' for name, (each, _) in self._workers.items())])}>"

    # ------------------------------------------------------------------ inner

    def _watch_broker(self) -> None:
        """Let every worker fail once the lab's own Kafka has ended: their clients would wait for it for ever."""
        while not self._closed.wait(BROKER_LOOK):
            try:
                self.broker.check()
            except LabError as error:
                for worker in self.workers:
                    worker.fail(error)

    def _replace(self, name: str) -> None:
        """End the worker of this name, and those that an earlier execution of the present cell started."""
        for other in self._replaced_by(name):
            self._workers[other][0].stop()
            if other != name:  # whose place the new one takes, in the picture of the system too
                del self._workers[other]

    def _replaced_by(self, name: str) -> list[str]:
        here = cells.current()
        found = list(self._workers.items())
        return [other for other, (_, cell) in found if other == name or cell.is_older_execution_of(here)]

    def _unused(self, world: World, name: str) -> World:
        """The world, unless it would have two producers at once: each would get a part of its readings."""
        for other, (worker, _) in self._workers.items():
            used = isinstance(worker, Production) and worker.alive and worker.world is world
            if used and other not in self._replaced_by(name):
                raise LabError(f"{other} is still at work in this world: stop it first, or give name={other!r}.")
        return world

    @functools.cached_property
    def _pacer(self) -> Pacer:
        from labkit.live.pacing import Pacer

        return Pacer()

    def _is_fed(self, topic: str) -> bool:
        """Whether a worker of this lab writes a topic, and others all that this one reads."""
        writers = [each for each in self.workers if each.alive and each.writes == topic]
        return any(all(map(self._is_fed, each.reads)) for each in writers)

    def _adopt(self, worker: Worker) -> None:
        worker.show = _show
        self._workers[worker.name] = (worker, cells.current())

    def _tap(self, topics: Sequence[str], view: str) -> tap.Tap:
        if not topics:
            raise LabError(f'Name at least one topic, as in lab.{view}("sensor").')
        self._topics.require(*topics)
        return tap.Tap(self._topics, topics)

    def _watch(self, view: View) -> View:
        """Look after a view; those that an earlier execution of the present cell has shown end."""
        here = cells.current()
        older = [each for each, cell in self._views if cell.is_older_execution_of(here)]
        for each in older:
            each.close()
        self._views = [(each, cell) for each, cell in self._views if each not in older]
        self._views.append((view, here))
        return view

    def _existing(self, topic: str) -> str:
        self._topics.require(topic)
        return topic

    def _trouble(self, topic: str) -> str:
        failed = [f"{worker.name} failed: {worker.error}" for worker in self._upstream(topic) if worker.error]
        return "; ".join(failed) or "Is something writing to it?"

    def _upstream(self, topic: str) -> list[Worker]:
        """The workers without which nothing comes into a topic: those that write to it, and to what they read."""
        found: list[Worker] = []
        topics = {topic}
        while more := [each for each in self.workers if each not in found and not topics.isdisjoint(_written_by(each))]:
            found += more
            topics.update(name for worker in more for name in worker.reads)
        return found


def _written_by(worker: Worker) -> set[str]:
    letters = {f"{name}{DEAD_LETTER}" for name in worker.reads}
    return letters | {worker.writes} if worker.writes else letters


def _show(worker: Worker) -> None:
    from labkit.live import panel  # a lab without a notebook shows nothing, and needs no widgets

    panel.show(worker)
