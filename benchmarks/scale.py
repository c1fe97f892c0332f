"""Readings a second against processes, readings and devices: lab.run, a bare Quix application, and Flink SQL.

The readings are there before anybody reads: devices in turn, one a second each by their timestamps, in a topic of four
partitions, spread by key. `average` is the lab's average_temperature: a hopping window of 10 s every second, so ten
windows for each reading. `filter` is its alert_filter, which keeps every fourth. `lab.run` are so many processes of one
consumer group (`replicas`), with the lab's checks of every reading, dead letters, and its own commits; `bare` is
the same function in as many plain Quix applications with their own defaults. Both write to a topic: the rate is that of
the readings whose results came in the second half, by the broker's clock, so that starting is not counted. `Flink SQL`
is the job of `lab.flink`, which does the filter, the windows and more, in one process into files; its rate is that of
all readings in the time beyond that for a single one.

A hot device sends nine of ten readings. Kafka runs on the same CPUs. Devices and processes are compared with 100,000
readings, for the filter with a million: it is done with fewer before its producer has its id from Kafka and begins to
write. Each figure is the median of the repeats; those of a million readings are measured once.
"""

import itertools
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from argparse import SUPPRESS
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import plotly.graph_objects as go
import report
from playwright.sync_api import sync_playwright
from plotly.subplots import make_subplots

from labkit import Lab
from labkit.kafka import clients
from labkit.kafka.groups import Groups
from labkit.kafka.topics import Topics
from labkit.readings import named_for
from labkit.runs import quix
from labkit.waiting import wait_until

PARTITIONS = 4
BEGIN = 1_700_000_000_000
LIMIT = 900.0  # seconds
FIRST = 0.5  # of the results are not counted: the first come late, when an idempotent producer has got its id
SHORT = 2.0  # seconds; what takes less says nothing of Flink's rate
PICTURE = Path(__file__).parents[1] / "docs" / "images" / "scale.png"
PIPELINE = {"average": "average-temperature", "filter": "alert-filter"}
USUAL = {"average": 100_000, "filter": 1_000_000, "both": 100_000}  # readings, where devices or processes vary
DASHES = {"average": "solid", "filter": "dot", "both": "dash"}
LOOKS = {"lab.run": ("#0072B2", "circle"), "bare": ("#D55E00", "square"), "Flink SQL": ("#009E73", "diamond")}


class Work(NamedTuple):
    """So many readings of so many devices, for so many processes."""

    readings: int
    devices: int = 100
    processes: int = 1
    hot: bool = False


class Result(NamedTuple):
    who: str
    stage: str
    work: Work
    rate: float


# ------------------------------------------------------------------ in a process of the bare application


def bare(address: str, source: str, target: str, stage: str) -> None:
    quix.load()
    from quixstreams import Application

    from labkit.pipelines import PIPELINES

    with tempfile.TemporaryDirectory() as state:
        app = Application(address, consumer_group=target, auto_offset_reset="earliest", state_dir=state, loglevel=None)
        PIPELINES[PIPELINE[stage]].function(app.dataframe(app.topic(source))).to_topic(app.topic(target))
        app.run()


# ------------------------------------------------------------------ in the benchmark's process


def readings(work: Work) -> Iterator[dict[str, Any]]:
    seconds = itertools.count()
    for number in range(work.readings):
        second, device = divmod(number, work.devices)
        if work.hot and number % 10:
            device, second = 0, next(seconds)
        temperature = 15 + number * 7 % 200 / 10
        yield {
            "device": f"sensor-{device}",
            "temperature": temperature,
            "humidity": 50.0,
            "timestamp": BEGIN + 1000 * second,
        }


class Bench:
    """A Kafka with topics of readings, each written once."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.topics = Topics(address)
        self._filled: set[str] = set()
        self._start: float | None = None

    def filled(self, work: Work, topic: str = "sensor") -> str:
        """The name of a topic with these readings; `topic` says how their fields are called."""
        name = f"{topic}-{work.readings}-{work.devices}-{'hot' if work.hot else 'even'}"
        if name not in self._filled:
            self._filled.add(name)
            self.topics.create(name, partitions=PARTITIONS if topic == "sensor" else 1)
            producer = clients.producer(self.address)
            for number, each in enumerate(readings(work)):
                value = orjson.dumps(named_for(topic, each))
                producer.produce(name, value, each["device"], timestamp=each["timestamp"])
                if number % 50_000 == 0:
                    producer.flush(LIMIT)
            assert not producer.flush(LIMIT)
        return name

    def of_lab(self, stage: str, work: Work) -> float:
        source, target = self.filled(work), report.timed_topic(self.topics)
        with Lab() as lab:
            quix.load()
            from labkit.pipelines import PIPELINES

            function = PIPELINES[PIPELINE[stage]].function
            run = lab.run(function, reads=source, writes=target, name=target, replicas=work.processes, in_process=True)
            self.wait_until_committed(run.group, source)
            assert not run.error, run.error
        return self.rate(target, work)

    def of_bare(self, stage: str, work: Work) -> float:
        source, target = self.filled(work), report.timed_topic(self.topics)
        command = [sys.executable, __file__, "--bare", self.address, source, target, stage]
        with ExitStack() as stack:
            for _ in range(work.processes):
                child = stack.enter_context(subprocess.Popen(command, stderr=subprocess.DEVNULL))
                stack.callback(child.terminate)
            self.wait_until_committed(target, source)
        return self.rate(target, work)

    def wait_until_committed(self, group: str, source: str) -> None:
        groups, ends = Groups(self.topics), {source: self.topics.end_offsets(source)}
        assert wait_until(lambda: not groups.uncommitted(group, ends), LIMIT, pause=0.2)

    def of_flink(self, _: str, work: Work) -> float:
        if self._start is None:
            self._start = self.wall_of_flink(self.filled(Work(1), "sensor-data"))
        beyond = self.wall_of_flink(self.filled(work, "sensor-data")) - self._start
        return work.readings / beyond if beyond > SHORT else math.nan

    def wall_of_flink(self, source: str) -> float:
        """Seconds that the bounded job takes."""
        with Lab() as lab:
            begun = time.perf_counter()
            job = lab.flink(reads=source, bounded=True)
            assert job.wait(LIMIT)
            assert not job.error, job.error
            return time.perf_counter() - begun

    def rate(self, target: str, work: Work) -> float:
        """Readings a second, from when the results came."""
        end = self.topics.end_offsets(target)[0]
        first = int(end * FIRST)
        begun, ended = (report.appended(self.address, target, each) for each in (first, end - 1))
        return work.readings * (1 - FIRST) / max(ended - begun, 0.001)  # the resolution of that clock


def usual(stage: str, most: int) -> Work:
    """What stays the same where devices or processes vary; `most` is the largest number of readings."""
    return Work(min(USUAL[stage], most))


def plan(most: int) -> list[tuple[str, str, Work]]:
    """Who does what, little work first."""
    sizes = [each for each in (10_000, 100_000, 1_000_000) if each <= most]
    average = usual("average", most)
    devices = [average._replace(devices=each) for each in (1, 10, 1_000, 10_000) if average.readings >= 10 * each]
    found = [
        *((stage, each) for stage in ("average", "both") for each in (*map(Work, sizes), *devices)),
        *(("average", average._replace(processes=each)) for each in (2, 3, 4)),
        ("average", average._replace(processes=3, hot=True)),
    ]
    if USUAL["filter"] in sizes:
        work = Work(USUAL["filter"])
        found += [("filter", work._replace(processes=each)) for each in (1, 2, 3, 4)]
        found += [("filter", work._replace(devices=each)) for each in (1, 10_000)]
        found += [("filter", work._replace(processes=3, hot=True))]
    who = {"average": ("lab.run", "bare"), "filter": ("lab.run", "bare"), "both": ("Flink SQL",)}
    return sorted(((each, *work) for work in found for each in who[work[0]]), key=lambda each: each[2].readings)


def measure(bench: Bench, who: str, stage: str, work: Work, repeats: int) -> Result:
    act: Callable[[str, Work], float] = {
        "lab.run": bench.of_lab,
        "bare": bench.of_bare,
        "Flink SQL": bench.of_flink,
    }[who]
    rates = []
    for _ in range(1 if work.readings >= 1_000_000 else repeats):
        print(f"{who}, {stage}, {work}", file=sys.stderr, flush=True)
        rates.append(act(stage, work))
    return Result(who, stage, work, statistics.median(rates))


# ------------------------------------------------------------------ results


def along(results: list[Result], axis: str) -> list[Result]:
    """Those in which nothing but this differs from what is usual."""
    most = max(each.work.readings for each in results)
    return [
        each for each in results if each.work == usual(each.stage, most)._replace(**{axis: getattr(each.work, axis)})
    ]


def tables(results: list[Result]) -> list[str]:
    parts = []
    for axis in ("readings", "devices", "processes"):
        found = along(results, axis)
        values = sorted({getattr(each.work, axis) for each in found})
        lines = sorted({(each.stage, each.who) for each in found}, reverse=True)
        rows = [
            (f"{stage}, {who}", *(_rate(found, stage, who, axis, value) for value in values)) for stage, who in lines
        ]
        parts.append(report.table([f"readings a second; {axis}:", *(f"{each:,}" for each in values)], rows))
    even = {(each.stage, each.who): each.rate for each in found if each.work.processes == 3}
    rows = [(f"{each.stage}, {each.who}", even[each.stage, each.who], each.rate) for each in results if each.work.hot]
    return [*parts, report.table(["readings a second; 3 processes", "all devices alike", "a hot device"], rows)]


def _rate(found: list[Result], stage: str, who: str, axis: str, value: int) -> float | str:
    rates = [each.rate for each in found if (each.stage, each.who, getattr(each.work, axis)) == (stage, who, value)]
    return float(round(rates[0])) if rates and not math.isnan(rates[0]) else "-"


def draw(results: list[Result]) -> None:
    """The filter above, which is many times as fast, and the windows below it, as one picture."""
    axes = ("readings", "devices", "processes")
    figure = make_subplots(2, 3, column_titles=axes, shared_xaxes=True, shared_yaxes=True, vertical_spacing=0.06)
    for who, stage in sorted({(each.who, each.stage) for each in results}, key=lambda each: each[::-1], reverse=True):
        for column, axis in enumerate(axes, 1):
            line = curve(results, who, stage, axis)
            line.showlegend = line.name not in {each.name for each in figure.data}
            figure.add_trace(line, 1 if stage == "filter" else 2, column)
    figure.update_xaxes(type="log", dtick=1)
    figure.update_xaxes(type="linear", col=3)
    figure.update_yaxes(rangemode="tozero")
    figure.update_yaxes(title="readings a second", col=1)
    figure.update_layout(template="plotly_white", width=1200, height=700, margin={"t": 40, "b": 40})
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        file = Path(directory) / "plot.html"
        figure.write_html(file, include_plotlyjs=True)
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1200, "height": 700})
        page.goto(file.as_uri())
        page.wait_for_selector(".scatterlayer .point")
        page.screenshot(path=PICTURE)
        browser.close()


def curve(results: list[Result], who: str, stage: str, axis: str) -> go.Scatter:
    """The rates of one contestant along an axis, all else as usual."""
    points = sorted(
        (getattr(each.work, axis), each.rate)
        for each in along(results, axis)
        if (each.who, each.stage) == (who, stage) and not math.isnan(each.rate)
    )
    x, y = zip(*points, strict=True) if points else ((), ())
    (colour, marker), name = LOOKS[who], f"{who}, {stage}"
    line, symbol = {"color": colour, "dash": DASHES[stage]}, {"symbol": marker, "size": 9}
    return go.Scatter(x=x, y=y, name=name, legendgroup=name, line=line, marker=symbol)


def keep(results: list[Result], repeats: int) -> None:
    report.write(__file__, __doc__, repeats, *tables(results), packages=["apache-flink"])
    if len({each.work.readings for each in results}) > 1:
        draw(results)


def main() -> None:
    parser = report.arguments(__doc__, repeats=2)
    parser.add_argument("--most", type=int, default=1_000_000, help="the largest number of readings (%(default)s)")
    parser.add_argument("--bare", nargs=4, help=SUPPRESS)
    options = parser.parse_args()
    if options.bare:
        bare(*options.bare)
        return
    with report.warm_broker() as address:
        os.environ["LAB_BROKER"] = address
        bench = Bench(address)
        results: list[Result] = []
        for _, works in itertools.groupby(plan(options.most), key=lambda each: each[2].readings):
            results += [measure(bench, *each, options.repeats) for each in works]
            keep(results, options.repeats)  # the rest takes longer: keep what there is


if __name__ == "__main__":
    main()
