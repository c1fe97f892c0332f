"""A standalone Flink cluster that somebody else runs, to which a job is submitted."""

import contextlib
import re
from collections.abc import Sequence
from pathlib import Path

from labkit.errors import LabError
from labkit.flink.checkpoints import Checkpoints
from labkit.flink.rest import Rest
from labkit.waiting import wait_until

# Seconds after which a cluster may cancel a job without heartbeats, because this process must have ended. It looks for
# such jobs once a minute.
HEARTBEAT = 30.0
CANCEL_LIMIT = 30.0  # seconds that a cluster may take to cancel a job
PERIOD = 0.5  # seconds between two requests to cancel


class Cluster:
    """A cluster whose REST API is at `address` (host:port). Raises LabError if that is not an address."""

    def __init__(self, address: str) -> None:
        if not re.fullmatch(r"[\w.-]+:\d{1,5}", address):
            raise LabError(f"{address!r} is not the address of a Flink cluster: give HOST:PORT, as in 127.0.0.1:8081.")
        self._address = address
        self._rest = Rest(f"http://{address}")

    def check(self, version: str) -> None:
        """Raise LabError unless a cluster of this version answers and has a free slot."""
        try:
            found, free = self._rest.version(), self._rest.free_slots()
        except OSError as error:
            raise LabError(f"No Flink cluster answers at {self._address} ({error}): is that its REST port?") from None
        if found != version:
            raise LabError(f"The cluster at {self._address} runs Flink {found}: the lab's job needs {version}.")
        if not free:
            raise LabError(f"The cluster at {self._address} has no free slot: stop a job, or start a task manager.")

    def prepare(self, name: str, jars: Sequence[Path]) -> tuple[Rest, dict[str, str]]:
        """Cancel the job that a killed kernel may have left behind. The cluster gets the jars that it lacks.

        A failed task is restarted, on another task manager if its own is gone.
        """
        self.clean_up(name)
        host, _, port = self._address.partition(":")
        return self._rest, {
            "execution.target": "remote",
            "rest.address": host,
            "rest.port": port,
            "pipeline.jars": ";".join(each.as_uri() for each in jars),
            "restart-strategy.type": "fixed-delay",
            "restart-strategy.fixed-delay.attempts": "100",
            "restart-strategy.fixed-delay.delay": "500 ms",
            # The job is cancelled when its client's heartbeats end: see `Rest.keep_alive`.
            "execution.attached": "true",
            "execution.shutdown-on-attached-exit": "true",
            "client.heartbeat.timeout": f"{HEARTBEAT * 1000:.0f}",
        }

    def keep_alive(self, job: str) -> None:
        """Send a heartbeat. Raises OSError if the cluster does not answer."""
        self._rest.keep_alive(job, HEARTBEAT)

    def last_checkpoints(self, seen: Checkpoints, log: str) -> Checkpoints:  # noqa: ARG002 - the log is the cluster's
        return seen

    def clean_up(self, name: str) -> None:
        """Cancel what is left of a job, and wait for its end: nothing else may write to the folder."""

        def is_over() -> bool:
            with contextlib.suppress(OSError):  # the cluster is gone, and its jobs with it; or it is only busy
                left = self._rest.unfinished(name)
                for job in left:
                    self._rest.cancel(job)
                return not left
            return False

        if not wait_until(is_over, CANCEL_LIMIT, PERIOD):
            raise LabError(f"The job could not be cancelled: look at {self._rest.address}, and cancel it there.")
