"""The kernel that runs the notebook, and the limits of what the notebook may use."""

import resource
import signal
import sys
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

from labkit.grading.runner.job import Job


class Kernel(AsyncKernelManager):
    """Runs the Python of this process as the kernel, whatever the notebook wrote where Jupyter looks for kernels.

    Only what runs a student's code has a thread limit: if that is used up, this process can still start threads.
    """

    threads: int | None = None
    was_killed = False  # by SIGKILL, as when the machine has no memory left

    @property
    def kernel_spec(self) -> KernelSpec:
        command = [sys.executable, "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=command, display_name="Python 3", language="python")

    async def start_kernel(self, **settings: Any) -> None:  # type: ignore[override]
        Kernel.was_killed = False
        await super().start_kernel(preexec_fn=limit_threads, **settings)

    async def is_alive(self) -> bool:  # type: ignore[override]
        """Whether it runs; nbclient also asks at the end, when `was_killed` becomes known."""
        if self.provisioner and await self.provisioner.poll() == -signal.SIGKILL:
            Kernel.was_killed = True
        return bool(await super().is_alive())


def limit_threads() -> None:
    """Limits the threads of a process that is about to run what a student wrote."""
    if Kernel.threads is not None:
        _lower(resource.RLIMIT_NPROC, Kernel.threads)


def limit(job: Job) -> None:
    """Sets limits for each process started from now on: Kafka is already running."""
    _lower(resource.RLIMIT_DATA, job.limits.memory)
    _lower(resource.RLIMIT_FSIZE, job.limits.file_size)
    _lower(resource.RLIMIT_NOFILE, job.limits.descriptors)
    _lower(resource.RLIMIT_CORE, 0)
    if job.isolated:  # outside a sandbox all of the user's processes would count
        Kernel.threads = job.limits.threads


def _lower(kind: int, limit: int) -> None:
    """Sets a limit, unless a lower one is in force, which cannot be raised."""
    _, hard = resource.getrlimit(kind)
    lowest = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(kind, (lowest, lowest))
