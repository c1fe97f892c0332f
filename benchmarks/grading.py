"""How many submissions `lab grade` grades, where the time goes, and what it needs of memory.

A notebook has three exercises, with their references as answers. `papermill` is the bare peer: it runs the same
notebook as a student would, without a sandbox and without marks. A class of mixed quality has the same exercises:
in turn right, wrong, unanswered, unfinished, with an error, with 20 MB of output, and not a notebook at all; every
20th ends its kernel, and every 50th never ends (a cell has 60 s). As many are graded at once as there are CPUs. The
aim is 20 a minute.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import psutil
import report
from nbformat.v4 import new_code_cell, new_notebook

from labkit.grading import authoring, marking, sandbox, submissions
from labkit.grading.exercises import Exercises
from labkit.grading.grade import Grader, plan
from labkit.grading.runner.job import Limits

COLLECTION = authoring.of_the_package()
NAMES = ("damp-rooms", "dead-letters", "which-records")
EXERCISES = [COLLECTION.folder.exercise(name) for name in NAMES]
START = "from labkit import Lab\n\nlab = Lab()"
PAPERMILL = (
    "import papermill, sys; papermill.execute_notebook(sys.argv[1], None, kernel_name='python3', progress_bar=False)"
)


def checked(name: str, answer: str) -> str:
    return f'{COLLECTION.solution(name).read_text()}\nlab.check("{name}", {answer})'


LETTERS = COLLECTION.solutions_of(EXERCISES[2]).answer(EXERCISES[2].sent(0))
RIGHT = [
    START,
    checked("damp-rooms", "answer"),
    checked("dead-letters", "answer"),
    checked("which-records", repr(LETTERS)),
]
KINDS = {
    "right": RIGHT,
    "wrong": [
        START,
        checked("damp-rooms", "from_60_on"),
        checked("dead-letters", "answer"),
        checked("which-records", "'A'"),
    ],
    "unanswered": [START, *(f'lab.check("{name}", None)' for name in NAMES)],
    "unfinished": RIGHT[:2],
    "with an error": [START, "1 / 0", *RIGHT[1:]],
    "20 MB of output": [START, "print('x' * 20_000_000)", *RIGHT[1:]],
    "no notebook": [],
}
ENDS_ITS_KERNEL, NEVER_ENDS = "import os\nos._exit(0)", "while True:\n    pass"


def notebook(file: Path, sources: list[str]) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=[new_code_cell(each) for each in sources]), file)
    return file


def graded(isolated: bool, phases: dict[str, list[float]]) -> float:
    sent = {each.name: each.sent("benchmark") for each in EXERCISES}
    topics = [marking.topics(each, sent[each.name]) for each in EXERCISES]
    outcome = sandbox.run(RIGHT, topics, Limits(), isolated)
    assert outcome.complete
    if isolated:
        for name, seconds in outcome.phases.items():
            phases.setdefault(name, []).append(seconds)
    return outcome.seconds


def bare(file: Path) -> float:
    begun = time.monotonic()
    subprocess.run([sys.executable, "-c", PAPERMILL, file], check=True, capture_output=True)
    return time.monotonic() - begun


class Memory:
    """The most memory that this process, and that it and all its descendants, have had meanwhile, in MB."""

    def __enter__(self) -> "Memory":
        self.own = self.all = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        me = psutil.Process()
        while not self._over.wait(0.5):
            own = me.memory_info().rss / 2**20
            self.own = max(self.own, own)
            self.all = max(self.all, own + sum(map(_memory, me.children(recursive=True))))


def _memory(process: psutil.Process) -> float:
    try:
        return float(process.memory_info().rss / 2**20)
    except psutil.Error:
        return 0.0


def a_class(folder: Path, students: int) -> None:
    for number in range(students):
        sources = [*KINDS.values()][number % len(KINDS)]
        for every, cell in ((20, ENDS_ITS_KERNEL), (50, NEVER_ENDS)):
            sources = [*RIGHT, cell] if number % every == every - 1 else sources
        notebook(folder / f"student-{number:03}" / "02_filter_exercises.ipynb", sources)


def whole_class(directory: Path, students: int) -> list[tuple[str, Any]]:
    a_class(directory / "class", students)
    made = plan(submissions.read(directory / "class"), EXERCISES)
    begun = time.monotonic()
    with Memory() as memory:
        reports = Grader(Exercises((COLLECTION,)), b"benchmark", directory / "out").grade(
            made.tasks, os.cpu_count() or 2
        )
    seconds = time.monotonic() - begun
    statuses = {status: sum(each["status"] == status for each in reports) for status in ("ok", "crashed", "timeout")}
    return [
        ("submissions", students),
        ("graded", len(reports)),
        ("a minute", 60 * len(reports) / seconds),
        ("minutes in all", seconds / 60),
        ("status", json.dumps(statuses).translate(str.maketrans("", "", '{}"'))),
        ("memory of the grader, MB", memory.own),
        ("memory of all processes, MB", memory.all),
    ]


def main() -> None:
    parser = report.arguments(__doc__, 5)
    parser.add_argument("--students", type=int, default=200, help="in the class (%(default)s)")
    options = parser.parse_args()
    report.prepared()
    phases: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as directory:
        os.environ["LAB_PROGRESS"] = f"{directory}/progress.json"
        file = notebook(Path(directory) / "right.ipynb", RIGHT)
        taken = report.take_turns(
            {
                "lab grade": partial(graded, True, phases),
                "without a sandbox": partial(graded, False, phases),
                "papermill": partial(bare, file),
            },
            options.repeats,
        )
        rows = whole_class(Path(directory), options.students)
    one = [(name, statistics.median(seconds), max(seconds)) for name, seconds in taken.items()]
    parts = [(name, statistics.median(seconds), max(seconds)) for name, seconds in phases.items()]
    tables = [
        report.table(["one notebook", "seconds, median", "max"], one),
        report.table(["of these, in the sandbox", "seconds, median", "max"], parts),
        report.table(["a class", ""], rows),
    ]
    report.write(__file__, __doc__, options.repeats, "\n\n".join(tables))


if __name__ == "__main__":
    main()
