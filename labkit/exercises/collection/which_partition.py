"""Where a key goes when a topic gets more partitions."""

import random
from collections.abc import Sequence

from labkit.exercises.answer_types import ShortAnswer
from labkit.exercises.behaviours import Correct
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import BASE, Sent


def case(luck: random.Random) -> list[Sent]:
    before = luck.choice((2, 3, 4, 5))
    after = before * luck.choice((2, 3))
    return [Sent(None, {"before": before, "after": after, "partition": luck.randrange(before)}, BASE)]


def question(sent: Sequence[Sent]) -> str:
    return (
        "A topic has {before} partitions, and all records with the key sensor-7 are in partition {partition}.\n"
        "Somebody extends the topic to {after} partitions."
    ).format(**sent[0].fields)


EXERCISE = Exercise(
    name="which-partition",
    title="A key in a topic that grows",
    lesson="01_producer",
    number=2,
    answer_type=ShortAnswer("a list of partitions, such as [0, 1]"),
    readings=case,
    question=question,
    behaviours=(Correct("The answer is right", columns=("answer",)),),
    hints=(
        "The partition is the remainder of the key's hash divided by the number of partitions.",
        (
            "An example with 3 and 6 partitions: if the remainder of dividing by 3 is 1, the hash is 1, 4, 7, 10, 13 "
            "or so on. Divide each of these by 6."
        ),
    ),
    discussion=(
        "It is tempting to say that a key always stays in its partition. It does only as long as the number of "
        "partitions is the same. After adding some, new readings of a device may be in another partition than its old "
        "ones, and nothing keeps the two in order: so choose enough partitions at the start."
    ),
)
