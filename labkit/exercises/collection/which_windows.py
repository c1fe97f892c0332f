"""Which hopping windows hold a reading."""

from labkit.exercises.behaviours import Correct
from labkit.exercises.exercise import Exercise
from labkit.exercises.kinds import Answer

EXERCISE = Exercise(
    name="which-windows",
    title="Which windows hold this reading?",
    lesson="03_windows",
    number=5,
    kind=Answer("a list of seconds, such as [1, 2]"),
    behaviours=(Correct("The answer is right", columns=("answer",)),),
    hints=(
        "Windows start at multiples of the step: 0, 2, 4 and so on.",
        "A window holds its start, but not its end: the window from 0 to 6 does not hold second 6.",
    ),
    discussion=(
        "It is tempting to add a window in which the reading stands at the very end. Of a tumbling or hopping window "
        "only the start belongs to it: otherwise a reading at a border would be counted once too often."
    ),
)
