"""Notebooks that attack what grades them: none gains a mark, changes another's, leaves a process or stops the run."""

import base64
import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from labkit.exercises import handing_in
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import RECORDED, Row
from labkit.grading import feedback, gradebook, marking, results, sandbox
from labkit.grading.copies import copies
from labkit.grading.course import Course
from labkit.grading.grade import Plan, Task, described
from labkit.grading.roster import Person
from labkit.grading.runner.job import Limits
from tests.exercises.sample import sampled
from tests.grading.classes import (
    COLLECTION,
    DAMP,
    DEAD_LETTERS,
    EXERCISES,
    RECORDS,
    START,
    Class,
    found,
    graded,
    hand_in,
    promised,
    solution,
    write,
)
from tests.grading.users import User

NEARLY = solution("dead-letters", "no_reason")  # 8 of 9 points
WRONG = 'lab.check("which-records", ["A"])'

BOMB = """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
"""

LEFT_BOMB = f'''
import subprocess, sys
CODE = """{BOMB.replace("os.fork()", "os.fork() and os.setsid()")}"""
subprocess.Popen([sys.executable, "-c", CODE], start_new_session=True)
'''

# 40 MB that would do something in a terminal or a browser, and then a wait in C that neither a signal nor an exception
# ends: it keeps the GIL, as an endless loop in C would, but leaves the processor to others.
FLOOD = """
for _ in range(100):
    print("\\x1b]0;marks\\x07<script>alert(9)</script>" * 10_000)
import ctypes
lock = ctypes.create_string_buffer(64)
for _ in range(2):
    ctypes.PyDLL(None).pthread_mutex_lock(lock)
"""

# Everything in the kernel that has to do with a check says that all is well, and no cell shows that it fails.
PATCHES = """
import builtins, json, sys
import papermill, labkit, quixstreams
from labkit import progress
from labkit.exercises import behaviours, checks, judging
get_ipython().showtraceback = get_ipython().showsyntaxerror = sys.excepthook = lambda *_, **__: None
def kind(*_, **__):
    return {"points": 9, "out_of": 9, "status": "ok", "message": "complete"}
behaviours.Behaviour.holds = behaviours.Behaviour.wrong = lambda *_: True
checks.judge = judging.judge = progress.record = papermill.execute_notebook = kind
labkit.points = quixstreams.points = 9
json.JSONEncoder.default = lambda *_: "9"
raise RuntimeError
"""

# Lines for the grader and reports for the teacher, wherever anything can be written.
FORGER = """
import glob, json, os, pathlib
lines = [b"\\n"]
for nonce in ("", "0" * 32, os.environ.get("NONCE", "nonce")):
    for said in ("ended", "complete", "record", "phase", "points"):
        fields = {"message": said, "status": "ok", "points": 9, "topic": "grade.which-records.out", "value": "9"}
        lines.append(f"{nonce} {json.dumps(fields)}\\n".encode())
for path in [*glob.glob("/proc/[0-9]*/fd/*"), *map(str, range(3, 64))]:
    try:
        fd = int(path) if path.isdigit() else os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        if path.isdigit() and "socket" not in os.readlink(f"/proc/self/fd/{fd}"):
            os.set_blocking(fd, False)
            os.write(fd, b"".join(lines))
    except OSError:
        pass
for directory, _, _ in os.walk("/"):
    if not directory.startswith("/proc") and os.access(directory, os.W_OK):
        for name in ("gradebook.csv", "results.json", "kept/forger-000000.json", "forged-by-a-notebook"):
            try:
                file = pathlib.Path(directory, name)
                file.parent.mkdir(exist_ok=True)
                file.write_text('{"points": 9, "score": 99}')
            except OSError:
                pass
"""

# What a Python, an IPython and a Jupyter that start after this cell would read; the kernel ends, and so one does.
FILES = """
import json, os, pathlib, site
home, evil = pathlib.Path.home(), "import os; os._exit(9)"
for folder in (home, pathlib.Path.cwd(), pathlib.Path(os.environ["TMPDIR"]), pathlib.Path(site.getusersitepackages())):
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("json", "papermill", "psutil", "confluent_kafka", "labkit", "sitecustomize", "usercustomize"):
        (folder / f"{name}.py").write_text(evil)
for parts in (("JUPYTER_DATA_DIR", "kernels/python3"), ("JUPYTER_DATA_DIR", "kernels/evil")):
    folder = pathlib.Path(os.environ[parts[0]]) / parts[1]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kernel.json").write_text(json.dumps({"argv": ["/bin/false"], "display_name": "9", "language": "R"}))
startup = pathlib.Path(os.environ["IPYTHONDIR"], "profile_default", "startup")
startup.mkdir(parents=True, exist_ok=True)
(startup / "00.py").write_text("points = 9")
os._exit(9)
"""

ELSEWHERE = """
import os
del os.environ["LAB_GRADED"]
os.environ.update(LAB_BROKER="127.0.0.1:1", LAB_PROGRESS="/dev/full", LAB_NAMESPACE="mine-")
"""
# More records than anybody reads, records of a megabyte, and topics that are gone.
RECORDS_OF_ITS_OWN = """
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
producer = Producer({"bootstrap.servers": lab.broker.address, "message.max.bytes": 2_000_000})
for _ in range(20_000):
    producer.produce("grade.which-records.out", b"{}")
producer.produce("grade.damp-rooms.out", b"9" * 1_000_000)
producer.produce("grade.damp-rooms.out", b"\\xff" * 500_000)
producer.produce("grade.damp-rooms.out", b'{"time": "9"}')
for number in range(50):
    producer.produce("grade.damp-rooms.out", b'{"device": "cellar", "timestamp": %d, "dew_point": Infinity}' % number)
producer.produce("grade.damp-rooms.out", b"{}", headers={"9" * 500_000: b"9"})
producer.flush()
admin = AdminClient({"bootstrap.servers": lab.broker.address})
for deleted in admin.delete_topics(["grade.dead-letters.out"]).values():
    deleted.result()
"""

# No answer at all: the records that every student has, one nested a thousand deep, and a constant of 4,000 digits.
EVERYBODYS = COLLECTION.folder.expected(EXERCISES[0], EXERCISES[0].sent(RECORDED))["out"]
COPYCAT = f"""
import json, os
from confluent_kafka import Producer
producer = Producer({{"bootstrap.servers": os.environ["LAB_BROKER"]}})
producer.produce("grade.which-records.out", '{{"answer": "x", "student": ' + "[" * 1015 + "]" * 1015 + "}}")
for row in json.loads({json.dumps(EVERYBODYS)!r}):
    key, time = row.pop("key"), row.pop("time")
    producer.produce("grade.damp-rooms.out", json.dumps(row), key, timestamp=time)
producer.flush()
limit = 0x{"f" * 4000}
lab.check("damp-rooms", None)
"""

# The kernel does not end by itself, and it writes when the cells are over: fewer records than are read, though.
LATER = """
import atexit, threading
atexit.register(threading.Event().wait)
def write():
    for number in range(5_000):
        producer.produce("grade.damp-rooms.out", b'{"device": "9"}', timestamp=number)
        producer.flush()
threading.Thread(target=write).start()
"""

SIGNALS = """
import os, signal
for name in filter(str.isdigit, os.listdir("/proc")):
    if int(name) != os.getpid():
        try:
            os.kill(int(name), signal.{})
        except OSError:
            pass
"""

BROKER = r"""
import pathlib, os, signal
for process in pathlib.Path("/proc").glob("[0-9]*"):
    if b"/java" in (process / "cmdline").read_bytes().partition(b"\0")[0]:
        os.kill(int(process.name), signal.SIGKILL)
"""

# More processes than a computer has CPUs, each in a session of its own: the kernel shares time among sessions.
HOG = '''
import subprocess, sys, time
CODE = """
import os, threading, time
os.setsid()
end = time.monotonic() + 5
def work():
    while time.monotonic() < end:
        pass
for _ in range(3):
    threading.Thread(target=work).start()
"""
hogs = [subprocess.Popen([sys.executable, "-I", "-S", "-c", CODE]) for _ in range(8)]
time.sleep(4)
'''

# As many sockets as the sandbox's other processes can have; their buffers would be counted nowhere.
SOCKETS = '''
import subprocess, sys, time
CODE = """
import socket, time
kept = [socket.socketpair() for _ in range(500)]
for one, _ in kept:
    one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**22)
time.sleep(60)
"""
many = [subprocess.Popen([sys.executable, "-I", "-S", "-c", CODE]) for _ in range(30)]
time.sleep(60)
'''

# What is unpacked when the marks are known, to be stepped through, ends whatever it can.
STEPPED = f"""
import base64, pickle
from IPython.display import display
class Evil:
    def __reduce__(self):
        return exec, ({SIGNALS.format("SIGKILL")!r},)
answer = base64.b64encode(pickle.dumps(Evil())).decode()
said = {{"exercise": "damp-rooms", "state": "handed in", "headline": "handed in"}}
display({{{handing_in.MIME!r}: said, {handing_in.ANSWER!r}: answer}}, raw=True)
"""

ATTACKS: Class = {
    "bomb": ([START, RECORDS, BOMB, DAMP, LEFT_BOMB], {"which-records": 1, "damp-rooms": 9}, "crashed"),
    "broker": ([START, RECORDS, BROKER], {"which-records": 0}, "ok"),
    "copycat": ([START, WRONG, COPYCAT], {"which-records": 0, "damp-rooms": 0}, "ok"),
    "files": ([START, RECORDS, FILES, FLOOD, DAMP], {"which-records": 1, "damp-rooms": 9}, "crashed"),
    "forger": (
        [START, PATCHES, NEARLY, WRONG, FORGER, ELSEWHERE, DAMP],
        {"dead-letters": 8, "which-records": 0, "damp-rooms": 0},
        "ok",
    ),
    "hog": ([START, RECORDS, HOG], {"which-records": 1}, "ok"),
    "killer": ([START, RECORDS, SIGNALS.format("SIGKILL")], {"which-records": 0}, "crashed"),
    "records": (
        [START, RECORDS, DEAD_LETTERS, DAMP, RECORDS_OF_ITS_OWN, LATER],
        {"which-records": 0, "dead-letters": 5, "damp-rooms": 7},
        "ok",
    ),
    "sockets": ([START, RECORDS, SOCKETS], {"which-records": 0}, "crashed"),
    "stepped": ([START, solution("damp-rooms", "from_60_on"), STEPPED], {"damp-rooms": 8}, "ok"),
    "zoe <script>alert(9)": ([START, DAMP, RECORDS], {"which-records": 1, "damp-rooms": 9}, "ok"),
}
# What processes, files in /proc and signals can do depends on whose they are. The other attacks meet the same sandbox.
OF_A_USER = ("bomb", "forger", "killer", "sockets", "stepped")
LIMITS = Limits(cell_seconds=40, seconds=300)  # an answer may take 30 s on a busy machine


@pytest.mark.slow
def test_no_attack_gains_a_mark_or_costs_anybody_else_one(user: User) -> None:
    folder, out = user.folder / "class", user.folder / "out"
    r = {"name": "ir", "display_name": "R", "language": "R"}
    write(folder / "r" / "02.ipynb", [RECORDS], kernelspec=r)
    attacks = ATTACKS if user.is_first else {name: ATTACKS[name] for name in OF_A_USER}
    made = hand_in(folder, attacks)
    before = files(user.folder)
    reports = user.call(graded, folder, out, LIMITS)

    assert found(reports) == promised(attacks)
    for endless in (each["trouble"] for each in reports if each["student"] == "files"):
        assert any(each.endswith("it ran longer than 40 s; the other cells ran without it") for each in endless)
    assert {each.parent.name for each in files(user.folder) - before} == {"kept", "executed"}
    assert len(files(user.folder) - before) == 2 * len(attacks)
    assert not [each for each in files(out) if "\x1b" in each.read_text() or each.stat().st_size > 100_000]

    everybody = results_of(made, dict(zip(made.tasks, reports, strict=True)))
    assert {each.student: each.status for each in everybody}["r"] == "unreadable"
    gradebook.write(out, Course(), EXERCISES, everybody, [], copies(made.tasks).copies)
    assert not [each for each in out.rglob("*.html") if "<script" in each.read_text()]


def results_of(made: Plan, reports: Mapping[Task, results.Report | None]) -> list[results.Result]:
    return results.results(Course(), EXERCISES, made, reports, {})


def test_a_sandbox_that_is_frozen_from_inside_is_ended(user: User) -> None:
    frozen: Class = {"frozen": ([SIGNALS.format("SIGSTOP"), START, RECORDS], {"which-records": 0}, "timeout")}
    hand_in(user.folder / "class", frozen)
    reports = user.call(graded, user.folder / "class", user.folder / "out", Limits(seconds=10, around=5), 1)
    assert found(reports) == promised(frozen)


ROWS = (
    "null", "[" * 900 + "]" * 900, '{"time": "9"}', '{"time": null}', '{"time": 1e999}', '{"time": -1}',
    '{"key": [[]]}', '{"key": {"device": 9}}', '{"device": {}, "timestamp": []}', '{"device": true, "dew_point": "9"}',
)  # fmt: skip


@sampled(COLLECTION.folder.exercises())
def test_whatever_a_record_says_the_run_goes_on(exercise: Exercise) -> None:
    """Each stands alone, beside a right one, and all together."""
    sent = exercise.sent("a seed")
    right = {exercise.topic(name): map(record, rows) for name, rows in COLLECTION.expected(exercise, sent).items()}
    first = {topic: list(records)[:1] for topic, records in right.items()}
    times = (0, -1, 2**62, 10**30)
    each = [record({"key": key, "time": time}, row) for row in ROWS for time in times for key in (None, "\x1b")]
    for evil in ([], *([one] for one in each), each):
        outcome = sandbox.Outcome(records={topic: [*first[topic], *evil] for topic in first})
        mark = marking.mark(COLLECTION, exercise, sent, outcome, Limits())
        judged = described(mark) | {"state": "handed in", "said": "", "step": "<script>"}
        report = {"file": "f", "status": "ok", "seconds": 1.0, "trouble": [], "exercises": [judged]}
        points = {exercise.name: float(mark.points)}
        page = feedback.page(results.Result("s", Person("s"), points, points, reports=[report]))
        assert "<pre>&lt;script&gt;</pre>" in page
        assert "<script" not in page


def record(row: Row, value: str | None = None) -> dict[str, Any]:
    """A record as it comes out of the sandbox."""
    own = {name: each for name, each in row.items() if name not in ("key", "time")}
    text = json.dumps(own) if value is None else value
    return {"key": row["key"], "time": row["time"], "headers": {}, "value": base64.b64encode(text.encode()).decode()}


def test_nobody_opens_the_lines_of_a_sandbox_a_second_time() -> None:
    """As a pipe they could be read in /proc by a notebook of an ordinary user, with the number that they begin with."""
    with sandbox.started(Limits(), isolated=False, cpu=0) as (process, _):
        with pytest.raises(OSError, match="No such device"):
            os.open(f"/proc/{process.pid}/fd/1", os.O_RDONLY)
        process.kill()


def files(folder: Path) -> set[Path]:
    return {each for each in folder.rglob("*") if each.is_file() and each.name != ".gitignore"}


def test_whatever_a_line_says_the_run_goes_on() -> None:
    outcome = sandbox.Outcome()
    lines = [
        "5",
        "[]",
        "null",
        '"ended"',
        "[" * 50_000,
        '{"message": ["ended"], "status": "ok"}',
        '{"message": "ended", "status": ["ok"], "starved": false}',
        '{"message": "ended", "status": "ok", "starved": 0}',
        '{"message": "ended", "status": "graded", "starved": false}',
        '{"message": "cell", "number": Infinity, "text": 1, "error": ""}',
        '{"message": "phase", "name": 1, "seconds": 1e999}',
        '{"message": "record", "topic": {}}',
        '{"message": "verdict", "exercise": "damp-rooms", "state": [], "headline": ""}',
    ]
    lines += [json.dumps({"message": "phase", "name": "x", "seconds": 10**400})]
    said = [f"nonce {each}\n" for each in [*lines, '{"message": "complete"}']]
    for nobodys in ("other ", " ", ""):
        said.append(f'{nobodys}{{"message": "ended", "status": "ok", "starved": false}}\n')
    sandbox.receive(io.BytesIO("".join(said).encode()), "nonce", Limits(), outcome)
    assert outcome.complete
    assert outcome.status == "crashed"
