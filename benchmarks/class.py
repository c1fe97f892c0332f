"""A class on one Kafka: students who run notebooks 01 to 04 at the same moment, each in kernels of their own.

`lab class` runs the Kafka, with a login for each student. One student alone is the bare peer: the same notebooks on the
same Kafka. A wait is a cell that calls `lab.wait_for`, which returns when Kafka holds so many records. All kernels
share this computer's CPUs, after Kafka (`nice`), so the class takes as long as its notebooks need processor time.

Thirty kernels are too much for two CPUs. Of a class of thirty there is what its clients do to Kafka: each student is a
script with a producer (3 devices, 2 readings a second from each) and the three pipelines of lesson 04, all at work at
the same time, without notebooks, panels and charts. They begin a second after each other. A wait is one for the next
readings or averages, of which each second brings some; Kafka is measured for a minute in which all are at work.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
import psutil
import report
from confluent_kafka.admin import AdminClient
from jupyter_client import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from labkit import Lab, LabError
from labkit.kafka import properties
from labkit.loopback import free_ports
from labkit.pipelines import PIPELINES

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
LESSONS = ("01_producer", "02_filter", "03_windows", "04_live_charts")
LAB = Path(sys.executable).with_name("lab")
PATIENCE = 1800  # seconds for a cell: the whole class waits for two CPUs
LOOK = 1.0  # seconds
APART, TOGETHER = 1.0, 60.0  # seconds between two students that begin, and for which all are at work


class Student(NamedTuple):
    """What a student waited for: the longest `lab.wait_for`, all notebooks, and what failed (seconds)."""

    longest: float
    total: float
    failed: list[str]


class Kafka(NamedTuple):
    """What Kafka needed: processor seconds, and megabytes at most, in so many seconds."""

    cpu: float
    memory: float
    seconds: float


def run(client: NotebookClient, name: str, waits: list[float]) -> list[str]:
    """Run a notebook, note how long each wait took, and return what failed."""
    with client.setup_kernel():
        for number, cell in enumerate(client.nb.cells):
            before = time.monotonic()
            try:
                client.execute_cell(cell, number)
            except CellExecutionError as error:
                return [f"{name} [{number}]: {error.ename}: {error.evalue}"]
            if "lab.wait_for(" in cell.source:
                waits.append(time.monotonic() - before)
    return []


def student() -> None:
    """Run the notebooks as the student that the environment names; print what was waited for."""
    begun, waits, failed = time.monotonic(), [0.0], []
    for name in LESSONS:
        notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", 4)
        resources = {"metadata": {"path": str(NOTEBOOKS)}}
        client = NotebookClient(notebook, timeout=PATIENCE, startup_timeout=PATIENCE, resources=resources)
        with tempfile.TemporaryDirectory() as sockets:  # of ports, thirty kernels would find some twice
            client.km = AsyncKernelManager(transport="ipc", ip=f"{sockets}/kernel")
            failed += run(client, name, waits)
    print(json.dumps(Student(max(waits), time.monotonic() - begun, failed)))


def traffic() -> None:
    """Do to Kafka what the student does whom the environment names, until the input ends; print what was waited for."""
    begun, longest, failed, over = time.monotonic(), 0.0, [], threading.Event()
    lab = Lab()
    lab.produce(devices=3, per_second=2.0, seed=0)
    for each in PIPELINES.values():
        lab.run(each.function, reads=each.reads, writes=each.writes)
    lab.wait_for("avg-temp")
    print("at work", flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    while not over.is_set():
        for topic in ("sensor", "avg-temp"):
            before = time.monotonic()
            try:
                lab.wait_for(topic, new=1)
            except LabError as error:
                failed.append(str(error))
            longest = max(longest, time.monotonic() - before)
    print(json.dumps(Student(longest, time.monotonic() - begun, failed)), flush=True)


def started(folder: Path, login: str, mode: str) -> subprocess.Popen[str]:
    private = folder / f"home-{login}"
    private.mkdir(exist_ok=True)
    own = {"LAB_KAFKA_CONFIG": str(folder / f"class/students/{login}.properties")}
    own["LAB_PROGRESS"] = str(private / "progress.json")
    command = ["nice", sys.executable, __file__, mode]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | own)


def together(folder: Path, logins: Sequence[str]) -> tuple[list[Student], Kafka]:
    """What each of these students waited for while all were at work, and what Kafka needed in a minute."""
    process = psutil.Process(int((folder / "class/node-1.pid").read_text()))
    running = []
    for login in logins:
        running.append(started(folder, login, "--traffic"))
        time.sleep(APART)
    for each in running:
        assert each.stdout
        assert each.stdout.readline() == "at work\n"
    before = sum(process.cpu_times()[:2])
    time.sleep(TOGETHER)
    kafka = Kafka(sum(process.cpu_times()[:2]) - before, process.memory_info().rss / 1e6, TOGETHER)
    return said(running), kafka


def at_once(folder: Path, logins: Sequence[str]) -> tuple[list[Student], Kafka]:
    """What each of these students waited for, and what Kafka needed meanwhile."""
    process = psutil.Process(int((folder / "class/node-1.pid").read_text()))
    begun, before, memory = time.monotonic(), sum(process.cpu_times()[:2]), 0
    running = [started(folder, login, "--student") for login in logins]
    while any(each.poll() is None for each in running):
        memory = max(memory, process.memory_info().rss)
        time.sleep(LOOK)
    kafka = Kafka(sum(process.cpu_times()[:2]) - before, memory / 1e6, time.monotonic() - begun)
    return said(running), kafka


def said(running: Sequence[subprocess.Popen[str]]) -> list[Student]:
    """End the input of these students. Returns what they waited for."""
    return [Student(*json.loads(each.communicate()[0])) for each in running]


def seen(folder: Path, login: str) -> set[str]:
    """The topics that a student's login can see."""
    given = properties.parsed(folder / f"class/students/{login}.properties", login)
    del given[properties.OWN_NAMESPACE]
    return {*AdminClient(given).list_topics(timeout=30).topics}


def row(name: str, found: Sequence[Student], kafka: Kafka) -> tuple[Any, ...]:
    """A row of a table; what failed is printed."""
    print(*(each.failed for each in found if each.failed), file=sys.stderr, sep="\n")
    failed = sum(bool(each.failed) for each in found)
    slowest = max(each.longest for each in found)
    return name, slowest, kafka.seconds, failed, kafka.cpu, 100 * kafka.cpu / kafka.seconds, kafka.memory


def main() -> None:
    parser = report.arguments(__doc__, 1)
    parser.add_argument("--students", type=int, default=30, help="in the class (%(default)s)")
    parser.add_argument("--notebooks", type=int, default=6, help="of them, who run notebooks (%(default)s)")
    parser.add_argument("--student", action="store_true", help="be one of these")
    parser.add_argument("--traffic", action="store_true", help="be one of the others")
    options = parser.parse_args()
    if options.student or options.traffic:
        student() if options.student else traffic()
        return
    report.prepared()
    logins = [f"student{number:02}" for number in range(options.students)]
    some = logins[: options.notebooks]
    lessons: list[tuple[Any, ...]] = []
    lighter: list[tuple[Any, ...]] = []
    strangers = 0
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        (folder / "students.csv").write_text("\n".join(["alone", *logins]))
        start = [LAB, "class", "start", "--students", "students.csv", "--port", str(free_ports(1)[0])]
        subprocess.run(start, cwd=folder, check=True)
        try:
            for rows, measured, many in ((lessons, at_once, some), (lighter, together, logins)):
                for name, these in (("one alone", ["alone"]), (f"{len(many)} at once", many)):
                    rows.append(row(name, *measured(folder, these)))
            strangers = sum(login not in topic for login in logins for topic in seen(folder, login))
        finally:
            subprocess.run([LAB, "class", "stop"], cwd=folder, check=True)
    kafka = ["failed", "Kafka's CPU, s", "of one CPU, %", "MB"]
    isolation = f"Topics of somebody else that a student's login could see: {strangers}."
    tables = [
        report.table(["notebooks: students", "slowest wait, s", "until all are done, s", *kafka], lessons),
        report.table(["clients: students", "slowest wait, s", "measured for, s", *kafka], lighter),
        isolation,
    ]
    report.write(__file__, __doc__, options.repeats, "\n\n".join(tables))


if __name__ == "__main__":
    main()
