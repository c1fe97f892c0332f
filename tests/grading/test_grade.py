"""A class is graded in real sandboxes: right and wrong answers, and notebooks that want something else."""

import socket
from pathlib import Path
from typing import Any

import nbformat
import pytest

from labkit.flink.installation import FlinkInstallation
from labkit.grading import bubblewrap, sandbox, submissions
from labkit.grading.grade import plan
from labkit.grading.runner.job import Limits
from tests.grading.classes import (
    COLLECTION,
    DAMP,
    DEAD_LETTERS,
    RECORDS,
    START,
    Class,
    found,
    graded,
    grader,
    hand_in,
    points,
    promised,
    solution,
    write,
)
from tests.grading.users import User

# Searches for everything that it must not see, and answers rightly only if it sees nothing.
SPY = f"""
import ctypes, os, pathlib, socket
def seen():
    for path in %r:
        if os.path.isdir(path) and os.listdir(path) or os.path.isfile(path):
            yield path
    try:
        socket.create_connection(("127.0.0.1", %d), timeout=1)
        yield "a listener of the host"
    except OSError:
        pass
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if b"course" in (process / "environ").read_bytes():
                yield "an environment"
        except OSError:
            pass
    if os.getuid() == 0 or not os.environ["HOME"].startswith(os.environ["TMPDIR"]):
        yield "a real user"
    if os.system("unshare --user true") == 0:  # in which it could mount a file system of any size
        yield "a user namespace of its own"
    try:
        os.memfd_create("more")
        yield "memory that nobody counts"
    except OSError:
        pass
    if ctypes.CDLL(None).shmget(0, 4096, 0o1600) != -1:
        yield "shared memory that nobody counts"
    if int(open("/proc/sys/net/ipv4/tcp_rmem").read().split()[2]) > 2**20:
        yield "buffers that nobody counts"
    for path in ("/usr/x", "/etc/x", %r):
        try:
            pathlib.Path(path).write_text("")
            yield path
        except OSError:
            pass
found = [*seen()]
print(found)
{DAMP.replace('lab.check("damp-rooms", answer)', 'lab.check("damp-rooms", dry_rooms if found else answer)')}
"""

GREEDY = """
try:
    memory = bytearray(3_000_000_000)
except MemoryError:
    memory = None
import subprocess, sys
daemon = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
try:
    open("full", "wb").write(bytes(600_000_000))
except OSError:
    pass
import os; os.path.exists("full") and os.remove("full")
"""

CLASS: Class = {
    "anna": ([START, DAMP, DEAD_LETTERS, RECORDS], {"damp-rooms": 9, "dead-letters": 9, "which-records": 1}, "ok"),
    "ben": (
        ["import sys; sys.exit(0)", START, solution("damp-rooms", "from_60_on"), RECORDS],
        {"damp-rooms": 8, "which-records": 1},
        "ok",
    ),
    "=cmd()": ([START, 'lab.check("which-records", None)', "1 / 0", DAMP], {"which-records": 0, "damp-rooms": 9}, "ok"),
}


@pytest.mark.usefixtures("sandboxes")
@pytest.mark.parametrize(
    ("cell", "starved"),
    [
        ("import os; os._exit(0)", False),
        ("import ctypes; ctypes.string_at(0)", False),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", True),  # as when the machine has no memory left
        ("import time; time.sleep(600)", True),
    ],
)
def test_others_may_be_why_a_kernel_was_killed_or_a_cell_waits(cell: str, starved: bool) -> None:
    outcome = sandbox.run([cell], [], Limits(cell_seconds=5 if "sleep" in cell else 60))
    assert (outcome.status, outcome.starved, outcome.complete) == ("crashed", starved, True)


@pytest.mark.usefixtures("sandboxes")
def test_sql_is_graded_in_the_sandbox_too(flink: FlinkInstallation | None, tmp_path: Path) -> None:
    if not flink:
        pytest.skip("Flink is not installed: uv run --all-extras pytest")
    exercise = COLLECTION.folder.exercise("flink-hottest")
    write(tmp_path / "class" / "anna" / "05_flink_exercises.ipynb", [START, solution("flink-hottest")])
    made = plan(submissions.read(tmp_path / "class"), [exercise])
    limits = Limits(cell_seconds=240)  # Flink needs seven seconds of a CPU, for which it may have to wait
    (report,) = grader(tmp_path / "out", limits).grade(made.tasks, 1)
    assert (points(report), report["status"], report["trouble"]) == ({"flink-hottest": exercise.points}, "ok", [])


@pytest.mark.usefixtures("sandboxes")
def test_an_answer_with_two_inputs_gets_the_readings_of_both(tmp_path: Path) -> None:
    exercise = COLLECTION.folder.exercise("where-it-hangs")
    write(tmp_path / "class" / "anna" / "08_tables_and_joins_exercises.ipynb", [START, solution("where-it-hangs")])
    made = plan(submissions.read(tmp_path / "class"), [exercise])
    (report,) = grader(tmp_path / "out", Limits()).grade(made.tasks, 1)
    assert (points(report), report["status"]) == ({"where-it-hangs": exercise.points}, "ok")


@pytest.mark.usefixtures("sandboxes", "registry_files")
def test_a_schema_is_graded_with_a_registry_in_the_sandbox(tmp_path: Path) -> None:
    """There is no network, and another Java process is started."""
    exercise = COLLECTION.folder.exercise("compatible-change")
    write(tmp_path / "anna" / "09_contracts_exercises.ipynb", [START, solution("compatible-change")])
    wrong = solution("compatible-change", "humidity_may_be_null")  # which only the registry sees
    write(tmp_path / "ben" / "09_contracts_exercises.ipynb", [START, wrong])
    tasks = plan(submissions.read(tmp_path), [exercise]).tasks
    reports = grader(tmp_path / "kept", Limits()).grade(tasks, 2)
    marks = {"anna": ({"compatible-change": exercise.points}, "ok"), "ben": ({"compatible-change": 10}, "ok")}
    assert found(reports) == marks


def test_each_gets_the_marks_of_its_records_and_no_more(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, out = user.folder / "class", user.folder / "out"
    monkeypatch.setenv("CLOUD_KEY", "of the course")
    grading = [each for each in bubblewrap.HIDDEN.iterdir() if each != bubblewrap.RUNNER]
    recorded = COLLECTION.folder.recording("damp-rooms").parent
    hidden = [str(each) for each in (*grading, COLLECTION.solutions, COLLECTION.oracles, recorded, user.folder)]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        spy = SPY.replace("%d", str(listener.getsockname()[1]))
        for value in (hidden, str(user.folder / "spied")):
            spy = spy.replace("%r", repr(value), 1)
        everybody = {"spy": ([START, GREEDY, spy], {"damp-rooms": 9}, "ok")} | (CLASS if user.is_first else {})
        made = hand_in(folder, everybody)
        reports = user.call(graded, folder, out, Limits(cell_seconds=40))
    assert found(reports) == promised(everybody)

    executed = {each["student"]: nbformat.read(out / "executed" / each["executed"], 4) for each in reports}
    nbformat.validate(executed["spy"])
    assert max(len(nbformat.writes(each)) for each in executed.values()) < 20_000
    if user.is_first:
        check_what_is_said(reports, executed["=cmd()"])

    monkeypatch.setattr(sandbox, "run", None)  # nothing is graded twice
    assert grader(out, Limits(cell_seconds=40)).grade(made.tasks, 2) == reports


def check_what_is_said(reports: list[dict[str, Any]], notebook: Any) -> None:
    states = {each["student"]: {one["name"]: one["state"] for one in each["exercises"]} for each in reports}
    assert states["=cmd()"] == {"which-records": "unanswered", "damp-rooms": "handed in"}
    assert states["anna"] == dict.fromkeys(states["anna"], "handed in")
    steps = {each["student"]: {one["name"]: one["step"] for one in each["exercises"]} for each in reports}
    assert 'return readings[readings["humidity"] >= 60]' in steps["ben"]["damp-rooms"]
    assert "humidity 60," in steps["ben"]["damp-rooms"]
    assert steps["ben"]["which-records"] == steps["anna"]["damp-rooms"] == ""
    *_, error, check = map(written, notebook.cells)
    assert error == "ZeroDivisionError: division by zero"
    assert check.startswith("● handed in: damp-rooms: Damp rooms, and their dew points\n")
    assert check.count("handed in") == 1


def written(cell: Any) -> str:
    return "".join(each["text"] for each in cell["outputs"])
