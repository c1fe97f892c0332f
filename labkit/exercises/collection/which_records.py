"""Which records a pipeline lets pass."""

import random
from collections.abc import Sequence

from labkit.exercises.answer_types import ShortAnswer
from labkit.exercises.behaviours import Correct
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import Sent, reading


def case(luck: random.Random) -> list[Sent]:
    hot, cold = luck.sample((35.0, 33.0, 31.5), 2), luck.sample((29.0, 22.0, 18.0), 2)
    pairs = [(hot[0], 38.0), (hot[1], 40.0), (cold[0], 39.9), (cold[1], 55.0)]
    pairs.append((luck.choice((34.0, 20.0)), luck.choice((31.0, 61.0))))
    luck.shuffle(pairs)
    return [reading(device, second, *pair) for second, (device, pair) in enumerate(zip("ABCDE", pairs, strict=True))]


def question(sent: Sequence[Sent]) -> str:
    row = "{device}        {temperature:17}   {humidity:13}".format
    return "\n".join(["reading  temperature in °C   humidity in %", *(row(**each.fields) for each in sent)])


EXERCISE = Exercise(
    name="which-records",
    title="Which records pass?",
    lesson="02_filter",
    number=3,
    answer_type=ShortAnswer('a list of letters, such as ["A", "B"]'),
    readings=case,
    question=question,
    behaviours=(Correct("The answer is right", columns=("answer",)),),
    hints=(
        "Which variables hold the stream that is returned?",
        (
            "A filter returns a new stream, and leaves the one that it was made from unchanged. `hot` is never used "
            "again."
        ),
    ),
    discussion=(
        "It is tempting to read the lines from top to bottom as steps that every record must pass. But a filter "
        "changes nothing: it returns a new, narrower stream. If you do not use what it returns, nothing is filtered. "
        "Assigning a column is the exception: that does change the stream."
    ),
)
