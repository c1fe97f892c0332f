"""`lab broker`: a Kafka for several terminals."""

from __future__ import annotations

import contextlib
import time

import click

from labkit.broker import OwnBroker
from labkit.errors import LabError
from labkit.kafka import properties
from labkit.waiting import wait_until

RESTART = 30.0  # seconds after which `lab broker --nodes 3` starts a broker again


@click.command("broker")
@click.option("--nodes", type=click.Choice(["1", "3"]), default="1", show_default=True, help="Brokers in the cluster.")
def broker_command(nodes: str) -> None:
    """Run a Kafka in the foreground, for several terminals and notebooks.

    With three brokers, one that has ended is restarted half a minute later.

    Example: lab broker; then run the line that it prints in each other terminal

    Example: lab broker --nodes 3
    """
    broker = OwnBroker(nodes=int(nodes))
    try:
        login = broker.client_properties
        click.echo(f"export {properties.FILE}={login}" if login else f"export {properties.ADDRESS}={broker.address}")
        click.echo("Kafka is ready. Copy the line above into your other terminals; Ctrl+C stops it.", err=True)
        with contextlib.suppress(KeyboardInterrupt):
            _watch_over(broker)
    finally:
        broker.close()


def _watch_over(broker: OwnBroker) -> None:
    """Wait until Kafka has ended. Raises LabError."""
    if len(broker.nodes) > 1:
        _supervise(broker)
    while broker.alive:
        time.sleep(0.2)
    raise LabError(f"Kafka stopped unexpectedly:\n{broker.log(10)}")


def _supervise(broker: OwnBroker) -> None:
    """Start what has ended again after a while, as on a server, until all of it has ended."""
    for each in broker.nodes:
        click.echo(f"Broker {each.number} is process {each.pid}: `kill -9 {each.pid}` kills it.", err=True)
    while any(each.alive for each in broker.nodes):
        ended = [each for each in broker.nodes if not each.alive]
        for each in ended:
            click.echo(f"Broker {each.number} has ended and will be restarted in {RESTART:g} s.", err=True)
        if ended and not wait_until(lambda: not any(each.alive for each in broker.nodes), RESTART):
            broker.start()
            for each in ended:
                click.echo(f"Broker {each.number} is back, as process {each.pid}.", err=True)
        time.sleep(0.2)
