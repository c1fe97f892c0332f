"""The Flink of a lab: a folder for each job, and an ahead-of-time cache that is trained when there is none."""

from collections.abc import Sequence
from pathlib import Path

from labkit.flink.cluster import Cluster
from labkit.flink.installation import flink_installation
from labkit.flink.run import FlinkJob
from labkit.flink.runner import Local
from labkit.flink.spec import JobSpec
from labkit.jvm import store, training
from labkit.jvm.supervised import Supervised
from labkit.kafka.groups import Groups
from labkit.runs.worker import Worker


class Engine:
    """Makes jobs whose folders are in `directory` unless they name another. Raises NotInstalled without PyFlink."""

    def __init__(self, groups: Groups, directory: Path) -> None:
        self._installation = store.prepare(flink_installation())
        self._groups, self._directory = groups, directory
        self._trainer: Supervised | None = None

    def folder(self, resume: bool) -> Path:
        """Returns a folder for a new job, or with `resume` that of the last job."""
        number = len(list(self._directory.glob("*"))) + (0 if resume else 1)
        return self._directory / f"{number}"

    def job(self, spec: JobSpec, cluster: str | None = None) -> FlinkJob:
        """A job, not submitted yet. Raises LabError if `cluster` is not an address."""
        return FlinkJob(self._groups, spec, Cluster(cluster) if cluster else Local())

    def check(self, job: FlinkJob, predecessors: Sequence[Worker]) -> None:
        """Raise LabError if the job could not start once its `predecessors` are stopped. Nothing is changed."""
        job.check(predecessors, self._installation.lock.version)

    def submit(self, job: FlinkJob) -> None:
        """Submit a job. Raises LabError if Flink cannot start it."""
        options = self._installation.aot_options()
        if not options and not self._trainer:
            self._trainer = training.start(self._installation, "labkit.flink.training")
        job.submit(self._installation, options)

    def close(self) -> None:
        if self._trainer:
            self._trainer.close()
