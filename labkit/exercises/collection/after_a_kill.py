"""How many results there are after a kill, under each guarantee."""

import random
from collections.abc import Sequence

from labkit.exercises.answer_types import ShortAnswer
from labkit.exercises.behaviours import Correct
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import BASE, Sent


def case(luck: random.Random) -> list[Sent]:
    committed, written, last = sorted(luck.sample(range(10, 90), 3))
    return [Sent(None, {"committed": committed, "written": written, "last": last}, BASE)]


def question(sent: Sequence[Sent]) -> str:
    return (
        "A pipeline writes one result for each record. It reads a topic of one partition, which begins at offset 0.\n"
        "Its committed offset is {committed}, and it has written the results of all records up to and including\n"
        "offset {written} when it is killed. Another process takes over and reads up to the last record, offset {last}."
    ).format(**sent[0].fields)


EXERCISE = Exercise(
    name="after-a-kill",
    title="What a kill leaves behind",
    lesson="06_when_things_break",
    number=2,
    answer_type=ShortAnswer("two numbers, such as [10, 20]: under at-least-once, and under exactly-once", ordered=True),
    readings=case,
    question=question,
    behaviours=(Correct("The answer is right", columns=("answer",)),),
    hints=(
        "The committed offset is that of the next record to read. So where does the second process begin?",
        "Under exactly-once, what was written after the last commit belongs to a transaction that is aborted.",
    ),
    discussion=(
        "It is tempting to subtract the committed offset from the last one written. The record at the committed offset "
        "itself is read again too, so it is one more. And offsets begin at 0: a topic whose last offset is 9 has ten "
        "records."
    ),
)
