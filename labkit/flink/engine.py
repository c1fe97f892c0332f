"""The Flink of a lab: a folder for each job, and an ahead-of-time cache that is trained when there is none."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from labkit.flink.cluster import Cluster
from labkit.flink.installation import installation
from labkit.flink.run import FlinkJob
from labkit.flink.submission import SQL
from labkit.jvm import store, training
from labkit.jvm.kept import Kept
from labkit.kafka.groups import Groups
from labkit.runs.worker import Worker


class Engine:
    """Makes jobs whose folders are in `directory` unless they name another. Raises NotInstalled without PyFlink."""

    def __init__(self, groups: Groups, directory: Path) -> None:
        self._installation = store.prepare(installation())
        self._groups, self._directory = groups, directory
        self._trainer: Kept | None = None

    def job(
        self,
        name: str,
        reads: str,
        into: str | PathLike[str] | None,
        sql: str | None,
        bounded: bool,
        resume: bool,
        cluster: str | None = None,
        kafka: str | None = None,
    ) -> FlinkJob:
        """A job, not submitted yet. Without `into` it gets a new folder, or with `resume` that of the last job.

        Raises LabError if `cluster` is not an address.
        """
        number = len(list(self._directory.glob("*"))) + (0 if resume else 1)
        folder = Path(into) if into else self._directory / f"{number}"
        where = Cluster(cluster) if cluster else None
        return FlinkJob(self._groups, name, reads, folder, sql or SQL, bounded, where, kafka)

    def check(self, job: FlinkJob, resume: bool, predecessors: Sequence[Worker]) -> None:
        """Raise LabError if the job could not start once its `predecessors` are stopped. Nothing is changed."""
        job.check(resume, predecessors, self._installation.lock.version)

    def submit(self, job: FlinkJob, resume: bool) -> None:
        """Submit a job, new or from the newest checkpoint in its folder. Raises LabError if Flink cannot start it."""
        options = self._installation.aot_options()
        if not options and not self._trainer:
            self._trainer = training.start(self._installation, "labkit.flink.training")
        job.submit(self._installation, options, resume)

    def close(self) -> None:
        if self._trainer:
            self._trainer.close()
