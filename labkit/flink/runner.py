"""Where a Flink job runs: in the process that submits it, or on a cluster that somebody else runs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from labkit.flink.checkpoints import Checkpoints, logged
from labkit.flink.rest import Rest
from labkit.loopback import HOST, free_ports


class Runner(Protocol):
    """A job is known where it runs by its name."""

    def check(self, version: str) -> None:
        """Raise LabError if a job for this version of Flink cannot run there now."""

    def prepare(self, name: str, jars: Sequence[Path]) -> tuple[Rest, dict[str, str]]:
        """Returns Flink's REST API there, and the settings that make the job of this name run there with these jars."""

    def keep_alive(self, job: str) -> None:
        """Show that somebody still wants the job with this id. Raises OSError if nothing answers."""

    def last_checkpoints(self, seen: Checkpoints, log: str) -> Checkpoints:
        """Returns the checkpoints of a job that has ended: those last `seen`, unless its log knows better."""

    def clean_up(self, name: str) -> None:
        """Leave nothing of the job of this name running."""


class Local:
    """A Flink of the job's own, in the job's process: it comes and goes with the job."""

    def check(self, version: str) -> None:
        pass

    def prepare(self, name: str, jars: Sequence[Path]) -> tuple[Rest, dict[str, str]]:  # noqa: ARG002 - on its class path
        (port,) = free_ports(1)
        address = f"http://{HOST}:{port}"
        return Rest(address), {
            "restart-strategy.type": "none",  # a failed job reports it; whether to resume is the user's decision
            "rest.bind-address": HOST,
            "rest.bind-port": str(port),
            "jobmanager.bind-host": HOST,
            "taskmanager.bind-host": HOST,
            # Whoever reaches the port may look, but not run code of their own; and no page of another site may look.
            "web.submit.enable": "false",
            "web.access-control-allow-origin": address,
        }

    def keep_alive(self, job: str) -> None:
        pass

    def last_checkpoints(self, seen: Checkpoints, log: str) -> Checkpoints:  # noqa: ARG002
        return logged(log)

    def clean_up(self, name: str) -> None:
        pass
