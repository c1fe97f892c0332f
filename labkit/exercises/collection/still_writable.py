"""Which topics can still be written to after some brokers of a cluster have been killed."""

import random
from collections.abc import Sequence

from labkit.exercises.answer_types import ShortAnswer
from labkit.exercises.behaviours import Correct
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import BASE, Sent

BROKERS, KILLED = 5, 2
# Of each topic: is its leader dead? How many of its replicas are dead, how many are alive, and min.insync.replicas.
Kind = tuple[bool, int, int, int]
ALWAYS: tuple[Kind, ...] = (
    (True, 1, 2, 2),  # a dead leader, and enough that are in sync
    (True, 2, 1, 1),  # one left, which is enough
    (False, 1, 2, 2),
    (False, 2, 1, 2),  # a leader, but nobody else
    (False, 1, 2, 3),  # two of three are not enough here
)
ALSO: tuple[Kind, ...] = ((False, 0, 3, 3), (True, 1, 0, 1), (True, 2, 2, 2), (False, 2, 2, 3), (True, 2, 1, 2))


def case(luck: random.Random) -> list[Sent]:
    killed = sorted(luck.sample(range(1, BROKERS + 1), KILLED))
    kinds = [*ALWAYS, luck.choice(ALSO)]
    luck.shuffle(kinds)
    topics = {name: _topic(kind, killed, luck) for name, kind in zip("abcdef", kinds, strict=True)}
    return [Sent(None, {"killed": killed, "topics": topics}, BASE)]


def _topic(kind: Kind, killed: Sequence[int], luck: random.Random) -> dict[str, object]:
    """A topic's replicas, with the leader first, and its min.insync.replicas."""
    is_led_by_a_dead_one, dead, alive, least = kind
    left = [each for each in range(1, BROKERS + 1) if each not in killed]
    first, others = luck.sample(killed, dead), luck.sample(left, alive)
    if not is_led_by_a_dead_one:
        first, others = others, first
    followers = [*first[1:], *others]
    luck.shuffle(followers)
    return {"replicas": [first[0], *followers], "least": least}


def question(sent: Sequence[Sent]) -> str:
    killed, topics = sent[0].fields.values()
    lines = [
        f"A cluster has the brokers 1 to {BROKERS}. Each topic has one partition, and all its replicas were in sync",
        f"when the brokers {' and '.join(map(str, killed))} were killed.",
        "",
        "topic   replicas (leader first)   min.insync.replicas",
    ]
    for name, each in topics.items():
        lines.append(f"{name:5}   {', '.join(map(str, each['replicas'])):23}   {each['least']}")
    return "\n".join(lines)


EXERCISE = Exercise(
    name="still-writable",
    title="Which topics still take records?",
    lesson="07_scale_out",
    number=3,
    answer_type=ShortAnswer('a list of topics, such as ["a", "b"]'),
    readings=case,
    question=question,
    behaviours=(Correct("The answer is right", columns=("answer",)),),
    hints=(
        "Cross out the killed brokers in each line. How many replicas are left, and how many must there be?",
        "If the leader is dead, a replica that is in sync becomes the leader. It counts as one of those in sync.",
    ),
    discussion=(
        "It is tempting to look for topics whose leader is alive. But a leader is replaced within seconds if any "
        "replica is in sync; what counts is how many of these are left. Setting min.insync.replicas to the number of "
        "replicas looks safest, but then a single broker down for maintenance stops all producers. With 1, a record "
        "may exist only once, and is lost with that broker. Hence the usual choice: three replicas, and 2. All this "
        "is about writing: any topic with one replica in sync left can still be read."
    ),
)
