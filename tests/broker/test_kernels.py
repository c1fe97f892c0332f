"""A hundred kernels are killed at whatever moment: `pytest -m soak`. Not run with the other tests: it takes long."""

import contextlib
import os
import random
import signal
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import psutil
import pytest
from jupyter_client import KernelManager

from benchmarks import report
from tests.broker.lives import descendants, is_open, listeners, lives

TITLE = """A hundred kernels killed (SIGKILL) at a moment of chance, and what is left of each.

`uv run pytest -m soak`: each kernel starts a lab with a producer, a pipeline in two processes and a chart. It is killed
up to 8 s after its first cell has begun: while Kafka starts, while processes start, or while readings flow. Counted are
the processes that it had then, with those that they had started; seconds until these, their ports and all temporary
files are gone. The aim is that nothing is left.
"""
KERNELS = 100
LATEST = 8.0  # seconds after the beginning of the first cell
LIMIT = 20.0  # seconds
CELL = """
from labkit import Lab
lab = Lab()
lab.create_topic("sensor", partitions=2)
lab.produce(devices=10, per_second=10)
lab.run(lambda readings: readings, reads="sensor", writes="copy", name="copy", replicas=2)
lab.chart("sensor")
"""


@pytest.mark.soak
@pytest.mark.usefixtures("installation")
def test_a_hundred_kernels_are_killed_and_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    dice = random.Random(seed)
    found = [killed(dice.uniform(0, LATEST)) for _ in range(KERNELS)]
    processes, seconds, left = zip(*found, strict=True)
    rows = [
        ("processes of a kernel when it was killed", min(processes), statistics.median(processes), max(processes)),
        ("seconds until all was gone", min(seconds), statistics.median(seconds), max(seconds)),
    ]
    table = report.table(["", "min", "median", "max"], rows)
    remains = sum(map(len, left))
    report.write("kernels.py", TITLE, KERNELS, table, f"{remains} processes, ports and files were left.")
    assert [each for each in left if each] == []


def killed(moment: float) -> tuple[int, float, list[object]]:
    """How many processes a kernel had when it was killed, seconds until all was gone, and what is left then."""
    with tempfile.TemporaryDirectory() as directory:
        manager = KernelManager()
        manager.start_kernel(env=os.environ | {"TMPDIR": directory}, stdout=subprocess.DEVNULL)
        client = manager.blocking_client()
        client.start_channels()
        client.wait_for_ready(timeout=60)
        client.execute(CELL)
        time.sleep(moment)  # no synchronisation: the moment is what varies
        manager.signal_kernel(signal.SIGSTOP)  # else it may start another between the look and the end
        own = descendants(manager.provisioner.pid)
        ports = {port for each in own for _, port in ports_of(each)}
        manager.signal_kernel(signal.SIGKILL)
        begun = time.monotonic()
        while (left := remains(own, ports, Path(directory))) and time.monotonic() < begun + LIMIT:
            time.sleep(0.02)
        seconds = time.monotonic() - begun
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        return len(own), seconds, left


def ports_of(process: psutil.Process) -> list[tuple[str, int]]:
    with contextlib.suppress(psutil.Error):  # it has just ended
        return listeners(process)
    return []


def remains(processes: list[psutil.Process], ports: set[int], directory: Path) -> list[object]:
    return [
        *(each for each in processes if lives(each)),
        *(port for port in ports if is_open(port)),
        *directory.iterdir(),
    ]
