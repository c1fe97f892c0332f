"""What an engineer sees at night: which of eight causes is it, and which record shows it?"""

import json
import random
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from labkit.exercises.answer_types import ShortAnswer
from labkit.exercises.behaviours import Correct
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import BASE, Sent

PARTITIONS, ROUNDS, EVERY = 3, 5, 2000  # each device measures once in a round, of so many ms
GROUPS = ("alerts", "averages", "archive")
PLACES = ("attic", "bakery", "cellar", "engine", "garage", "hall", "icehouse", "mill", "store", "yard")
CAUSES = "abcdefgh"
SPREAD = 479  # with which each cause has two or three of the twenty cases
AHEAD = 60_000  # ms
MISSING = "The auditors miss readings in the archive, and nothing may be lost."
STALE = "For a while the dashboard has shown nothing new of a place or two."
ABSURD = "The dashboard has numbers that cannot be right, says the technician on the spot."
COMPLAINTS = {
    "a": (MISSING,),
    "b": (STALE,),
    "c": (ABSURD,),
    "d": (ABSURD,),
    "e": (MISSING, STALE),
    "f": (MISSING, STALE),
    "g": (MISSING, STALE),
    "h": (MISSING,),
}


@dataclass
class Record:
    """A record of the topic; `arrival` and `time` are in ms since the night's first round."""

    device: str
    round: int
    partition: int
    arrival: int
    time: int
    value: dict[str, Any]
    comma: bool = False  # a decimal one, which is no JSON
    marked: bool = False  # the end of its transaction takes the next offset
    offset: int = 0

    @property
    def text(self) -> str:
        whole = json.dumps(self.value, separators=(",", ":"))
        return re.sub(r'("temperature":\d+)\.', r"\1,", whole) if self.comma else whole


@dataclass
class Night:
    """A system in which nothing is wrong, though much looks odd; `fault` is the device to blame, from `onset` on."""

    luck: random.Random
    records: list[Record] = field(default_factory=list)

    def __post_init__(self) -> None:
        first, *others = self.luck.sample(PLACES, 5)
        self.devices = [first, f"{first}-2", *others]  # two names that are nearly the same
        self.homes = dict(zip(self.devices, self._homes(), strict=True))
        self.fault, self.quiet, self.slow = self.luck.sample(self.devices, 3)
        self.onset = self.luck.choice((1, 2))
        phases = self.luck.sample(range(0, EVERY, 125), len(self.devices))
        for device, phase in zip(self.devices, phases, strict=True):
            self.records += self._measured(device, phase)
        self.records.append(self.backfill(self.luck.randrange(500, 1900), self.luck.randrange(PARTITIONS), True))

    def _homes(self) -> list[int]:
        """Two devices to a partition; the two whose names are nearly the same are not together."""
        one, other, last = self.luck.sample(range(PARTITIONS), PARTITIONS)
        rest = [one, other, last, last]
        self.luck.shuffle(rest)
        return [one, other, *rest]

    def _measured(self, device: str, phase: int) -> Iterator[Record]:
        """One that is hot, one that is dry, one that names its unit, one with a note; a pause, and a late reading."""
        kind = self.devices.index(device)
        low = 66 if kind == 2 else self.luck.randrange(12, 24)
        for number in range(ROUNDS):
            if device == self.quiet and number == 2:
                continue
            degrees = low + self.luck.randrange(3) + self.luck.randrange(1, 10) / 10
            humidity = self.luck.uniform(0.2, 0.9) if kind == 3 else self.luck.uniform(35.0, 65.0)
            value: dict[str, Any] = {"temperature": degrees, "humidity": round(humidity, 1)}
            value |= {"unit": "C"} if kind == 4 else {}
            value |= {"note": "2,5 bar"} if kind == 5 and number in (1, 2) else {}
            value |= {"temperature": 0.0} if kind == 0 and number == 0 else {}
            measured = number * EVERY + phase
            late = 875 if device == self.slow and number == 3 else 0
            yield Record(device, number, self.homes[device], measured + 40 + late, measured, value)

    def backfill(self, arrival: int, partition: int, ended: bool) -> Record:
        """An old reading, in a transaction."""
        value = {
            "temperature": round(self.luck.uniform(12.0, 24.0), 1),
            "humidity": round(self.luck.uniform(35.0, 65.0), 1),
        }
        return Record("backfill", -1, partition, arrival, arrival - 5, value, marked=ended)

    def faulty(self, every: int = 1) -> list[Record]:
        """The readings of the device to blame since the onset, or every second of them."""
        return [each for each in self.records if each.device == self.fault and each.round >= self.onset][::every]

    def number(self) -> None:
        """Gives each record its offset."""
        self.records.sort(key=lambda each: (each.partition, each.arrival))
        following = [self.luck.randrange(200, 9000) for _ in range(PARTITIONS)]
        for each in self.records:
            each.offset = following[each.partition]
            following[each.partition] += 2 if each.marked else 1
        self.ends = following

    def groups(self) -> dict[tuple[str, int], int]:
        """What each group has committed in each partition: it may be a little behind."""
        places = [(group, partition) for group in GROUPS for partition in range(PARTITIONS)]
        return {(group, partition): self.ends[partition] - self.luck.randrange(3) for group, partition in places}


def case(luck: random.Random) -> list[Sent]:
    cause = CAUSES[int(luck.random() * SPREAD) % len(CAUSES)]
    night = Night(luck)
    home = night.homes[night.fault]
    _distort(night, cause)
    night.number()
    groups = night.groups()
    begun = [each.offset for each in night.faulty()]
    if cause == "a":
        groups["archive", home] = begun[0] - luck.choice((1, 2))
    if cause == "g":
        (first, *_) = [each.offset for each in night.records if each.round == -1 and not each.marked]
        groups |= {(group, home): first - luck.randrange(3) for group in GROUPS}
    if cause == "h":
        groups["archive", home] = begun[0]
    begin = luck.randrange(6 * 60) * 60_000 + luck.randrange(54, 59) * 1000  # some minute of the night ends soon
    records = [[each.partition, each.offset, each.device, begin + each.time, each.text] for each in night.records]
    committed = [[group, partition, offset, night.ends[partition]] for (group, partition), offset in groups.items()]
    complaint = luck.choice(COMPLAINTS[cause])
    return [Sent(None, {"complaint": complaint, "records": records, "groups": committed}, BASE)]


def _distort(night: Night, cause: str) -> None:
    """Lets a cause have its way with the records."""
    home = night.homes[night.fault]
    if cause == "f":
        night.records = [each for each in night.records if each.partition != home or each.arrival < 2 * EVERY]
    if cause == "g":
        begin = (night.onset + 1) * EVERY - 100
        night.records += [night.backfill(arrival, home, ended=False) for arrival in (begin, begin + 15)]
    for each in night.faulty(every=2 if cause in "abc" else 1):
        if cause == "a":
            each.value["humidity"] = 0.0
        if cause == "b":
            each.time += AHEAD
        if cause == "c":
            each.partition = (home + night.onset) % PARTITIONS
        if cause == "d":
            each.value |= {"temperature": round(each.value["temperature"] * 9 / 5 + 32, 1), "unit": "F"}
        if cause == "e":
            each.comma = True


def question(sent: Sequence[Sent]) -> str:
    complaint, records, groups = sent[0].fields.values()
    lines = [f'A call: "{complaint}"', "", "partition  offset  key         time          value"]
    for partition, offset, key, moment, value in records:
        clock = f"{time.strftime('%H:%M:%S', time.gmtime(moment / 1000))}.{moment % 1000:03}"
        lines.append(f"{partition:<9}  {offset:<6}  {key:10}  {clock}  {value}")
    lines += ["", "group     partition  committed  end"]
    lines += [f"{group:8}  {partition:<9}  {offset:<9}  {end}" for group, partition, offset, end in groups]
    return "\n".join(lines)


EXERCISE = Exercise(
    name="night-shift",
    title="On night duty",
    lesson="11_incidents",
    number=1,
    answer_type=ShortAnswer('a list of letter, partition and offset, such as ["a", 0, 120]', ordered=True),
    readings=case,
    question=question,
    behaviours=(Correct("Cause and record are right", columns=("answer",), points=5),),
    hints=(
        (
            "Begin with the groups: which of them is more than a few records behind, and where? If it is one of three, "
            "the records can be read, and it is that program, or a record that only this program minds. If it is all "
            "three, Kafka keeps the records from them. If it is none, they have all been read."
        ),
        (
            "Then read the records of one partition from top to bottom: do the times run on, is each value JSON, does "
            "each field mean what it meant in the line before of this key? Then look for each key in the other "
            "partitions, too."
        ),
        (
            "A committed offset is that of the next record to be read. A program that fails begins again where it has "
            "committed, which may be some records before the one to blame."
        ),
    ),
    discussion=(
        "It is tempting to take the first thing that looks odd: a humidity near 0, 70 °C, a reading that is late, a "
        "second name that is nearly the same. Each of them was there before anybody called. What the groups have "
        "committed rules out most causes in one look, and the complaint rules out some more; only then is it worth "
        "reading records, and few of them. `lab.incident` has the same causes in a system that runs, where you repair "
        "what you have found."
    ),
)
