"""The Flink job against Quix Streams, over the same readings of the same topic.

Ten devices with a reading a second each, in order; windows of 10 s for each full second, grace 2 s, with mean, minimum,
maximum and count of the temperature. Flink is the SQL job of `lab.flink` as a bounded job: it also checks each field,
and writes readings, alerts and windows into files, each exactly once, with a checkpoint every 2 s. `Without the cache`
its JVM has no ahead-of-time cache. Quix Streams is one application with the settings of `lab.run`: it writes only the
windows, into a topic, at least once, with a commit every 1 s. Each runs alone, in its own process.

Wall time is from the launch to the end of that process; readings a second are counted in the time beyond that for a
single reading. `CPU` is processor time, which suffers less from a busy machine, and `memory` the peak (resident,
sampled every 50 ms), both with all child processes (Flink is Python and a JVM) and as medians. The lab itself, which
supervises Flink's process, is not counted. The largest number of readings is read only once.

For recovery, the process is killed (SIGKILL) while 100 readings a second arrive, and started again at once. Flink
resumes from its newest checkpoint, and is back with the first committed file of windows that it began after the kill;
Quix Streams continues in the same consumer group with its state on disk, and is back with the first window in its
topic. Lines of code are counted without blank lines, comments and docstrings.
"""

import csv
import io
import itertools
import math
import statistics
import sys
import time
import tokenize
import uuid
from argparse import SUPPRESS
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from subprocess import PIPE, Popen
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import orjson
import psutil
import report

from labkit import flink
from labkit.flink import JobSpec, training
from labkit.flink.runner import Local
from labkit.jvm import store
from labkit.kafka import clients, tap
from labkit.kafka.groups import Groups
from labkit.kafka.topics import DEAD_LETTER, Topics
from labkit.readings import World, named_for, parse_object, simulate
from labkit.runs import quix
from labkit.runs.producer import Producer

quix.load()

from quixstreams.dataframe import StreamingDataFrame  # noqa: E402
from quixstreams.dataframe.windows import Count, Max, Mean, Min  # noqa: E402

from labkit.pipelines import windows  # noqa: E402
from labkit.runs.application import LabApplication  # noqa: E402

TOPIC = "sensor-data"
DEVICES = 10
BEGIN = 1_700_000_000_000
LIMIT = 900.0  # seconds
FLINK, NO_CACHE, QUIX = "Flink", "Flink without the cache", "Quix Streams"
VALUES = ("temperature", "minimum", "maximum", "count")
PIPELINES = ("alert_filter.py", "average_temperature.py", "windows.py")

# ------------------------------------------------------------------ in the process of Quix Streams


def windowed(readings: StreamingDataFrame) -> StreamingDataFrame:
    kinds = Mean("temperature"), Min("temperature"), Max("temperature"), Count()
    hopping = readings.hopping_window(10_000, 1_000, windows.GRACE_MS).agg(**dict(zip(VALUES, kinds, strict=True)))
    return hopping.final(closing_strategy="key").apply(windows.with_device, metadata=True)


def stream(address: str, namespace: str, group: str, state: str, records: int) -> None:
    """Write windows to the topic named like the group; print the time of assignment; stop after the records."""
    topics, numbers = Topics(address, namespace), itertools.count(1)
    app = LabApplication(topics, group, Path(state))
    app.on_assigned = lambda: print(time.time(), flush=True)

    def count() -> None:
        if next(numbers) == records:
            app.stop()

    letters = topics.full(f"{TOPIC}{DEAD_LETTER}")
    readings = app.read(topics.full(TOPIC), parse_object, letters, count, lambda: None)
    windowed(readings).to_topic(app.topic(topics.full(group)))
    app.run()


# ------------------------------------------------------------------ in the benchmark's process


class Cost(NamedTuple):
    wall: float  # seconds
    cpu: float  # seconds
    memory: float  # MB
    ready: float = math.nan  # seconds until partitions are assigned; unknown for Flink


class Race:
    """A topic, and the contestants that read it."""

    def __init__(self, address: str, scratch: Path, records: int = 0) -> None:
        self.records, self.topics = records, Topics(address, f"{unique()}-")
        self.scratch = scratch / self.topics.namespace
        self.scratch.mkdir()
        self.topics.create(TOPIC)
        producer, moments = clients.producer(address), (BEGIN + n // DEVICES * 1000 for n in itertools.count())
        for number, each in enumerate(itertools.islice(simulate(DEVICES, clock=moments.__next__), records)):
            value = orjson.dumps(named_for(TOPIC, each))
            producer.produce(self.topics.full(TOPIC), value, each["device"], timestamp=each["timestamp"])
            if number % 50_000 == 0:
                producer.flush(LIMIT)
        assert not producer.flush(LIMIT)

    def contestants(self) -> Mapping[str, Callable[[], Cost]]:
        trained = partial(self.run_flink, flink.flink_installation().aot_options())
        return {FLINK: trained, NO_CACHE: partial(self.run_flink, []), QUIX: self.run_quix_streams}

    def job(self, folder: Path, bounded: bool = False, resume: bool = False) -> flink.FlinkJob:
        return flink.FlinkJob(
            Groups(self.topics), JobSpec("benchmark", TOPIC, folder, flink.SQL, bounded, resume), Local()
        )

    def run_flink(self, jvm: Sequence[str]) -> Cost:
        self.folder, begun = self.scratch / unique(), time.time()
        job = self.job(self.folder, bounded=True)
        job.submit(flink.flink_installation(), jvm)
        cost = watch(psutil.Process(process_of(job)), begun)
        assert job.wait(LIMIT)
        assert not job.error, job.error
        return cost

    def run_quix_streams(self) -> Cost:
        self.group, begun = unique(), time.time()
        child = self.start_quix_streams(self.group, self.records)
        try:
            cost = watch(psutil.Process(child.pid), begun)
            return cost._replace(ready=float(child.stdout.readline()) - begun)
        finally:
            child.kill()

    def start_quix_streams(self, group: str, records: int = 0) -> "Popen[str]":
        options = [self.topics.address, self.topics.namespace, group, str(self.scratch / group), str(records)]
        return Popen([sys.executable, __file__, "--stream", *options], stdout=PIPE, text=True)

    def likeness(self) -> str:
        """How many windows are the same; only Flink closes those at the end of the topic."""
        rows = (row for file in committed(self.folder) for row in csv.reader(file.read_text().splitlines()))
        flinks = {(device, milliseconds(start)): [*map(float, values)] for device, start, _, *values in rows}
        found = [each.value for each in tap.everything(self.topics, self.group)]
        own = {(each["device"], each["start"]): [each[name] for name in VALUES] for each in found}
        same = sum(place in flinks and all(map(math.isclose, flinks[place], own[place])) for place in own)
        return f"Of the {len(own):,} windows of Quix Streams {same:,} are the same as Flink's {len(flinks):,}."


class Recovery(Race):
    """A topic with 100 readings a second; measures seconds from a kill to new windows."""

    def __init__(self, address: str, scratch: Path) -> None:
        super().__init__(address, scratch)
        readings = World(simulate(DEVICES, per_second=100 / DEVICES))
        self.producer = Producer(self.topics, readings, TOPIC, "readings")
        self.producer.start()

    def of_flink(self) -> float:
        folder = self.scratch / "results"
        first, second = self.job(folder), self.job(folder, resume=True)
        try:
            place = flink.flink_installation()
            first.submit(place, place.aot_options())
            wait_for(lambda: committed(folder))
            time.sleep(5)
            killed = time.time()
            first.kill()
            second.submit(place, place.aot_options())
            wait_for(lambda: any(file.stat().st_mtime > killed for file in committed(folder)))
            return time.time() - killed
        finally:
            for worker in (second, first, self.producer):
                worker.stop()

    def of_quix_streams(self) -> float:
        self.topics.create("windows")
        children = [self.start_quix_streams("windows")]
        try:
            wait_for(lambda: self.topics.count("windows"))
            time.sleep(5)
            killed = time.time()
            children[0].kill()
            children.append(self.start_quix_streams("windows"))
            before = self.topics.count("windows")
            wait_for(lambda: self.topics.count("windows") > before)
            return time.time() - killed
        finally:
            for child in children:
                child.kill()
                child.wait()
            self.producer.stop()


def watch(root: psutil.Process, begun: float) -> Cost:
    """What a process and its descendants cost until it ends."""
    cpu: dict[int, float] = {}
    memory = 0
    while True:
        now = 0
        with suppress(psutil.Error):
            for each in [root, *root.children(recursive=True)]:
                now += each.memory_info().rss
                cpu[each.pid] = sum(each.cpu_times()[:2])
        memory = max(memory, now)
        with suppress(psutil.TimeoutExpired):
            root.wait(0.05)
            return Cost(time.time() - begun, sum(cpu.values()), memory / 1e6)


def process_of(job: flink.FlinkJob) -> int:
    file = job._process.directory / "pid"
    wait_for(lambda: file.exists() and file.read_text())
    return int(file.read_text())


def committed(folder: Path) -> list[Path]:
    return list((folder / "windows").glob("[!.]*"))


def milliseconds(moment: str) -> int:
    return round(datetime.fromisoformat(moment).timestamp() * 1000)


def unique() -> str:
    return uuid.uuid4().hex[:8]


def wait_for(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# ------------------------------------------------------------------ results


def spread(taken: Sequence[float]) -> tuple[float, float, float]:
    return min(taken), statistics.median(taken), max(taken)


def standings(records: int, costs: Mapping[str, Sequence[Cost]], start: Mapping[str, Sequence[Cost]]) -> str:
    rows = []
    for name, taken in costs.items():
        wall, cpu, memory, _ = zip(*taken, strict=True)
        beyond = statistics.median(wall) - statistics.median(each.wall for each in start[name])
        rate = records / beyond if costs is not start else "-"
        rows.append((name, *spread(wall), rate, statistics.median(cpu), statistics.median(memory)))
    if costs is start:
        rows.append((f"{QUIX}, until it has its partitions", *spread([each.ready for each in start[QUIX]]), *"---"))
    heads = [f"wall time of readings: {records:,}, s", "min", "median", "max", "readings a second", "CPU, s"]
    return report.table([*heads, "memory, MB"], rows)


def lines_of_code(file: Path) -> int:
    """Without blank lines, comments and docstrings."""
    lines = file.read_text()
    if file.suffix == ".sql":
        return sum(bool(line.strip()) and not line.strip().startswith("--") for line in lines.splitlines())
    code = (tokenize.NAME, tokenize.NUMBER, tokenize.OP, tokenize.STRING)
    tokens = tokenize.generate_tokens(io.StringIO(lines).readline)
    return len({at.start[0] for at in tokens if at.type in code and not at.line.lstrip().startswith('"""')})


def sizes() -> str:
    job = Path(flink.__file__).with_name("sensor_job.sql")
    files = [Path(windows.__file__).with_name(name) for name in PIPELINES]
    rows = [(f"{FLINK}: {job.name}", lines_of_code(job))]
    rows += [(f"{QUIX}: {', '.join(PIPELINES)}", sum(map(lines_of_code, files)))]
    return report.table(["code", "lines"], rows)


def write(repeats: int, parts: Sequence[str]) -> None:
    report.write(__file__, __doc__, repeats, *parts, packages=["apache-flink"])


def main() -> None:
    parser = report.arguments(__doc__, repeats=3)
    parser.add_argument("--records", type=int, default=100_000, help="readings, in each repeat (%(default)s)")
    parser.add_argument("--once", type=int, default=1_000_000, help="readings, once; 0 for none (%(default)s)")
    parser.add_argument("--stream", nargs=5, help=SUPPRESS)
    options = parser.parse_args()
    if options.stream:
        *places, records = options.stream
        stream(*places, int(records))
        return
    training.train(store.prepare(flink.flink_installation()))
    with report.warm_broker() as address, TemporaryDirectory(ignore_cleanup_errors=True) as directory:
        here = address, Path(directory)
        start = report.take_turns(Race(*here, 1).contestants(), options.repeats)
        race = Race(*here, options.records)
        costs = report.take_turns(race.contestants(), options.repeats)
        parts = [standings(1, start, start), standings(options.records, costs, start), race.likeness()]
        recoveries = {FLINK: lambda: Recovery(*here).of_flink(), QUIX: lambda: Recovery(*here).of_quix_streams()}
        taken = report.take_turns(recoveries, options.repeats)
        rows = [(name, *spread(seconds)) for name, seconds in taken.items()]
        parts += [report.table(["from the kill to new windows, s", "min", "median", "max"], rows), sizes()]
        write(options.repeats, parts)  # the rest takes long: keep what there is
        if options.once:
            several = {name: run for name, run in Race(*here, options.once).contestants().items() if name != NO_CACHE}
            parts.insert(3, standings(options.once, report.take_turns(several, 1), start))
            write(options.repeats, parts)


if __name__ == "__main__":
    main()
