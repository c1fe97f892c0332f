"""The hopping mean of plain Quix Streams against what can make it faster, on the same readings.

Ten devices; a window of 10 s for each full second, grace 2 s, as in `average_temperature`. 97 % of the readings are in
order, 2 % come late within the grace and 1 % beyond it. Each contestant runs alone in a fresh process (or two) on the
same broker: it gets ready, waits until its topic is filled, and is timed from the start signal until it has committed
everything and closed. `CPU` is its processor time, which suffers less from a busy machine. `windows like plain's` are
the share of plain's windows that it has too, with the same mean (`nearly`: except for rounding). All commit once a
second unless they say otherwise. Below each table is what plain was doing, from samples of its stack (SIGPROF).
"""

import itertools
import marshal
import math
import random
import signal
import statistics
import subprocess
import sys
import time
import uuid
from argparse import SUPPRESS
from collections import Counter
from collections.abc import Callable
from functools import partial
from operator import itemgetter
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import orjson
import report
from confluent_kafka import ConsumerGroupState

from labkit.kafka import clients, tap
from labkit.kafka.topics import Topics
from labkit.readings import simulate
from labkit.runs import quix

quix.prepare()

from quixstreams import Application  # noqa: E402
from quixstreams.dataframe import StreamingDataFrame  # noqa: E402
from quixstreams.dataframe.windows import Collect, Count, Mean, Sum  # noqa: E402
from quixstreams.state.rocksdb import RocksDBOptions  # noqa: E402

from labkit.pipelines import average_temperature  # noqa: E402
from labkit.pipelines.windows import with_device  # noqa: E402

LENGTH, STEP, GRACE = 10_000, 1_000, 2_000  # milliseconds
BEGIN = 1_700_000_000_000
DEVICES = 10
LIMIT = 300.0  # seconds
MEAN = {"temperature": Mean("temperature")}


# ------------------------------------------------------------------ the contestants


def windowed(result: StreamingDataFrame) -> StreamingDataFrame:
    return result.apply(with_device, metadata=True)


def hopping(readings: StreamingDataFrame, step: int = STEP, **aggregations: Any) -> Any:
    return readings.hopping_window(LENGTH, step, GRACE).agg(**aggregations or MEAN)


def collect(readings: StreamingDataFrame) -> StreamingDataFrame:
    """Keep each reading once, and average when a window closes."""
    lists = windowed(hopping(readings, temperature=Collect("temperature")).final())
    return lists.update(lambda window: window.update(temperature=statistics.fmean(window["temperature"])))


class MeanOfPanes(Mean):
    """The mean of readings that have been summed up and counted already."""

    def agg(self, old: tuple[float, int], new: dict[str, Any], timestamp: int) -> tuple[float, int]:  # noqa: ARG002
        return old[0] + new["sum"], old[1] + new["count"]


def panes(readings: StreamingDataFrame) -> StreamingDataFrame:
    """Sum up each second once, then combine ten seconds to a window."""
    seconds = readings.tumbling_window(STEP, GRACE).agg(sum=Sum("temperature"), count=Count()).final()
    return windowed(seconds.hopping_window(LENGTH, STEP).agg(temperature=MeanOfPanes()).final())


def one_state(readings: StreamingDataFrame) -> StreamingDataFrame:
    """All open windows of a device in one value of its state: read once and written once for each reading."""

    def update(reading: Any, key: bytes, timestamp: int, _: Any, state: Any) -> list[dict[str, Any]]:
        clock, windows = state.get("windows", (0, {}))
        clock = max(clock, timestamp)
        closed = clock - GRACE - LENGTH  # the latest start of a window that is closed
        newest = timestamp // STEP * STEP
        for start in range(max(newest - LENGTH + STEP, 0), newest + 1, STEP):
            if start > closed:
                total, count = windows.get(str(start), (0.0, 0))
                windows[str(start)] = total + reading["temperature"], count + 1
        results = [
            result(key, start, *windows.pop(str(start))) for start in sorted(map(int, windows)) if start <= closed
        ]
        state.set("windows", (clock, windows))
        return results

    return stateful(readings, update)


def panes_in_one_state(readings: StreamingDataFrame) -> StreamingDataFrame:
    """The sum and count of each of the last seconds of a device in one value of its state."""

    def update(reading: Any, key: bytes, timestamp: int, _: Any, state: Any) -> list[dict[str, Any]]:
        before, panes = state.get("panes", (0, {}))
        clock = max(before, timestamp)
        closed_before, closed = before - GRACE - LENGTH, clock - GRACE - LENGTH
        pane = timestamp // STEP * STEP
        if pane > closed_before:
            total, count = panes.get(str(pane), (0.0, 0))
            panes[str(pane)] = total + reading["temperature"], count + 1
        results = []
        if closed // STEP > closed_before // STEP:
            sums = {int(start): sum_and_count for start, sum_and_count in panes.items()}
            touched = {pane - ago for pane in sums for ago in range(0, LENGTH, STEP) if pane >= ago}
            for start in sorted(each for each in touched if closed_before < each <= closed):
                inside = [sums[pane] for pane in range(start, start + LENGTH, STEP) if pane in sums]
                results.append(result(key, start, *map(sum, zip(*inside, strict=True))))
            panes = {start: sum_and_count for start, sum_and_count in panes.items() if int(start) > closed}
        state.set("panes", (clock, panes))
        return results

    return stateful(readings, update)


def result(key: bytes, start: int, total: float, count: int) -> dict[str, Any]:
    return {"device": key.decode(), "start": start, "end": start + LENGTH, "temperature": total / count}


def stateful(readings: StreamingDataFrame, update: Callable[..., Any]) -> StreamingDataFrame:
    results = readings.apply(update, expand=True, stateful=True, metadata=True)
    return results.set_timestamp(lambda window, *_: window["start"])


class Contestant:
    """A pipeline, and the settings of its Application that differ from the others'."""

    def __init__(self, build: Callable[[Any], StreamingDataFrame], processes: int = 1, **settings: Any) -> None:
        self.build, self.processes, self.settings = build, processes, settings


PLAIN = "plain"
MARSHAL = RocksDBOptions(dumps=marshal.dumps, loads=marshal.loads)
CARELESS = RocksDBOptions(use_fsync=False, compression_type="none")
THE_SAME = {  # or nearly the same windows
    "pass-through": Contestant(lambda readings: readings),
    PLAIN: Contestant(average_temperature),
    "one state value": Contestant(one_state),
    "panes in one state value": Contestant(panes_in_one_state),
    "panes as windows": Contestant(panes),
    "2 partitions, 2 processes": Contestant(average_temperature, processes=2),
    "collect": Contestant(collect),
    "temperature only": Contestant(lambda readings: average_temperature(readings[["temperature"]])),
    "closed by partition": Contestant(lambda readings: windowed(hopping(readings).final("partition"))),
}
CONTESTANTS = THE_SAME | {
    # with other settings
    "no changelog": Contestant(average_temperature, use_changelog_topics=False),
    "commit each 5 s": Contestant(average_temperature, commit_interval=5.0),
    "commit each 100 readings": Contestant(average_temperature, commit_every=100),
    "state in marshal": Contestant(average_temperature, rocksdb_options=MARSHAL),
    "RocksDB, no fsync, no lz4": Contestant(average_temperature, rocksdb_options=CARELESS),
    # other windows
    "mean and count": Contestant(lambda readings: windowed(hopping(readings, **MEAN, count=Count()).final())),
    "current": Contestant(lambda readings: windowed(hopping(readings).current())),
    "step 2 s": Contestant(lambda readings: windowed(hopping(readings, 2 * STEP).final())),
    "step 5 s": Contestant(lambda readings: windowed(hopping(readings, 5 * STEP).final())),
    "tumbling 10 s": Contestant(lambda readings: windowed(readings.tumbling_window(LENGTH, GRACE).agg(**MEAN).final())),
    "sliding 10 s": Contestant(lambda readings: windowed(readings.sliding_window(LENGTH, GRACE).agg(**MEAN).final())),
}

# ------------------------------------------------------------------ in a contestant's process


def contend(name: str, address: str, reads: str, writes: str, profile: bool) -> None:
    """Read a record and print `ready`; given a count on standard input, read as many more and print their cost."""
    begun = 0.0
    numbers = itertools.count()
    last = -1

    def gate(_: object) -> None:
        nonlocal begun, last
        number = next(numbers)
        if number == 0:
            print("ready", flush=True)
            last = int(sys.stdin.readline())
            begun = time.process_time()
            if profile:
                signal.setitimer(signal.ITIMER_PROF, 0.002, 0.002)
        if number == last:
            app.stop()

    contestant = CONTESTANTS[name]
    common = {"consumer_group": writes, "auto_offset_reset": "earliest", "commit_interval": 1.0, "loglevel": "ERROR"}
    samples: Counter[str] = Counter()
    signal.signal(signal.SIGPROF, lambda _, frame: samples.update(places(frame)))
    with TemporaryDirectory() as state:
        app = Application(address, state_dir=state, **common | contestant.settings)
        readings = app.dataframe(app.topic(reads))
        contestant.build(readings.update(gate)).to_topic(app.topic(writes))
        app.run()
        signal.setitimer(signal.ITIMER_PROF, 0)
        print(orjson.dumps({"cpu": time.process_time() - begun, "samples": samples}).decode(), flush=True)


TOTAL = "samples"
PLACES = {  # the innermost of these functions on the stack says what the time is spent on
    "WindowedRocksDBPartitionTransaction._set_timestamp": "note the latest timestamp (10 times)",
    "WindowedTransactionState.update_window": "store the window's new sum and count (10 times)",
    "WindowedTransactionState.get_window": "fetch the window's sum and count (10 times)",
    "MultiAggregationWindowMixin._aggregate_value": "add the reading to them (10 times)",
    "MultiAggregationWindowMixin._results": "make a result of them (10 times; only `current` needs it)",
    "WindowedTransactionState.expire_windows": "look for windows to close",
    "WindowedRocksDBPartitionTransaction.expire_windows": "look for windows to close",
    "FixedTimeWindow.process_window": "go through the windows: the rest",
    "Topic.row_deserialize": "decode the reading",
    "StreamingDataFrame._produce": "write the closed windows to Kafka",
    "Checkpoint.commit": "commit: changelog, offsets, RocksDB",
}
THROUGHOUT = {
    "serialize": "of all this: state into JSON",
    "deserialize": "of all this: state out of JSON",
    "RocksDBStorePartition.get": "of all this: RocksDB, get",
    "RocksDBStorePartition.iter_items": "of all this: RocksDB, iterate",
    "RocksDBStorePartition.write": "of all this: RocksDB, write",
}


def places(frame: Any) -> set[str]:
    """What a stack is doing: its entries from PLACES and THROUGHOUT."""
    names = []
    while frame:
        names.append(frame.f_code.co_qualname)
        frame = frame.f_back
    at = next((PLACES[name] for name in names if name in PLACES), "everything else")
    return {TOTAL, at} | {THROUGHOUT[name] for name in names if name in THROUGHOUT}


# ------------------------------------------------------------------ in the benchmark's process


class Outcome(NamedTuple):
    rate: float  # readings a second
    cpu: float  # microseconds a reading
    samples: Counter[str]


class Race:
    """Readings of one rate, and the windows that each contestant made from them."""

    def __init__(self, address: str, records: int, per_second: int) -> None:
        self.address, self.topics = address, Topics(address)
        self.readings = stream(records, per_second)
        self.windows: dict[str, dict[tuple[str, int], float]] = {}
        self.written: dict[str, int] = {}

    def run(self, name: str, profile: bool = False) -> Outcome:
        reads, writes = (f"{kind}-{uuid.uuid4().hex[:8]}" for kind in ("readings", "windows"))
        processes = CONTESTANTS[name].processes
        self.topics.create(reads, partitions=processes)
        self.topics.create(writes)
        command = [sys.executable, __file__, "--contestant", name, "--address", self.address, "--reads", reads]
        command += ["--writes", writes, *(["--profile"] if profile else [])]
        children = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(processes)
        ]
        try:
            self.wait_until_assigned(writes, processes)
            self.fill(reads, gates(processes), processes)
            assert [said(child) for child in children] == ["ready"] * processes
            counts = self.fill(reads, self.readings, processes)
            seconds, spent = race(children, [counts[partition] for partition in range(processes)])
        finally:
            for child in children:
                end(child)
        self.examine(name, writes)
        self.topics.delete([reads, writes])
        self.topics.delete_internal(writes)
        records, samples = len(self.readings), sum((Counter(each["samples"]) for each in spent), Counter())
        return Outcome(records / seconds, 1e6 * sum(each["cpu"] for each in spent) / records, samples)

    def wait_until_assigned(self, group: str, members: int) -> None:
        deadline = time.monotonic() + LIMIT
        while True:
            (found,) = self.topics.admin.describe_consumer_groups([group]).values()
            now = found.result()
            if now.state == ConsumerGroupState.STABLE and len(now.members) == members:
                return
            assert time.monotonic() < deadline, f"{group} is {now.state}"
            time.sleep(0.1)

    def fill(self, topic: str, readings: list[dict[str, Any]], partitions: int) -> Counter[int]:
        """Write readings, a device's always to the same partition; returns how many went to which."""
        counts: Counter[int] = Counter()
        producer = clients.producer(self.address, **{"queue.buffering.max.messages": len(readings)})
        for each in readings:
            partition = int(each["device"].split("-")[1]) % partitions
            counts[partition] += 1
            producer.produce(
                topic, orjson.dumps(each), each["device"], partition=partition, timestamp=each["timestamp"]
            )
        assert not producer.flush(LIMIT)
        return counts

    def examine(self, name: str, topic: str) -> None:
        if name not in self.windows:
            values = [each.value for each in tap.everything(self.topics, topic)]
            self.written[name] = len(values)
            self.windows[name] = {
                (each["device"], each["start"]): each["temperature"]
                for each in values
                if "temperature" in each and "start" in each
            }

    def likeness(self, name: str) -> str:
        """How many of plain's windows a contestant has too."""
        own, plain = self.windows[name], self.windows[PLAIN]
        if not own:
            return "-"
        common = [(own[place], mean) for place, mean in plain.items() if place in own]
        same, near = sum(a == b for a, b in common), sum(math.isclose(a, b, rel_tol=1e-12) for a, b in common)
        if same == len(plain) == len(own):
            return "all"
        return "nearly all" if near == len(plain) == len(own) else f"{100 * near / len(plain):.1f} %"


def stream(records: int, per_second: int) -> list[dict[str, Any]]:
    """Readings of ten devices in the order in which they arrive."""
    dice = random.Random(1)
    times = (BEGIN + number // DEVICES * 1000 // per_second + number % DEVICES for number in itertools.count())
    readings = itertools.islice(simulate(DEVICES, per_second, clock=times.__next__), records)
    delays = dice.choices([0, 1_900, 6_000], [97, 2, 1], k=records)
    arrivals = [(reading["timestamp"] + delay, reading) for reading, delay in zip(readings, delays, strict=True)]
    return [reading for _, reading in sorted(arrivals, key=itemgetter(0))]


def gates(partitions: int) -> list[dict[str, Any]]:
    """A reading for each partition that a contestant reads before the race."""
    return [{"device": f"gate-{p}", "temperature": 0.0, "humidity": 0.0, "timestamp": BEGIN} for p in range(partitions)]


def said(child: "subprocess.Popen[str]") -> str:
    assert child.stdout
    return child.stdout.readline().strip()


def race(children: "list[subprocess.Popen[str]]", counts: list[int]) -> tuple[float, list[dict[str, Any]]]:
    """Start all; returns the seconds until all have finished, and what each reports that it spent."""
    begun = time.monotonic()
    for child, count in zip(children, counts, strict=True):
        assert child.stdin
        child.stdin.write(f"{count}\n")
        child.stdin.flush()
    spent = [orjson.loads(said(child)) for child in children]
    return time.monotonic() - begun, spent


def end(child: "subprocess.Popen[str]") -> None:
    try:
        child.communicate(timeout=10)
    except subprocess.TimeoutExpired:  # it has not even got its first record
        child.kill()


def standings(race: Race, outcomes: dict[str, list[Outcome]]) -> str:
    plain_rate = statistics.median(each.rate for each in outcomes[PLAIN])
    plain_cpu = statistics.median(each.cpu for each in outcomes[PLAIN])
    rows = []
    for name, taken in outcomes.items():
        rates, cpu = [each.rate for each in taken], statistics.median(each.cpu for each in taken)
        rate = statistics.median(rates)
        speed = min(rates), rate, max(rates), f"{rate / plain_rate:.2f}"
        rows.append((name, *speed, cpu, f"{plain_cpu / cpu:.2f}", race.written[name], race.likeness(name)))
    heads = ["readings a second", "min", "median", "max", "median / plain", "CPU µs a reading", "plain's CPU / CPU"]
    return report.table([*heads, "records written", "windows like plain's"], rows)


def whereabouts(outcomes: list[Outcome]) -> str:
    samples = sum((each.samples for each in outcomes), Counter[str]())
    total = samples.pop(TOTAL)
    ordered = sorted(samples.items(), key=lambda each: (each[0] in THROUGHOUT.values(), -each[1]))
    rows = [(what, f"{100 * times / total:.1f}") for what, times in ordered]
    return report.table([f"where {total:,} samples found plain", "%"], rows)


def main() -> None:
    parser = report.arguments(__doc__, repeats=5)
    parser.add_argument("--records", type=int, default=20_000, help="readings to get through (%(default)s)")
    parser.add_argument("--per-second", type=int, nargs="+", default=[1, 10, 100], help="readings of each device")
    parser.add_argument("--only", nargs="+", default=CONTESTANTS, help="some contestants")
    parser.add_argument("--profile", action="store_true", help=SUPPRESS)
    for name in ("--contestant", "--address", "--reads", "--writes"):
        parser.add_argument(name, help=SUPPRESS)
    options = parser.parse_args()
    if options.contestant:
        contend(options.contestant, options.address, options.reads, options.writes, options.profile)
        return
    names = list(dict.fromkeys([PLAIN, *options.only]))
    parts = []
    with report.warm_broker() as address:
        for per_second in options.per_second:
            race = Race(address, options.records, per_second)
            some = [name for name in names if name in THE_SAME or per_second < 100]  # a sliding window would take hours
            outcomes = report.take_turns({name: partial(race.run, name) for name in some}, options.repeats)
            profiles = [race.run(PLAIN, profile=True) for _ in range(options.repeats)]
            parts += [f"## Readings a second from each device: {per_second}", standings(race, outcomes)]
            parts += [whereabouts(profiles)]
    parts.append(f"{options.records:,} readings of {DEVICES} devices each time.")
    report.write(__file__, __doc__, options.repeats, *parts)


if __name__ == "__main__":
    main()
