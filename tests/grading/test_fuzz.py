"""Whatever one student hands in, and whatever comes out of its sandbox, costs that student's row and no other.

The sandbox is left out: what it would send is made up, as hostile as it can be. All else is `lab grade` itself.
"""

import base64
import csv
import io
import json
import struct
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labkit.exercises.records import Sent
from labkit.grading import command, sandbox
from labkit.grading.runner.job import ExerciseTopics
from labkit.grading.sandbox import Outcome, Said
from tests.grading.classes import COLLECTION

pytestmark = pytest.mark.filterwarnings("ignore:Duplicate name")  # in a zip, which is one of the attacks

HONEST = ("anna", "ben")
CHECK = 'lab.check("damp-rooms", damp_rooms)'
QUESTION = 'lab.check("which-records", answer)'
EXERCISE = COLLECTION.folder.exercise("damp-rooms")
TOPICS = (EXERCISE.topic("out"), COLLECTION.folder.exercise("which-records").topic("out"))
COURSE = 'lessons = ["02_filter"]\nroster = {anna = "Anna Ek", ben = "Ben Oz", eve = "Eve"}\n'

EVIL = st.sampled_from(
    ["\ud800", "=cmd()", "a;=1", "x\u2028y", "\x1b[2J", "<script>", "\0", "\u202e", "A\u0308", "a\r\nb", "\ufeff"]
)
TEXT = st.text(max_size=20) | EVIL
NUMBER = st.integers() | st.sampled_from([0, -1, 2**63, 10**30]) | st.floats()
DEEP = st.sampled_from([1015, 5000]).map(lambda depth: "[" * depth + "]" * depth)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("device", "timestamp", "key", "student", "answer")
OBJECT = st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4)
NESTED = st.builds(lambda name, value: f'{{"{name}": {value}}}', st.sampled_from(FIELDS), DEEP)
VALUE = st.one_of(NESTED, NESTED, st.builds(json.dumps, OBJECT), st.builds(json.dumps, JSON))
CODE = st.sampled_from(
    [
        CHECK,
        "lab.check(exercise=name)",
        "def f(: " + CHECK,
        f"def damp_rooms(stream):\n    return {[*range(50)]}, 0x{'f' * 4000}\n{CHECK}",
        "-" * 3000 + "1\n" + CHECK,
        "\n".join(f"def f{number}(): return f{number + 1}" for number in range(3000)) + "\nlab.check('damp-rooms', f0)",
        "%%bash\n" + CHECK,
        '"' * 3 + CHECK,
        "lab.check(" * 150 + ")" * 150,
        "'\\d'\n" + CHECK,
    ]
)
CELL = st.fixed_dictionaries(
    {
        "cell_type": st.sampled_from(["code", "code", "markdown", "raw"]) | JSON,
        "source": CODE | st.lists(CODE | TEXT) | JSON,
    },
    optional={"metadata": JSON, "id": JSON, "outputs": JSON},
)
NOTEBOOK = st.fixed_dictionaries(
    {"cells": st.lists(CELL, max_size=4) | JSON}, optional={"metadata": JSON, "nbformat": JSON, "worksheets": JSON}
)
READABLE = st.lists(CODE, min_size=1, max_size=3).map(
    lambda codes: {"cells": [{"cell_type": "code", "source": each} for each in (*codes, QUESTION)]}
)
CONTENT = (
    (READABLE | NOTEBOOK).map(lambda each: json.dumps(each).encode()) | DEEP.map(str.encode) | st.binary(max_size=200)
)
NAME = (
    st.text(min_size=1, max_size=30)
    | EVIL
    | st.sampled_from(
        [
            "..",
            ".",
            "timestamp.txt",
            "x_1_2_y",
            "x_4711_assignsubmission_file_",
            "submitted",
            "anna",
            "a" * 250,
            "__MACOSX",
        ]
    )
)
PATH = st.builds(
    lambda parts, end: "/".join(parts) + end,
    st.lists(NAME, min_size=1, max_size=4),
    st.sampled_from([".ipynb", "", ".ipynb.json"]),
)
STAMP = st.sampled_from(["9999-12-31T23:59:59-14:00", "0001-01-01", "now", "2026-01-01 00:00:00 Nowhere"]) | TEXT


def sent_to(topics: ExerciseTopics) -> list[Sent]:
    return [Sent(key, json.loads(base64.b64decode(value)), time) for _, key, value, time in topics.readings]


def record(key: Any, time: Any, value: bytes) -> dict[str, Any]:
    return {"key": key, "time": time, "headers": {}, "value": base64.b64encode(value).decode()}


def honest(topics: Sequence[ExerciseTopics]) -> Outcome:
    rows = COLLECTION.expected(EXERCISE, sent_to(topics[0]))["out"]
    fields = [{name: each for name, each in row.items() if name not in ("key", "time")} for row in rows]
    said = [record(row["key"], row["time"], json.dumps(each).encode()) for row, each in zip(rows, fields, strict=True)]
    return Outcome("ok", records={EXERCISE.topic("out"): said}, begun=True, complete=True, seconds=1.0)


@st.composite
def hostile(draw: st.DrawFn) -> Outcome:
    value = VALUE.map(lambda text: text.encode(errors="replace"))
    first = st.builds(record, st.none(), st.just(0), NESTED.map(str.encode))
    line = (
        st.builds(record, st.none() | TEXT, st.integers(0, 2**41), value) | st.builds(record, JSON, JSON, value) | JSON
    )
    return Outcome(
        draw(st.sampled_from(["ok", "crashed", "timeout"])),
        {topic: [draw(first), *draw(st.lists(line, max_size=4))] for topic in TOPICS},
        draw(st.dictionaries(st.integers() | st.just(10**4299), TEXT, max_size=3)),
        draw(st.dictionaries(st.integers(), TEXT, min_size=1, max_size=3)),
        draw(st.sets(st.just(EXERCISE.topic("out")) | TEXT, max_size=1)),
        {"damp-rooms": Said(draw(TEXT), draw(TEXT))},
        draw(st.dictionaries(TEXT, st.floats(), max_size=2)),
        draw(st.floats(0, 1e9)),
        draw(st.booleans()),
        begun=True,
    )


def clean() -> bytes:
    cells = [{"cell_type": "code", "source": CHECK, "metadata": {}, "outputs": []}]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


@st.composite
def zips(draw: st.DrawFn, least: int = 1, most: int = 3) -> bytes:
    """A class in which eve has filled her own folder as she liked, in a zip whose entries of hers may be damaged."""
    whole = io.BytesIO()
    files = draw(st.dictionaries(PATH, CONTENT, min_size=least, max_size=most))
    method = draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2]))
    with zipfile.ZipFile(whole, "w") as packed:
        for name in HONEST:
            packed.writestr(f"submitted/{name}/week2/02.ipynb", clean())
        packed.writestr("submitted/eve/week2/timestamp.txt", draw(STAMP).encode(errors="replace"))
        packed.writestr("submitted/eve/week2/02.ipynb", draw(CONTENT), method)
        packed.writestr("submitted/eve/week2/03.ipynb", json.dumps(draw(READABLE)).encode())
        for path, content in files.items():
            encodable = path.encode(errors="replace").decode().replace("\0", "")
            packed.writestr(f"submitted/eve/week2/{encodable}", content, method)
        hers = [
            each
            for each in packed.infolist()
            if each.filename.startswith("submitted/eve")
            if each.compress_type == method
        ]
    content = bytearray(whole.getvalue())
    for entry in hers:
        damage(content, entry, draw)
    return bytes(content)


def damage(content: bytearray, entry: zipfile.ZipInfo, draw: st.DrawFn) -> None:
    """Some bytes of an entry are changed, and its date is one that no calendar has."""
    first = entry.header_offset + 30 + len(entry.filename.encode()) + len(entry.extra)
    if entry.compress_size:
        for place in draw(st.lists(st.integers(first, first + entry.compress_size - 1), max_size=3)):
            content[place] ^= draw(st.integers(1, 255))
    if draw(st.booleans()):
        where = content.rindex(entry.filename.encode()) - 46  # its place in the directory
        assert content[where : where + 4] == b"PK\1\2"
        content[where + 12 : where + 16] = struct.pack("<HH", 0xFFFF, 0)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("fuzz")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(place)
        patched.setattr(command, "_prepare", lambda _: None)
        (place / "course.toml").write_text(COURSE, encoding="utf-8")
        yield place


def graded(here: Path, given: Path, outcome: Outcome, number: int) -> dict[str, dict[str, str]]:
    """The gradebook's rows, by student, of a class whose sandboxes send this unless the notebook is honest."""

    def run(cells: Sequence[str], topics: Sequence[ExerciseTopics], *_: Any) -> Outcome:
        return honest(topics) if [*cells] == [CHECK] else outcome

    out = here / f"grades{number}"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sandbox, "run", run)
        wanted = command.Wanted(jobs=1, isolated=False)
        as_deep_as_usual(lambda: command.grade([given], out, here / "course.toml", wanted))
    table = csv.DictReader(io.StringIO((out / "gradebook.csv").read_text("utf-8-sig"), newline=""))
    return {row["student_id"]: row for row in table}


def as_deep_as_usual(call: Callable[[], None]) -> None:
    """Hypothesis lets a test recurse deeper than a program can, which would hide what exhausts the stack."""
    usual, raised = 1000, sys.getrecursionlimit()
    with ThreadPoolExecutor(1) as pool:
        sys.setrecursionlimit(usual)
        try:
            pool.submit(call).result()
        finally:
            sys.setrecursionlimit(raised)


def held(rows: dict[str, dict[str, str]]) -> None:
    assert [(rows[name]["damp-rooms"], rows[name]["status"]) for name in HONEST] == [("9.0", "ok")] * 2
    assert rows["eve"]["status"] != "missing"
    assert {*rows} == {*HONEST, "eve"}


fresh = iter(range(10**9))
"""A number for each class, so that no marks are taken from an earlier one."""


def one_class(here: Path, archive: bytes, outcome: Outcome) -> None:
    number = next(fresh)
    file = here / f"class{number}.zip"
    file.write_bytes(archive)
    held(graded(here, file, outcome, number))


FUZZED = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]
)


@pytest.mark.slow
@settings(FUZZED, max_examples=60, phases=[__import__("hypothesis").Phase.generate])
@given(archive=zips(), outcome=hostile())
def test_no_submission_costs_anybody_else_a_mark(here: Path, archive: bytes, outcome: Outcome) -> None:
    one_class(here, archive, outcome)


@pytest.mark.soak
@settings(FUZZED, max_examples=1_000)
@given(archive=zips(least=9, most=12), outcome=hostile())
def test_ten_thousand_hostile_submissions_cost_nobody_else_a_mark(here: Path, archive: bytes, outcome: Outcome) -> None:
    one_class(here, archive, outcome)
