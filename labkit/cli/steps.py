"""`lab step` and `lab why`: pipelines in files of one's own."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from labkit.broker import OwnBroker
from labkit.cli import connected
from labkit.errors import LabError
from labkit.kafka import properties
from labkit.kafka.topics import Topics

if TYPE_CHECKING:
    from labkit.stepping import Steps


@click.command("step")
@click.argument("pipelines", nargs=-1, required=True, metavar="PIPELINE...")
@click.option(
    "--reads", multiple=True, required=True, help="The topic to read; several for a pipeline that joins them."
)
@click.option("--records", default=100, show_default=True, help="How many of the newest records of each topic.")
@click.option("--since", help="The first records from this time on instead, such as 2026-11-29T12:00:00 (UTC).")
@click.option("--key", help="Only records with this key.")
@click.option("--raw", is_flag=True, help="Give the pipeline bytes, not parsed JSON.")
@click.option("--save", type=click.Path(path_type=Path, dir_okay=False), help="Write a page to step through.")
def step_command(
    pipelines: tuple[str, ...], reads: tuple[str, ...], raw: bool, save: Path | None, **which: Any
) -> None:
    """Step through a pipeline of your own: what each line does to each record, and what is remembered.

    PIPELINE is a function in a file. The records are only read: copies of them go through the pipeline on a Kafka of
    the command's own. Several functions get the same records, and what one does and another does not is marked.
    Without --save it prints every step. docs/step.md says what it can and cannot tell.

    Example: lab step my_pipeline.py:average --reads orders --records 50 --save average.html
    """
    from labkit.stepping import Comparison

    each = _stepped(pipelines, reads, raw, **which)
    found = each[0] if len(each) == 1 else Comparison(each)
    click.echo(found.summary() if save else "\n\n".join([*map(str, found), found.summary()]))
    if save:
        click.echo(f"{found.save(save)}: open it in a browser")
    if any(steps.trouble for steps in each):
        raise SystemExit(1)


@click.command("why")
@click.argument("pipeline")
@click.option(
    "--reads", multiple=True, required=True, help="The topic to read; several for a pipeline that joins them."
)
@click.option("--records", default=300, show_default=True, help="How many of the newest records of each topic.")
@click.option("--raw", is_flag=True, help="Give the pipeline bytes, not parsed JSON.")
def why_command(pipeline: str, reads: tuple[str, ...], records: int, raw: bool) -> None:
    """Say why nothing comes out of a pipeline of your own.

    PIPELINE is a function in a file; its records are only read, as by `lab step`. What it tells is about its lines,
    windows, keys and records: of a run that is elsewhere, its lag and its group, it knows nothing.

    Example: lab why my_pipeline.py:average --reads orders
    """
    from labkit import why

    (steps,) = _stepped([pipeline], reads, raw, records=records)
    click.echo(why.of_steps(steps))


def _stepped(places: Sequence[str], reads: tuple[str, ...], raw: bool, **which: Any) -> list[Steps]:
    """Step through the pipelines that FILE:NAME names, one after the other, on a Kafka of the command's own."""
    from labkit import stepping
    from labkit.runs import Spec, quix

    with connected.lab() as lab, contextlib.closing(OwnBroker(meanwhile=quix.load)) as own:
        functions, topics = [*map(_function, places)], Topics(lab.broker.address, properties.namespace())
        taken = stepping.take(topics, reads, **which)
        names = [each.__name__ for each in functions]
        names = names if len({*names}) == len(names) else [*places]  # such as one of before and one of now
        specs = [Spec(name, each, reads, None, raw) for name, each in zip(names, functions, strict=True)]
        return [stepping.step(each, taken, topics, Topics(own.address), own.directory) for each in specs]


def _function(place: str) -> Callable[..., Any]:
    """The function that FILE:NAME names. Raises LabError if there is none."""
    from labkit.exercises import catalogue

    name, _, function = place.rpartition(":")
    file = Path(name).resolve()
    if not name.endswith(".py"):
        raise LabError(f"{place!r} names no function in a file: write it as my_pipeline.py:function.")
    sys.path.insert(0, str(file.parent))  # it may import what lies beside it
    found: Callable[..., Any] | None = getattr(catalogue.module(file), function, None)
    if not callable(found):
        raise LabError(f"There is no function {function!r} in {name}.")
    return found
