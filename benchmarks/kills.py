"""From a kill (SIGKILL) of a pipeline to its next results, against a bare Quix application with its own defaults.

The pipeline numbers the readings of each device, so it has state. 300 readings a second arrive, and the process is
started again at once. Seconds from the kill until a result of a reading that was measured after it can be read with
`isolation.level=read_committed`. Repeated and missing are counted from the topics in the end, over all kills; the aim
is 5 s, and nothing repeated under exactly-once.
"""

import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable

import report
from confluent_kafka import TopicPartition

from labkit import Lab
from labkit.kafka import clients
from labkit.readings import now
from labkit.runs.replicas import Replicas

BARE = """
import sys
from quixstreams import Application
address, source, target, guarantee, state = sys.argv[1:]
app = Application(address, consumer_group=target, auto_offset_reset="earliest", processing_guarantee=guarantee,
                  state_dir=state, loglevel=None)
def number(reading, state):
    state.set("n", state.get("n", default=0) + 1)
    return {**reading, "n": state.get("n")}
readings = app.dataframe(app.topic(source))
readings.apply(number, stateful=True).to_topic(app.topic(target))
app.run()
"""


def number(reading, state):  # type: ignore[no-untyped-def]
    state.set("n", state.get("n", default=0) + 1)
    return {**reading, "n": state.get("n")}


def numbered(readings):  # type: ignore[no-untyped-def]
    return readings.apply(number, stateful=True)


class Ours:
    def __init__(self, lab: Lab, guarantee: str) -> None:
        once = guarantee == "exactly-once"
        run = lab.run(numbered, reads="sensor", writes="out", in_process=True, exactly_once=once)
        assert isinstance(run, Replicas)
        self.run = run

    def kill(self) -> None:
        self.run.kill()

    def start(self) -> None:
        self.run.start()


class Bare:
    def __init__(self, lab: Lab, guarantee: str) -> None:
        lab.create_topic("sensor", "out")
        self.directory = tempfile.TemporaryDirectory()
        place = (lab.broker.address, lab.full_name("sensor"), lab.full_name("out"), guarantee, self.directory.name)
        self.command = [sys.executable, "-c", BARE, *place]
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def killed(contestant: type[Ours] | type[Bare], guarantee: str, kills: int) -> Callable[[], list[float]]:
    """Seconds to the next results after each of so many kills, then how many readings are repeated and missing."""

    def measure() -> list[float]:
        os.environ["LAB_NAMESPACE"] = f"{uuid.uuid4().hex[:8]}-"
        with Lab() as lab:
            sensors = lab.produce(per_second=100)
            pipeline = contestant(lab, guarantee)
            lab.wait_for("out", new=100)
            times = []
            for _ in range(kills):
                pipeline.kill()
                moment, begun = now(), time.perf_counter()
                pipeline.start()
                wait_for_a_result_after(lab, moment)
                times.append(time.perf_counter() - begun)
                lab.wait_for("out", new=100)
            sensors.stop()
            wanted, got = (
                Counter((each.key, each.timestamp) for each in settled(lab, name)) for name in ("sensor", "out")
            )
            pipeline.kill()
            return [*times, (got - wanted).total(), (wanted - got).total()]

    return measure


def settled(lab: Lab, topic: str) -> list[object]:
    """The records of a topic to which nothing has been written for two seconds."""
    records = lab.records(topic)
    while time.sleep(2) or len(again := lab.records(topic)) > len(records):
        records = again
    return records


def wait_for_a_result_after(lab: Lab, moment: int) -> None:
    settings = {"isolation.level": "read_committed", "fetch.wait.max.ms": 20}
    consumer = clients.consumer(lab.broker.address, **settings)
    place = TopicPartition(lab.full_name("out"), 0)
    place.offset = consumer.get_watermark_offsets(place)[1] - 1
    consumer.assign([place])
    while True:
        message = consumer.poll(0.05)
        if message and not message.error() and message.timestamp()[1] > moment:
            consumer.close()
            return


if __name__ == "__main__":
    parser = report.arguments(__doc__, repeats=1)
    parser.add_argument("--kills", type=int, default=5, help="how often each process is killed (%(default)s)")
    options = parser.parse_args()
    contestants = {
        f"{name}, {guarantee}": killed(contestant, guarantee, options.kills)
        for name, contestant in (("lab.run", Ours), ("bare", Bare))
        for guarantee in ("at-least-once", "exactly-once")
    }
    with report.warm_broker() as address:
        os.environ["LAB_BROKER"] = address
        found = report.take_turns(contestants, options.repeats)
    rows = []
    for name, rounds in found.items():
        times = [each for single in rounds for each in single[:-2]]
        repeated, missing = (sum(int(single[place]) for single in rounds) for place in (-2, -1))
        rows.append((name, sorted(times)[len(times) // 2], max(times), repeated, missing))
    heads = ("killed and started again", "seconds, median", "max", "repeated", "missing")
    report.write(__file__, __doc__, options.kills * options.repeats, report.table(heads, rows))
