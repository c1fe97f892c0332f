"""Averages that are right in spite of a clock that is ahead, a new firmware and late readings."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from labkit.exercises.answer_types import Pipeline
from labkit.exercises.behaviours import Correct, Once, Present, Unchanged
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import ORDINARY, Sent, degrees, in_window, percent, reading

LENGTH, GRACE = 5000, 2000  # ms
DEVICES = {"forge": 0, "kjøl": 11_000, "mill": 27_000}  # by how many ms each is behind
UNITS = {"forge": (None, "F"), "kjøl": ("C", "F"), "mill": ("F", None)}  # before and after an update of its firmware
HOT = (95.0, 181.4, 451.0)  # °C
STEADY = (0.0, -10.0, -40.0, 20.0, 24.0, 100.0)  # °C
FAHRENHEIT = (32.0, 14.0, -40.0, 68.0, 75.2, 212.0, 451.5, 0.0)

# What else comes in a window: when it arrives, when it was measured (both in ms after the window's end), and its part.
# Nothing is ahead in its first two seconds: the window before is still open. All its readings have the same
# temperature, in °C, so that only `n` says which of them were counted.
Scene = Sequence[tuple[int, int, str]]
PLAIN: Scene = ()
AHEAD: Scene = ((-2900, -1899, "ahead"), (-1700, -1, "ahead"))
LIMIT: Scene = ((-2900, -1900, "limit"),)
BESIDE: Scene = ((-2900, -2899, ORDINARY), (-2000, -1500, ORDINARY))
FAR: Scene = ((-2900, 300_000, "far"), (-2600, 36_000_000, "far"))
SOON: Scene = ((700, -900, "late"), (1500, -40, "late"))
MOMENT: Scene = ((GRACE - 1, GRACE - 1, ORDINARY), (GRACE - 1, -1, "last moment"))
TOO_LATE: Scene = ((GRACE, GRACE, ORDINARY), (GRACE, -2500, "too late"), (4000, -300, "too late"))
SCENES = (PLAIN, AHEAD, LIMIT, BESIDE, SOON, MOMENT, TOO_LATE)  # in any order; what is far ahead comes last


def readings(luck: random.Random) -> list[Sent]:
    """Each device has all scenes, in an order of its own, and its update in the middle of some window."""
    arriving = [each for device in DEVICES for each in _of(device, luck)]
    return [sent for _, sent in sorted(arriving, key=lambda each: each[0])]


def _of(device: str, luck: random.Random) -> Iterator[tuple[int, Sent]]:
    """Yields when each reading of a device arrives, and the reading. The first window may be hot."""
    scenes = [PLAIN, PLAIN, *luck.sample(SCENES, len(SCENES)), FAR, PLAIN, PLAIN]
    steady = {number: luck.choice(STEADY) for number, scene in enumerate(scenes) if scene}
    update = luck.randrange(2, len(scenes) - 1) * LENGTH + LENGTH // 2
    times = [each for number in range(len(scenes)) for each in _in_window(number, scenes, luck)]
    end = len(scenes) * LENGTH
    times += [(end + after, end + after, ORDINARY) for after in (0, LENGTH, 2 * LENGTH + GRACE)]
    for arrival, time, part in sorted(times, key=lambda each: each[0]):
        unit, celsius = UNITS[device][arrival >= update], steady.get(time // LENGTH)
        temperature = _temperature(celsius, part, unit, luck)
        is_converted = unit == "F" and part in (ORDINARY, "hot")
        more = {"unit": unit} if unit else {}
        made = reading(device, time / 1000, temperature, percent(luck), age=arrival - time, **more)
        part = "fahrenheit" if is_converted else part
        yield arrival + DEVICES[device], replace(made, key=f"site/{device}", part=part)


def _in_window(number: int, scenes: Sequence[Scene], luck: random.Random) -> Iterator[tuple[int, int, str]]:
    """Yields when each reading of a window arrives, when it was measured, and its part: one a second, and a scene."""
    begin, end = number * LENGTH, (number + 1) * LENGTH
    is_after = FAR in scenes[:number]
    for second in range(begin, end, 1000):
        arrival = second + luck.randrange(450, 900)
        yield arrival, arrival - luck.randrange(20, 400), "after" if is_after else "hot" if number == 0 else ORDINARY
    yield from ((end + arrival, end + time, part) for arrival, time, part in scenes[number])


def _temperature(celsius: float | None, part: str, unit: str | None, luck: random.Random) -> float:
    """Returns the temperature of a reading in its unit; `celsius` if it is given."""
    if unit == "F":
        return luck.choice(FAHRENHEIT) if celsius is None else celsius * 9 / 5 + 32
    usual = luck.choice(HOT) if part == "hot" else degrees(luck, -5.0, 30.0)
    return usual if celsius is None else celsius


EXERCISE = Exercise(
    name="repaired-averages",
    title="Averages, repaired",
    lesson="11_incidents",
    number=2,
    answer_type=Pipeline(),
    readings=readings,
    devices=tuple(DEVICES),
    sources=in_window(LENGTH),
    shows=("temperature", "unit", "age"),
    behaviours=(
        Present("There is a window for every 5 s of each device"),
        Present("After a reading that is far ahead the windows go on", part="after", points=2),
        Once("Each window comes out once, when it closes"),
        Unchanged("It has `start`, `end`, `temperature` and `n`, and no other field", but=("temperature", "n")),
        Correct("n is the number of readings that count", columns=("n",)),
        Correct("A reading that is more than 1 s ahead does not count", columns=("n",), part="ahead"),
        Correct("One that is exactly 1 s ahead counts", columns=("n",), part="limit"),
        Correct("A late reading counts", columns=("n",), part="late"),
        Correct("So does one in the last millisecond of the grace", columns=("n",), part="last moment"),
        Correct("One that comes after the grace does not", columns=("n",), part="too late"),
        Correct("temperature is the mean of these readings, in °C", columns=("temperature",)),
        Correct("Degrees Fahrenheit are converted", columns=("temperature",), part="fahrenheit", points=2),
        Correct("A high temperature in °C is not", columns=("temperature",), part="hot"),
    ),
    hints=(
        "A reading that must not move event time may not reach the window: leave it out before.",
        "The sign of `age` says which readings are ahead: late ones have a large age, and they count.",
        (
            'readings.apply(f) makes a column of f(reading), which readings["temperature"] = ... takes; '
            'reading.get("unit") is None where there is no unit.'
        ),
    ),
    discussion=(
        "It is tempting to leave out every reading whose age looks odd. That loses the late ones, which the grace is "
        "there for, and the repair has become a fault. It is as tempting to convert what looks too high: 95 °C is a "
        "forge, and 14 °F is frost. What a reading means is for the reading to say; what nobody says cannot be "
        "guessed from the number. And a device that is left out altogether causes no trouble any more, but nobody "
        "measures there now."
    ),
)
