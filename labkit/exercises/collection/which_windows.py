"""Which hopping windows hold a reading."""

import random
from collections.abc import Sequence

from labkit.exercises.answer_types import ShortAnswer
from labkit.exercises.behaviours import Correct
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import BASE, Sent


def case(luck: random.Random) -> list[Sent]:
    step, steps = luck.choice((2, 3, 4, 5)), luck.choice((2, 3, 4))
    return [Sent(None, {"size": step * steps, "step": step, "second": step * luck.randrange(steps, 9)}, BASE)]


def question(sent: Sequence[Sent]) -> str:
    return (
        "Hopping windows are {size} seconds long, and a new one starts every {step} seconds.\n"
        "A reading has the time {second}.000 s exactly."
    ).format(**sent[0].fields)


EXERCISE = Exercise(
    name="which-windows",
    title="Which windows hold this reading?",
    lesson="03_windows",
    number=5,
    answer_type=ShortAnswer("a list of seconds, such as [1, 2]"),
    readings=case,
    question=question,
    behaviours=(Correct("The answer is right", columns=("answer",)),),
    hints=(
        "Windows start at the multiples of the step: if it is 2, at second 0, 2, 4 and so on.",
        "A window holds its start, but not its end: the window from 0 to 6 does not hold second 6.",
    ),
    discussion=(
        "It is tempting to include the window that ends at the reading. A tumbling or hopping window includes its "
        "start, but not its end: otherwise a reading on a boundary would be counted once too often."
    ),
)
