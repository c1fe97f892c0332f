"""How much waits for a pipeline that stood still, and how long it takes to catch up."""

import random
from collections.abc import Sequence

from labkit.exercises.answer_types import ShortAnswer
from labkit.exercises.behaviours import Correct
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import BASE, Sent


def case(luck: random.Random) -> list[Sent]:
    """One in which it stands still for longer than records are kept, and catches up after whole seconds."""
    kept, rate = luck.randrange(20, 60), luck.randrange(60, 400, 20)
    spare = luck.choice([n for n in range(10, rate // 2 + 1, 10) if 60 * kept * rate % n == 0])
    fields = {"rate": rate, "handled": rate + spare, "stood": kept + luck.randrange(5, 20), "kept": kept}
    return [Sent(None, fields, BASE)]


def question(sent: Sequence[Sent]) -> str:
    return (
        "{rate} records a second are written to a topic, which keeps each record for {kept} minutes. A pipeline\n"
        "that can handle {handled} a second has read them all when it is stopped. {stood} minutes later it is started\n"
        "again. If the record at its offset is gone by then, it begins with the oldest one that is left."
    ).format(**sent[0].fields)


EXERCISE = Exercise(
    name="catching-up",
    title="How long it takes to catch up",
    lesson="06_when_things_break",
    number=1,
    answer_type=ShortAnswer("two numbers, such as [600, 20]: records that wait, and seconds", ordered=True),
    readings=case,
    question=question,
    behaviours=(Correct("The answer is right", columns=("answer",)),),
    hints=(
        "How old is the oldest record that is left? All records since then are waiting.",
        "While it catches up, new records come. By how many a second does what is waiting shrink?",
    ),
    discussion=(
        "It is tempting to divide what is waiting by what the pipeline handles. But it also has to handle what comes "
        "meanwhile: only what it can do beyond that reduces its lag. A pipeline that is busy 90 % of the time needs "
        "nine hours to catch up after standing still for one. And a topic must keep its records for longer than any "
        "outage that you want to survive, or the oldest ones are deleted before anybody has read them."
    ),
)
