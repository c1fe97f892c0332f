"""What the lab needs: fetched, and examined."""

from __future__ import annotations

from collections.abc import Callable

import click

from labkit import doctor
from labkit.broker import training
from labkit.broker.installation import kafka_installation
from labkit.errors import LabError
from labkit.jvm import store
from labkit.jvm.store import AnyInstallation


@click.command()
def fetch() -> None:
    """Download and prepare everything now: afterwards the lab needs no network.

    Example: lab fetch
    """
    from labkit import flink
    from labkit.flink import training as flink_training
    from labkit.schema_registry import registry_installation
    from labkit.schema_registry import training as registry_training

    kafka = store.prepare(kafka_installation())
    click.echo(
        f"Kafka {kafka.lock.version}: {len(kafka.lock.jars)} jars, each verified, and a formatted data directory"
    )
    _train(kafka, training.train, 15)
    registry = store.prepare(registry_installation())
    click.echo(f"Apicurio Registry {registry.lock.version}: one archive, verified and unpacked")
    _train(registry, registry_training.train, 30)
    try:
        installation = store.prepare(flink.flink_installation())
    except flink.NotInstalled as error:
        click.echo(f"No Flink: {error}")
        return
    click.echo(f"Flink {installation.lock.version}: {len(installation.lock.jars)} jars, each verified")
    _train(installation, flink_training.train, 30)


@click.command("doctor")
def doctor_command() -> None:
    """Check everything that the lab needs, and say how to fix what is missing.

    Example: lab doctor
    """
    sound = True
    for finding in doctor.examine():
        sound = sound and finding.fine
        click.echo(f"{'ok  ' if finding.fine else 'NOT '} {finding.what}: {finding.detail}")
    if not sound:
        raise SystemExit(1)


def _train(installation: AnyInstallation, train: Callable[[AnyInstallation], None], seconds: int) -> None:
    if installation.aot is None:
        click.echo(f"Training the ahead-of-time cache: about {seconds} seconds …")
        try:
            train(installation)
        except LabError as error:  # it is needed by nobody
            click.echo(f"No ahead-of-time cache, so starts stay slow: {error}")
            return
    state = "ready" if installation.aot else "being trained by another lab"
    click.echo(f"Ahead-of-time cache: {state}\n{installation.directory}")
