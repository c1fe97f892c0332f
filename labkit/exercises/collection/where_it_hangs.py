"""Adding to each reading the place where its device hung when it measured."""

import random
from bisect import bisect
from collections.abc import Sequence

from labkit.exercises.answer_types import Pipeline
from labkit.exercises.behaviours import Correct, Present, Unchanged
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import BASE, INPUT, Row, Sent, degrees, extra, percent, reading, same_record

PLACES = "places"
DEVICES = ("kettle", "loom", "crane")
ROOMS = ("hall", "yard", "Tür 2", "archive", "unit 7", "roof")
SECONDS = 64
Moves = dict[float, str | None]  # the second of each move of a device, and where it has hung since


def readings(luck: random.Random) -> list[Sent]:
    """Each device is hung somewhere after its first readings, is moved several times, and is taken down for a while.
    Some readings come after the next move, or the one after that. No move comes late, or at the time of a reading.
    """
    moves = {device: _moves(luck) for device in DEVICES}
    moved = [_move(device, *each, luck) for device in DEVICES for each in moves[device].items()]
    arriving = [each for device in DEVICES for each in _measured(device, moves[device], luck)]
    measured = [each for _, each in sorted(arriving, key=lambda each: each[0])]
    return [*sorted(moved, key=lambda each: each.timestamp), *measured]


def _moves(luck: random.Random) -> Moves:
    seconds = sorted(luck.sample(range(5, SECONDS - 6, 4), 7))
    rooms = luck.sample(ROOMS, len(ROOMS))
    down = luck.choice((3, 4))
    return dict(zip((each + 0.5 for each in seconds), [*rooms[:down], None, *rooms[down:]], strict=True))


def _move(device: str, second: float, place: str | None, luck: random.Random) -> Sent:
    time = BASE + round(1000 * second)
    value = {"device": device, "place": place, "by": luck.choice(("Zoë", "Ben")), "timestamp": time}
    return Sent(device, value, time, topic=PLACES)


def _measured(device: str, moves: Moves, luck: random.Random) -> list[tuple[float, Sent]]:
    """Returns readings, and when they arrive."""
    seconds = [second + luck.choice((0.0, 0.25, 0.75)) for second in range(SECONDS)]
    found = [(second, _reading(device, second, _part(moves, second), luck)) for second in seconds]
    times = [*moves]
    for number, behind in ((1, 1), (2, 1), (6, 1), (2, 2)):  # after a move: measured before it, or before the last one
        second = times[number + 1 - behind] - luck.choice((0.4, 0.3, 0.1)) - behind / 1000
        found.append((times[number] + 1.6, _reading(device, second, "late", luck)))
    return found


def _part(moves: Moves, second: float) -> str:
    number = bisect([*moves], second)
    if not number:
        return "before"
    return "ordinary" if [*moves.values()][number - 1] else "taken down"


def _reading(device: str, second: float, part: str, luck: random.Random) -> Sent:
    return reading(device, second, degrees(luck, -5.0, 40.0), percent(luck), part, **extra(luck))


def sources(row: Row, sent: Sequence[Sent]) -> list[Sent]:
    """The move that was the newest then, and the reading."""
    moves = [each for each in sent if each.topic == PLACES and each.key == row["key"] and each.timestamp < row["time"]]
    return moves[-1:] + [each for each in same_record(row, sent) if each.topic == INPUT]


EXERCISE = Exercise(
    name="where-it-hangs",
    title="Where did it hang?",
    lesson="08_tables_and_joins",
    number=1,
    answer_type=Pipeline(),
    readings=readings,
    devices=DEVICES,
    inputs=(INPUT, PLACES),
    sources=sources,
    shows=("temperature", "place"),
    behaviours=(
        Present("Every reading comes out, and nothing else"),
        Correct("place is where the device hung when it measured", columns=("place",), part="ordinary", points=2),
        Correct("A reading that comes late gets the place of then", columns=("place",), part="late", points=2),
        Correct("Before the first record of a device, place is unknown", columns=("place",), part="before"),
        Correct("While a device is taken down, place is unknown too", columns=("place",), part="taken down"),
        Unchanged("Key, time and the other fields of the reading are unchanged", but=("place",)),
    ),
    hints=(
        "The place as of the time of the reading: that is the join of section 3 of the lesson.",
        (
            'Both sides have the fields device and timestamp. places[["place"]] is a stream of records with this one '
            "field."
        ),
        (
            "An inner join leaves out readings without a partner; a left one lets them through as they are, without "
            "the field place. And what is taken down has a record too: its place is null."
        ),
    ),
    discussion=(
        "It is tempting to keep the newest place of each device in a dict, and to look it up for each reading. As long "
        "as everything comes in order that is right; a reading that comes late gets the place of now. And a dict "
        "is gone when the program ends, while the join keeps its records in state."
    ),
)
