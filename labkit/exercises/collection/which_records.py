"""Which records a pipeline lets pass."""

from labkit.exercises.behaviours import Correct
from labkit.exercises.exercise import Exercise
from labkit.exercises.kinds import Answer

EXERCISE = Exercise(
    name="which-records",
    title="Which records pass?",
    lesson="02_filter",
    number=3,
    kind=Answer('a list of letters, such as ["A", "B"]'),
    behaviours=(Correct("The answer is right", columns=("answer",)),),
    hints=(
        "Which variables hold the stream that is returned?",
        (
            "A filter gives a new stream, and leaves the stream that it was made from as it was. `hot` is never used "
            "again."
        ),
    ),
    discussion=(
        "It is tempting to read the lines from top to bottom as steps that every record must pass. But a filter "
        "changes nothing: it returns a new, narrower stream. Who does not use what it returns has filtered nothing. "
        "Assigning a column is the exception: that does change the stream."
    ),
)
