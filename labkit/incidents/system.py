"""The system in which something goes wrong: sensors, an alert filter, averages, an archive, in topics of their own."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import TYPE_CHECKING

from labkit.errors import LabError
from labkit.incidents import programs
from labkit.incidents.measured import Measuring, devices
from labkit.incidents.sensors import Rooms, Sensors
from labkit.incidents.stage import Stage
from labkit.kafka import tap
from labkit.kafka.names import FORBIDDEN
from labkit.readings import now
from labkit.runs import Run
from labkit.waiting import quietly

if TYPE_CHECKING:
    from labkit.incidents.fault import Fault

PARTITIONS = 3
BEFORE, SINCE = 24_000, 12_000  # milliseconds of readings before the fault, and from then on to the present
CATCHING_UP = 3.0  # seconds
WRITES = {"alerts": "alert", "averages": "average", "archive": "archive"}


class System:
    """What is at work in an incident. `topics` has the names of its topics, `runs` those that began it, by name."""

    def __init__(self, name: str, stage: Stage, fault: Fault, luck: random.Random) -> None:
        self.name, self.stage, self.fault = name, stage, fault
        self.topics = {short: f"{name}.{short}" for short in ("sensor", *WRITES.values())}
        self.folder = stage.broker.directory / FORBIDDEN.sub("-", name)
        begin = (now() - BEFORE - SINCE) // 1000 * 1000
        self.measuring = Measuring(devices(luck), begin, luck, fault)
        self.onset = begin + BEFORE  # since when something is wrong
        self.sensors = Sensors(stage.topics, Rooms(self.measuring), self.topics["sensor"], f"sensors of {name}", fault)
        edits = {'PAUSED = ""': f'PAUSED = "{self.folder / "paused"}"', **fault.edits}
        self.code: Mapping[str, str] = {each: programs.text(each, edits) for each in programs.NAMES}
        self.runs: dict[str, Run] = {}

    def start(self) -> None:
        """Write the past, start the programs, and let the fault begin."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.stage.topics.create(self.topics["sensor"], partitions=PARTITIONS)
        self.stage.topics.create(*(self.topics[each] for each in WRITES.values()))
        self.sensors.write(self.measuring.until(self.onset))
        self.fault.begin(self)
        self.sensors.write(self.measuring.until(self.onset + SINCE))
        for name, writes in WRITES.items():
            self.runs[name] = self._run(name, self.topics[writes])
        self.stage.start(self.sensors)
        for run in self.runs.values():
            self._let_catch_up(run)
        self.fault.plant(self)

    def _run(self, name: str, writes: str) -> Run:
        program = programs.function(name, self.code[name], self.name)
        replicas = self.fault.members if name == "archive" else 1
        return self.stage.lab.run(program, reads=self.topics["sensor"], writes=writes, name=name, replicas=replicas)

    def _let_catch_up(self, run: Run) -> None:
        try:
            with quietly():
                run.wait_until_caught_up(CATCHING_UP)
        except LabError:  # it has failed, or has too much to do
            return

    def records(self, topic: str, newest: int | None = None) -> list[tap.Record]:
        """Returns the records of one of its topics; or the newest."""
        name = self.topics[topic]
        return (
            tap.everything(self.stage.topics, name) if newest is None else tap.newest(self.stage.topics, name, newest)
        )

    def writers(self, topic: str) -> list[Run]:
        """Returns the runs that write one of its topics now, dead or alive."""
        name = self.topics[topic]
        return [each for each in self.stage.lab.workers if isinstance(each, Run) and each.writes == name]

    def devices_in(self, partition: int) -> list[str]:
        """Returns the devices whose records go into a partition."""
        return [each for each in self.measuring.devices if self.sensors.homes.get(each) == partition]

    def quiet_device(self, luck: random.Random) -> str:
        """Returns a device that is not hot."""
        return luck.choice([each for each in self.measuring.devices if each not in self.measuring.hot])
