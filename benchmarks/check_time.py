"""How long `lab.check` takes for each exercise, from the call to the verdict.

Each answer is its reference from tests/solutions. The lab is warm: each exercise has been checked once before.
`lab.run` is the bare peer: it writes the same records to a topic, runs the same function from the oldest record on, and
reads everything that comes out, without judging it; where the answer is no pipeline there is none. Flink's seconds are
those of its start. Seconds; the aim is 1.5.
"""

import os
import statistics
import tempfile
import time
from functools import partial
from typing import Any

import orjson
import report

from labkit import Lab
from labkit.exercises.answer_types import Pipeline
from labkit.exercises.exercise import Exercise
from labkit.grading import authoring
from labkit.kafka import clients

COLLECTION = authoring.of_the_package()


def check(lab: Lab, exercise: Exercise, answer: Any) -> float:
    begun = time.perf_counter()
    assert lab.check(exercise.name, answer).passed
    return time.perf_counter() - begun


def bare(lab: Lab, exercise: Exercise, answer: Any) -> float:
    begun = time.perf_counter()
    lab.create_topic("in")
    producer = clients.producer(lab.broker.address, **{"enable.idempotence": False})
    for each in exercise.sent(0):
        producer.produce("in", orjson.dumps(each.fields), each.key, timestamp=each.timestamp)
    producer.flush(10)
    run = lab.run(answer, reads="in", writes="out", from_start=True)
    run.wait_until_caught_up()
    run.stop()
    assert lab.records("out")
    taken = time.perf_counter() - begun
    lab.reset()
    return taken


def main() -> None:
    options = report.arguments(__doc__, 5).parse_args()
    report.prepared()
    rows = []
    with tempfile.TemporaryDirectory() as directory, Lab() as lab:
        os.environ["LAB_PROGRESS"] = f"{directory}/progress.json"
        for exercise in COLLECTION.folder.exercises():
            answer = COLLECTION.solutions_of(exercise).answer
            contestants = {"check": partial(check, lab, exercise, answer)}
            if exercise.answer_type == Pipeline() and exercise.outputs == ("out",):
                contestants["lab.run"] = partial(bare, lab, exercise, answer)
            check(lab, exercise, answer)
            taken = report.take_turns(contestants, options.repeats)
            peer = statistics.median(taken["lab.run"]) if "lab.run" in taken else "–"
            rows.append((exercise.name, statistics.median(taken["check"]), max(taken["check"]), peer))
    table = report.table(["exercise", "check, median", "check, max", "lab.run, median"], rows)
    report.write(__file__, __doc__, options.repeats, table)


if __name__ == "__main__":
    main()
