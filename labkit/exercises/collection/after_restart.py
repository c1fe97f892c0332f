"""What a restart from a checkpoint reads again."""

from labkit.exercises.behaviours import Correct
from labkit.exercises.exercise import Exercise
from labkit.exercises.kinds import Answer

EXERCISE = Exercise(
    name="after-restart",
    title="What a restart reads again",
    lesson="05_flink",
    number=3,
    kind=Answer(),
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
        "that are exactly once: what came after the checkpoint is read a second time, but what the first time had "
        "begun to write was never given its final name."
    ),
)
