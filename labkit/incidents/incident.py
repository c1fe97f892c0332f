"""An incident, as a student holds it."""

from __future__ import annotations

import itertools
import random
import shutil
import textwrap
from collections.abc import Callable, Iterable
from typing import Any

from labkit.errors import LabError
from labkit.incidents import causes, faults, outcome
from labkit.incidents.fault import Fault, listed
from labkit.incidents.reports import Reports, canonical
from labkit.incidents.sensors import Sensors
from labkit.incidents.stage import Stage
from labkit.incidents.system import WRITES, System
from labkit.incidents.verdict import Part, Verdict, in_words
from labkit.runs import Run, arguments
from labkit.runs.worker import Worker
from labkit.spelling import did_you_mean
from labkit.waiting import announced

WIDTH = 105  # characters, as of what follows
TOLD = 3  # complaints that a verdict shows
HELP = """incident.causes() lists what it can be, and incident.code(name) prints a program. incident.report(cause, ...)
judges your report, of which the first two count, and incident.verdict() your repair, too."""
AFTER = "Repair it, and incident.verdict() judges that, too."


@arguments.checked
class Incident:
    """Something is wrong in a running system. Find out what, and why you think so; repair it; and have it judged.

    `symptom` is what users complain of; `runs` are the programs that run, `topics` the names of their topics, both by
    short names; `sensors` is the producer.

    Example: incident = lab.incident(7)
    """

    def __init__(self, seed: int, stage: Stage, student: str, brokers: int) -> None:
        luck = random.Random(f"incident {seed} {student}")
        fault = faults.drawn(seed, student, brokers)(luck)
        system = System(_unused(f"incident-{seed}", stage), stage, fault, luck)
        self._secret: Callable[[], Fault] = lambda: fault  # so that nobody reads it by chance
        self._system, self._reports, self._seed = system, Reports(), seed
        system.start()
        self.symptom = fault.symptom(system)

    @property
    def topics(self) -> dict[str, str]:
        """The topics of the system: sensor, alert, average, archive. Example: incident.topics["sensor"]"""
        return dict(self._system.topics)

    @property
    def runs(self) -> dict[str, Run]:
        """The programs that run now, by what they do: alerts, averages, archive. Example: incident.runs["averages"]"""
        found = ((name, self._system.writers(topic)) for name, topic in WRITES.items())
        return {name: writers[-1] for name, writers in found if writers}

    @property
    def sensors(self) -> Sensors:
        """The producer of the readings. Example: incident.sensors.world"""
        return self._system.sensors

    def code(self, name: str) -> None:
        """Print a program: alerts, averages or archive. Copy it into a cell to change it.

        Raises LabError if there is no such program. Example: incident.code("averages")
        """
        if name not in self._system.code:
            raise LabError(
                f"There is no program {name!r}: {did_you_mean(name, WRITES) or f'there is {listed([*WRITES])}.'}"
            )
        print(self._system.code[name])

    def causes(self) -> None:
        """Print the causes among which you decide, and the evidence that each needs. Example: incident.causes()"""
        print(causes.in_words())

    def report(self, cause: str, **evidence: Any) -> None:
        """Report a cause and the evidence for it, and print whether they hold. The first two reports count.

        Raises LabError if there is no such cause or device, or evidence is missing.

        Example: incident.report("stalled member", member=1)
        """
        devices = self._system.measuring.devices
        if "device" in evidence and (device := canonical(evidence["device"])) not in devices:
            raise LabError(f"There is no device {device!r}: the devices are {listed(devices)}.")
        print(self._reports.add(cause, evidence), in_words(self._judged()), AFTER, sep="\n")

    def verdict(self) -> Verdict:
        """Judge cause, evidence and repair: the latter by what comes out of the system for readings from now on, which
        takes some seconds, at most 20. Before the first report nothing is judged.

        Example: incident.verdict()
        """
        return Verdict(f"incident {self._seed}", *self._judged(), self._repair())

    def _judged(self) -> tuple[Part, Part]:
        fault = self._secret()
        return self._reports.judged(fault.cause, lambda: fault.evidence(self._system))

    def _repair(self) -> Part:
        if not len(self._reports):
            return Part("repair", "open")
        with announced("The repair is being tried, for up to 20 s"):
            wrong = outcome.complaints(self._system)
        more = f"; and {len(wrong) - TOLD} more" if len(wrong) > TOLD else ""
        if wrong:
            return Part("repair", "falls short", "; ".join(wrong[:TOLD]) + more)
        return Part("repair", "holds", "what comes out is what has been measured")

    def workers(self, of: Iterable[Worker]) -> list[Worker]:
        """Returns those workers of a lab that read or write its topics. Example: incident.workers(lab.workers)"""
        mine = {*self._system.topics.values()}
        return [each for each in of if not mine.isdisjoint((*each.reads, each.writes))]

    def close(self) -> None:
        """End what the fault holds: its topics stay. Example: incident.close()"""
        self._secret().close()
        shutil.rmtree(self._system.folder, ignore_errors=True)

    def __repr__(self) -> str:
        sensor, backfill = self.topics["sensor"], self._system.stage.topics.full(f"{self._system.name}.backfill")
        partitions = len(self._system.stage.topics.partitions(sensor))
        flows = [f"  {name:9} {sensor} → {self.topics[topic]}" for name, topic in WRITES.items()]
        lines = [
            textwrap.fill(f"Incident {self._seed}. {self.symptom}", WIDTH),
            "",
            f"  sensors   → {sensor}, which has {partitions} partitions",
            *flows,
            f"  backfill  → {sensor}, now and then, in transactions (transactional.id: {backfill})",
            "",
            HELP,
        ]
        return "\n".join(lines)


def _unused(name: str, stage: Stage) -> str:
    """Returns a name for the system: another if there are topics of an earlier incident with this seed."""
    taken = {each.partition(".")[0] for each in stage.topics.names()}
    names = itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))
    return next(each for each in names if each not in taken)
