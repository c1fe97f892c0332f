"""Producers, pipelines and Flink from a terminal, and a look into topics."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Any

import click

from labkit.cli import connected
from labkit.errors import LabError

if TYPE_CHECKING:
    from labkit.runs.worker import Worker


@click.command()
@click.option("--writes", default="sensor", show_default=True, help="The topic to write to.")
@click.option("--devices", default=3, show_default=True, help="The number of simulated devices.")
@click.option("--per-second", default="1", show_default=True, help="Records per second from each, or 'max'.")
@click.option("--seed", default=0, show_default=True, help="The same seed gives the same temperatures.")
@click.option("--records", type=int, help="Stop after this many records.")
@click.option("--source", help="A CSV file, or nyc-weather.")
@click.option("--key", default="device", show_default=True, help="The column of the file with the records' keys.")
@click.option("--no-key", is_flag=True, help="The records have no keys: they belong to no window.")
@click.option("--time", default="timestamp", show_default=True, help="The column of the file with their times.")
@click.option("--no-time", is_flag=True, help="The file has no times: each record gets that of producing it.")
@click.option("--factor", type=float, help="The speed of its replay: 3600 is one hour per second.")
@click.option("--start", help="Leave out what is earlier than this time, for example 2013-08-22.")
def produce(per_second: str, key: str, no_key: bool, time: str, no_time: bool, **options: Any) -> None:
    """Write records to a topic until Ctrl+C: from simulated devices, or from a source.

    Example: lab produce --devices 5 --per-second 10

    Example: lab produce --source nyc-weather --factor 3600

    Example: lab produce --source levels.csv --writes levels --key station --time measured

    Example: lab produce --source notes.csv --writes notes --no-key --no-time
    """
    rate = None if per_second == "max" else _number(per_second)
    chosen = None if no_key else key, None if no_time else time
    with connected.lab() as lab:
        _watch(lab.produce(per_second=rate, key=chosen[0], time=chosen[1], **options))


@click.command()
@click.argument("pipeline")
@click.option("--reads", default=None, help="The topic to read; each pipeline has a default.")
@click.option("--writes", default=None, help="The topic to write; each pipeline has a default.")
@click.option("--from-start", is_flag=True, help="Empty the output topic, and read everything again.")
@click.option("--exactly-once", is_flag=True, help="Write in transactions: a crash duplicates nothing.")
@click.option(
    "--replicas",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Processes that share the partitions of the topic.",
)
def run(pipeline: str, reads: str | None, writes: str | None, replicas: int, **options: Any) -> None:
    """Run one of the lab's pipelines until Ctrl+C.

    The pipelines are alert-filter, alert-counter and average-temperature. Each continues where its last run stopped.

    Example: lab run alert-filter

    Example: lab run average-temperature --replicas 3
    """
    with connected.lab() as lab:
        from labkit.runs import quix

        quix.load()
        from labkit.pipelines import PIPELINES

        if pipeline not in PIPELINES:
            raise LabError(f"There is no pipeline {pipeline!r}: choose from {', '.join(PIPELINES)}.")
        stage = PIPELINES[pipeline]
        if not reads:  # the lab's own pipelines may be started in any order
            lab.create_topic(stage.reads)
        reads, writes = reads or stage.reads, writes or stage.writes
        _watch(lab.run(stage.function, reads=reads, writes=writes, replicas=replicas, **options))


@click.command()
@click.option("--reads", default="sensor-data", show_default=True, help="The topic to read.")
@click.option("--into", default="flink-files", show_default=True, help="The folder to write to.")
@click.option("--bounded", is_flag=True, help="Stop at the current end of the topic, and close all windows.")
@click.option("--resume", is_flag=True, help="Resume from the newest checkpoint in the folder.")
@click.option("--cluster", help="HOST:PORT of a Flink cluster that runs the job; it must see the folder too.")
@click.option("--kafka", help="Kafka's address as that cluster sees it, if different.")
def flink(**options: Any) -> None:
    """Run the Flink job until Ctrl+C: readings into files, each exactly once.

    Ctrl+C takes a last checkpoint and commits what has been read; --resume continues from the newest checkpoint, also
    after a crash.

    Example: lab flink --into flink-files

    Example: lab flink --into /shared/flink-files --cluster 127.0.0.1:8081
    """
    with connected.lab() as lab:
        _watch(lab.flink(**options))


@click.command()
@click.argument("topic")
@click.option("--records", default=10, show_default=True, help="How many records to show.")
def peek(topic: str, records: int) -> None:
    """Show the newest records of a topic.

    Example: lab peek alert --records 3
    """
    with connected.lab() as lab:
        click.echo(lab.peek(topic, records).to_string(index=False))


def _watch(worker: Worker) -> None:
    """Show a worker's counts and prints until it ends or Ctrl+C; then how it ended."""
    try:
        while not worker.wait(0.5):
            width = shutil.get_terminal_size().columns - 1  # a line that wraps could not be erased
            _show(worker, worker.summary()[:width])
    except KeyboardInterrupt:
        worker.stop()
    _show(worker, "")
    if worker.error:
        raise LabError(f"{worker.name} failed: {worker.error}")
    click.echo(f"{worker.name} {worker.status}: {worker.summary()}. {worker.note}".rstrip())


def _show(worker: Worker, counts: str) -> None:
    """Show what a worker has printed and, in a terminal, its counts below, in place of the earlier ones."""
    interactive = sys.stderr.isatty()
    if interactive:
        click.echo("\r\033[K", nl=False, err=True)
    while worker.prints:
        click.echo(worker.prints.popleft())
    if interactive:
        click.echo(counts, nl=False, err=True)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise LabError(f"--per-second is {text!r}: give a number, or max.") from None
