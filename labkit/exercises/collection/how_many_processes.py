"""How many processes of a consumer group a stream needs, and how many more do nothing."""

import random
from collections.abc import Sequence

from labkit.exercises.answer_types import ShortAnswer
from labkit.exercises.behaviours import Correct
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import BASE, Sent


def case(luck: random.Random) -> list[Sent]:
    """One in which dividing the rates gives too few processes."""
    while True:
        partitions, each = luck.randrange(5, 13), 10 * luck.randrange(2, 10)
        held = luck.randrange(1, partitions // 2 + 1)  # partitions that one process manages
        rate = held * each + luck.randrange(each // 10, each)
        if -(-partitions * each // rate) < -(-partitions // held):
            started = partitions + luck.randrange(1, 5)
            fields = {"partitions": partitions, "in_all": partitions * each, "rate": rate, "started": started}
            return [Sent(None, fields, BASE)]


def question(sent: Sequence[Sent]) -> str:
    return (
        "A topic has {partitions} partitions. {in_all} records a second are written to it, spread evenly over them.\n"
        "One process of the pipeline handles {rate} records a second. Somebody starts {started} processes."
    ).format(**sent[0].fields)


EXERCISE = Exercise(
    name="how-many-processes",
    title="How many processes?",
    lesson="07_scale_out",
    number=2,
    answer_type=ShortAnswer("two numbers, such as [2, 1]: needed, and idle", ordered=True),
    readings=case,
    question=question,
    behaviours=(Correct("The answer is right", columns=("answer",)),),
    hints=(
        "How many records a second does one partition get? How many whole partitions can one process handle?",
        "A partition belongs to only one process of the group: a process without one is idle.",
    ),
    discussion=(
        "It is tempting to divide the records a second by what one process handles. But partitions cannot be cut in "
        "half: with 6 partitions and 4 processes two of them have two partitions each, and fall behind if they handle "
        "only one and a half."
    ),
)
