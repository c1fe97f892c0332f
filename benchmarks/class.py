"""A class on one Kafka: students who run the cells of notebooks 01 to 04 at the same moment, each in its own process.

`lab class` runs the Kafka, with a login for each student. One student alone is the bare peer: the same cells on the
same Kafka. A wait is a cell that calls `lab.wait_for`, which returns when Kafka holds so many records. The processes
are forked when everything has been imported, and draw nothing in a page: they do to Kafka what kernels do, for less of
this computer's CPUs, which in a room are those of thirty laptops. They come after Kafka (`nice`).
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
import psutil
import report
from confluent_kafka.admin import AdminClient
from IPython.core.interactiveshell import InteractiveShell

import labkit
from labkit.kafka import properties
from labkit.loopback import free_ports

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
LESSONS = ("01_producer", "02_filter", "03_windows", "04_live_charts")
LAB = Path(sys.executable).with_name("lab")
LOOK = 1.0  # seconds
AFTER_KAFKA = 10  # how nice students are
FORK = multiprocessing.get_context("fork")


class Student(NamedTuple):
    """What a student waited for: the longest `lab.wait_for`, all notebooks, and what failed (seconds)."""

    longest: float
    total: float
    failed: list[str]


class Kafka(NamedTuple):
    """What Kafka needed: processor seconds, and megabytes at most."""

    cpu: float
    memory: float


def run(name: str, waits: list[float]) -> list[str]:
    """Run the cells of a notebook, note how long each wait took, and return what failed. It ends as a kernel does."""
    shell = InteractiveShell.instance()
    try:
        return _failed(shell, name, waits)
    finally:
        shell.user_ns["lab"].close()
        InteractiveShell.clear_instance()


def _failed(shell: InteractiveShell, name: str, waits: list[float]) -> list[str]:
    for number, cell in enumerate(nbformat.read(NOTEBOOKS / f"{name}.ipynb", 4).cells):
        if cell.cell_type == "code":
            before = time.monotonic()
            done = shell.run_cell(cell.source)
            if error := done.error_before_exec or done.error_in_exec:
                return [f"{name} [{number}]: {type(error).__name__}: {error}"]
            if "lab.wait_for(" in cell.source:
                waits.append(time.monotonic() - before)
    return []


def student(folder: Path, login: str, said: Any) -> None:
    """Run the notebooks as a student of the class, and say what was waited for."""
    os.nice(AFTER_KAFKA)
    os.chdir(NOTEBOOKS)
    with open(os.devnull, "w") as nothing:
        os.dup2(nothing.fileno(), 1)
    os.environ["LAB_KAFKA_CONFIG"] = str(folder / f"class/students/{login}.properties")
    os.environ["LAB_PROGRESS"] = str(folder / f"{login}.json")
    begun, waits = time.monotonic(), [0.0]
    failed = [each for name in LESSONS for each in run(name, waits)]
    said.put((max(waits), time.monotonic() - begun, failed))  # a shell has taken the place of this module


def at_once(folder: Path, logins: Sequence[str]) -> tuple[list[Student], Kafka]:
    """What each of these students waited for, and what Kafka needed meanwhile."""
    process = psutil.Process(int((folder / "class/node-1.pid").read_text()))
    before, memory, said = sum(process.cpu_times()[:2]), 0, FORK.SimpleQueue()
    running = [FORK.Process(target=student, args=(folder, login, said)) for login in logins]
    for each in running:
        each.start()
    while any(each.is_alive() for each in running):
        memory = max(memory, process.memory_info().rss)
        time.sleep(LOOK)
    kafka = Kafka(sum(process.cpu_times()[:2]) - before, memory / 1e6)
    return [Student(*said.get()) for each in running if each.exitcode == 0], kafka


def seen(folder: Path, login: str) -> set[str]:
    """The topics that a student's login can see."""
    given = properties.parsed(folder / f"class/students/{login}.properties", login)
    del given[properties.OWN_NAMESPACE]
    return {*AdminClient(given).list_topics(timeout=30).topics}


def row(name: str, found: Sequence[Student], kafka: Kafka, seconds: float) -> tuple[Any, ...]:
    failed = sum(bool(each.failed) for each in found)
    slowest = max(each.longest for each in found)
    return name, slowest, seconds, failed, kafka.cpu, 100 * kafka.cpu / seconds, kafka.memory


def main() -> None:
    parser = report.arguments(__doc__, 1)
    parser.add_argument("--students", type=int, default=30, help="in the class (%(default)s)")
    options = parser.parse_args()
    report.prepared()
    _ = labkit.Lab  # what the students need is imported before they are forked
    logins = [f"student{number:02}" for number in range(options.students)]
    rows, strangers = [], 0
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        (folder / "students.csv").write_text("\n".join(["alone", *logins]))
        start = [LAB, "class", "start", "--students", "students.csv", "--port", str(free_ports(1)[0])]
        subprocess.run(start, cwd=folder, check=True)
        try:
            for name, some in (("one alone", ["alone"]), (f"{len(logins)} at once", logins)):
                begun = time.monotonic()
                found, kafka = at_once(folder, some)
                rows.append(row(name, found, kafka, time.monotonic() - begun))
                print(*(each.failed for each in found if each.failed), file=sys.stderr, sep="\n")
            strangers = sum(login not in topic for login in logins for topic in seen(folder, login))
        finally:
            subprocess.run([LAB, "class", "stop"], cwd=folder, check=True)
    heads = ["students", "slowest wait, s", "until all are done, s", "failed", "Kafka's CPU, s", "of one CPU, %", "MB"]
    isolation = f"Topics of somebody else that a student's login could see: {strangers}."
    report.write(__file__, __doc__, options.repeats, report.table(heads, rows), isolation)


if __name__ == "__main__":
    main()
