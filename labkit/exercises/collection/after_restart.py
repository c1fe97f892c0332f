"""What a restart from a checkpoint reads again."""

import random
from collections.abc import Sequence

from labkit.exercises.answer_types import ShortAnswer
from labkit.exercises.behaviours import Correct
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import BASE, Sent


def case(luck: random.Random) -> list[Sent]:
    older, newer, read = sorted(luck.sample(range(10, 90), 3))
    return [Sent(None, {"older": older, "newer": newer, "read": read}, BASE)]


def question(sent: Sequence[Sent]) -> str:
    return (
        "The first checkpoint holds the offset {older}, the second {newer}. After the second checkpoint the job\n"
        "reads the records up to and including offset {read}; then it is killed."
    ).format(**sent[0].fields)


EXERCISE = Exercise(
    name="after-restart",
    title="What a restart reads again",
    lesson="05_flink",
    number=3,
    answer_type=ShortAnswer("the first and the last offset, such as [0, 9]", ordered=True),
    readings=case,
    question=question,
    behaviours=(Correct("The answer is right", columns=("answer",)),),
    hints=(
        (
            "A checkpoint holds the offset of the next record to read, what is in the open windows, and which files "
            "are done."
        ),
        "What was read after the checkpoint is in no finished file. So where must the restarted job begin?",
    ),
    discussion=(
        "It is tempting to think that exactly-once means that each record is read exactly once. It is the results "
        "that are exactly once: what came after the checkpoint is read a second time, but the files that the first "
        "time had begun never got their final names."
    ),
)
