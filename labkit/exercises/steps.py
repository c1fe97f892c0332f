"""What an answer did with each record: below its verdict, and, for the grader, in a process of its own, which gets a
folder with packed answers.
"""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from labkit import stepping
from labkit.errors import LabError
from labkit.exercises.attempt import Attempt
from labkit.exercises.harness import MOST
from labkit.exercises.places import Place, first, places
from labkit.kafka.topics import Topics
from labkit.runs import quix
from labkit.runs.task import Task, unpack
from labkit.stepping import Steps


def of(given: Task) -> Steps:
    """Steps through an answer on the records in its input topics. Raises LabError if it cannot be built."""
    topics = Topics(given.address, given.namespace)
    taken = stepping.take(topics, given.spec.reads, records=MOST)
    return stepping.step(given.spec, taken, topics, topics, given.directory, Attempt.limit)


def text(given: Task, wanted: Sequence[Place]) -> str:
    """Returns the step of the first of these places that there is, in words; empty if there is none."""
    try:
        steps = of(given)
    except LabError:  # the answer cannot be built: that costs no marks
        return ""
    number = first(wanted, [*map(places, steps)])
    return "" if number is None else str(steps[number])


def main() -> None:
    """Prints the step that is wanted of each answer, by exercise, as a line of JSON. Input says which are wanted."""
    folder, out = Path(sys.argv[1]), os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what an answer prints is not said here
    quix.load()
    for name, wanted in json.loads(sys.stdin.readline()).items():
        print(json.dumps([name, text(unpack(folder / name), wanted)]), file=out, flush=True)
    os._exit(0)  # a thread stuck in C code would prevent a normal exit


if __name__ == "__main__":
    main()
