"""A labkit run with a tap against the same bare Quix Streams application, on the same records.

The alert filter over prefilled `sensor` records of one partition; each contestant alone in a fresh process on the same
broker. Records a second between the first and the last alert, by the broker's own clock (LogAppendTime), so neither
start nor import counts and nothing is measured inside the processes. `bare` is an ordinary `Application` with its JSON
deserializer; `+` rows add one thing that labkit does to the row above; `labkit, no tap` adds the rest: counting, the
thread, what `Lab` imports. Aim: `labkit, tap` at least 0.95 of bare.
"""

import itertools
import os
import subprocess
import sys
import threading
import time
from argparse import SUPPRESS
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
import report

from labkit import Lab
from labkit.kafka import clients
from labkit.kafka.tap import Tap
from labkit.kafka.topics import Topics
from labkit.readings import now, parse, simulate
from labkit.runs import quix

SENSOR = "sensor"
STEPS = ("bare", "+ validation", "+ dead-letter filter")  # each with all before it
LABKIT = ("labkit, no tap", "labkit, tap")
TAP_PERIOD = 0.1  # as a chart reads
LIMIT = 300.0  # seconds


def application(step: int, address: str, writes: str) -> None:
    """A Quix Streams application on the main thread until standard input ends, with the first `step` things added."""
    from quixstreams import Application

    from labkit.pipelines import alert_filter
    from labkit.runs.application import LabApplication, SafeDeserializer

    def nothing(*_: object) -> None: ...

    with TemporaryDirectory() as state:
        if step < 2:
            app = Application(
                address,
                consumer_group=writes,
                auto_offset_reset="earliest",
                commit_interval=1.0,
                state_dir=state,
                loglevel="WARNING",
            )
            readings = app.dataframe(app.topic(SENSOR, value_deserializer=SafeDeserializer(parse) if step else "json"))
        else:
            app = lab_app = LabApplication(Topics(address), writes, Path(state))
            readings = lab_app.read(SENSOR, parse, f"{SENSOR}.dead-letter", nothing, nothing)
        alert_filter(readings).to_topic(app.topic(writes))
        threading.Thread(target=lambda: (sys.stdin.read(), app.stop())).start()
        app.run()


def labkit(tapped: bool, address: str, writes: str) -> None:
    """The same as a lab's run, in its thread, until standard input ends."""
    os.environ["LAB_BROKER"] = address
    quix.load()
    import labkit.live  # noqa: F401 - as in a notebook that shows a chart
    from labkit.pipelines import alert_filter

    ended = threading.Event()
    with Lab() as lab:
        if tapped:
            tap = Tap(Topics(address), (SENSOR, writes))
            threading.Thread(target=follow, args=(tap, ended)).start()
        lab.run(alert_filter, reads=SENSOR, writes=writes, name=writes)
        sys.stdin.read()
        ended.set()


def follow(tap: Tap, ended: threading.Event) -> None:
    while not ended.wait(TAP_PERIOD):
        tap.read(TAP_PERIOD)
    tap.close()


class Broker:
    """The broker that all use, with the readings prefilled."""

    def __init__(self, address: str, records: int) -> None:
        self.address, self.topics = address, Topics(address)
        self.topics.create(SENSOR)
        begun = now() - records  # a reading each millisecond, up to now
        producer, hot = clients.producer(address, **{"queue.buffering.max.messages": records}), []
        readings = itertools.islice(simulate(clock=itertools.count(begun).__next__), records)
        for place, reading in enumerate(readings):
            producer.produce(SENSOR, orjson.dumps(reading), reading["device"].encode(), timestamp=reading["timestamp"])
            if reading["temperature"] + 273.15 > 303:
                hot.append(place)
        assert not producer.flush(LIMIT)
        self.alerts, self.span = len(hot), hot[-1] - hot[0]

    def rate(self, contestant: str) -> float:
        """Records a second that the contestant processed."""
        writes = report.timed_topic(self.topics)
        child = subprocess.Popen(
            [sys.executable, __file__, "--contestant", contestant, "--address", self.address, "--writes", writes],
            stdin=subprocess.PIPE,
        )
        try:
            deadline = time.monotonic() + LIMIT
            while (written := self.topics.end_offsets(writes)[0]) < self.alerts:
                assert child.poll() is None, f"{contestant} ended after {written} alerts"
                assert time.monotonic() < deadline, f"{contestant} wrote only {written} of {self.alerts} alerts"
                time.sleep(0.2)
            begun, ended = (report.appended(self.address, writes, each) for each in (0, self.alerts - 1))
            return self.span / (ended - begun)
        finally:
            child.communicate(timeout=30)  # closes its standard input


def main() -> None:
    parser = report.arguments(__doc__, repeats=5)
    parser.add_argument("--records", type=int, default=300_000, help="readings to get through (%(default)s)")
    parser.add_argument("--contestant", help=SUPPRESS)
    parser.add_argument("--address", help=SUPPRESS)
    parser.add_argument("--writes", help=SUPPRESS)
    options = parser.parse_args()
    if options.contestant in STEPS:
        application(STEPS.index(options.contestant), options.address, options.writes)
    elif options.contestant:
        labkit(options.contestant == LABKIT[1], options.address, options.writes)
    else:
        with report.warm_broker() as address:
            broker = Broker(address, options.records)
            samples = report.take_turns({name: partial(broker.rate, name) for name in STEPS + LABKIT}, options.repeats)
        work = f"{options.records:,} readings, of which {broker.alerts:,} are alerts."
        report.write(__file__, __doc__, options.repeats, report.comparison("records a second", "bare", samples), work)


if __name__ == "__main__":
    main()
