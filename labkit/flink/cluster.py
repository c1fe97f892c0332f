"""A standalone Flink cluster that somebody else runs, to which a job is submitted."""

import re
from collections.abc import Sequence
from pathlib import Path

from labkit.errors import LabError
from labkit.flink.rest import Rest

# Seconds after which a cluster may cancel a job without heartbeats, because this process must have ended. It looks for
# such jobs once a minute.
HEARTBEAT = 30.0


class Cluster:
    """A cluster whose REST API is at `address` (host:port). Raises LabError if that is not an address."""

    def __init__(self, address: str) -> None:
        if not re.fullmatch(r"[\w.-]+:\d{1,5}", address):
            raise LabError(f"{address!r} is not the address of a Flink cluster: give HOST:PORT, as in 127.0.0.1:8081.")
        self.address = address
        self.host, _, self.port = address.partition(":")

    def check(self, version: str) -> None:
        """Raise LabError unless a cluster of this version answers and has a free slot."""
        rest = Rest(f"http://{self.address}")
        try:
            found, free = rest.version(), rest.free_slots()
        except OSError as error:
            raise LabError(f"No Flink cluster answers at {self.address} ({error}): is that its REST port?") from None
        if found != version:
            raise LabError(f"The cluster at {self.address} runs Flink {found}: the lab's job needs {version}.")
        if not free:
            raise LabError(f"The cluster at {self.address} has no free slot: stop a job, or start a task manager.")

    def options(self, jars: Sequence[Path]) -> dict[str, str]:
        """Returns the settings for a job on this cluster, which gets the jars that it lacks.

        A failed task is restarted, on another task manager if its own is gone.
        """
        return {
            "execution.target": "remote",
            "rest.address": self.host,
            "rest.port": self.port,
            "pipeline.jars": ";".join(each.as_uri() for each in jars),
            "restart-strategy.type": "fixed-delay",
            "restart-strategy.fixed-delay.attempts": "100",
            "restart-strategy.fixed-delay.delay": "500 ms",
            # The job is cancelled when its client's heartbeats end: see `Rest.keep_alive`.
            "execution.attached": "true",
            "execution.shutdown-on-attached-exit": "true",
            "client.heartbeat.timeout": f"{HEARTBEAT * 1000:.0f}",
        }
