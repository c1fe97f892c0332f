"""Where a key goes when a topic gets more partitions."""

from labkit.exercises.behaviours import Correct
from labkit.exercises.exercise import Exercise
from labkit.exercises.kinds import Answer

EXERCISE = Exercise(
    name="which-partition",
    title="A key in a topic that grows",
    lesson="01_producer",
    number=2,
    kind=Answer(),
    behaviours=(Correct("The answer is right", columns=("answer",)),),
    hints=(
        "The partition is the remainder of the key's hash, divided by the number of partitions.",
        "The remainder of dividing by 3 is 1: so the hash is 1, 4, 7, 10, 13 and so on. Divide each by 6.",
    ),
    discussion=(
        "It is tempting to say that a key always stays in its partition. It does only as long as the number of "
        "partitions is the same. After adding some, new readings of a device may be in another partition than its old "
        "ones, and nothing keeps the two in order: so choose enough partitions at the start."
    ),
)
