"""An incident in an engineer's own pipelines: faulty records in the topic that they read. What should come out only the
engineer knows, so that a repair is judged by the state of the runs.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from labkit.errors import LabError
from labkit.incidents import causes
from labkit.incidents.fault import Evidence, clock, listed
from labkit.incidents.faulty import FAULTS, Faulty
from labkit.incidents.reports import Reports
from labkit.incidents.stage import Stage
from labkit.incidents.verdict import Part, Verdict, in_words
from labkit.kafka import tap
from labkit.kafka.topics import DEAD_LETTER
from labkit.readings import now
from labkit.runs import Run, arguments
from labkit.waiting import quietly, wait_until

NEWEST = 200  # records that are taken as examples
ENOUGH = 10  # records without a fault, of which something should have come out
PATIENCE = 20.0  # seconds that the runs may take to read what there is


@arguments.checked
class OwnIncident:
    """Something is wrong with what your own pipelines read. `symptom` says since when; find out what, and why you think
    so; change your pipelines so that it does no harm; and have it judged.

    Example: incident = lab.incident(7, system=[filter_run, counter_run])
    """

    def __init__(self, seed: int, stage: Stage, student: str, system: Sequence[Run]) -> None:
        """Raises LabError if no run is given, or if the topic that the first reads has no records to take after."""
        self._stage, self._seed, self._reports = stage, seed, Reports()
        self._flows = [(each.reads, each.writes) for each in system]
        if not self._flows:
            raise LabError("system is what lab.run has returned, at least one: lab.incident(7, system=[run]).")
        self.topic = self._flows[0][0][0]
        self._inputs = sorted({name for reads, _ in self._flows for name in reads})
        self._outputs = sorted({name for _, name in self._flows if name})
        luck = random.Random(f"incident {seed} {student}")
        fault = self._drawn(seed, luck)
        self._before = {name: self._came_into(name) for name in (self.topic, *self._outputs)}
        since = now()
        evidence = fault.plant()
        self._secret: Callable[[], tuple[Faulty, Evidence]] = lambda: (fault, evidence)
        outputs = listed([each.writes for each in system if each.writes] or [self.topic])
        self.symptom = f"Since {clock(since)} those who use {outputs} say that it is not what it was."

    def _drawn(self, seed: int, luck: random.Random) -> Faulty:
        found = tap.newest(self._stage.topics, self.topic, NEWEST)
        examples = [each for each in found if isinstance(each.value, dict) and each.key]
        if not examples:
            raise LabError(f"{self.topic} holds no JSON objects with keys: let your producer write some first.")
        partitions = len(self._stage.topics.partitions(self.topic))
        possible = [each for each in FAULTS if each.fits(examples[0], partitions)]
        return possible[seed % len(possible)](self._stage, self.topic, examples, luck)

    def causes(self) -> None:
        """Print all causes, of which this is one, and the evidence that each needs. Example: incident.causes()"""
        print(causes.in_words())

    def report(self, cause: str, **evidence: Any) -> None:
        """Report a cause and the evidence for it, and print whether they hold; `device` is the key. The first two
        reports count.

        Raises LabError if there is no such cause, or evidence is missing.

        Example: incident.report("open transaction", partition=0, offset=120)
        """
        print(self._reports.add(cause, evidence), in_words(self._judged()), sep="\n")

    def verdict(self) -> Verdict:
        """Judge cause, evidence and repair: the latter by the state of the runs, for up to 20 s, after the fault has
        been sent once more if it is one of records. Whether the output is right you must say. Before the first report
        nothing is judged.

        Example: incident.verdict()
        """
        fault, _ = self._secret()
        return Verdict(f"incident {self._seed} in {self.topic}", *self._judged(), self._repair(fault))

    def _judged(self) -> tuple[Part, Part]:
        fault, evidence = self._secret()
        return self._reports.judged(fault.cause, lambda: evidence)

    def _repair(self, fault: Faulty) -> Part:
        if not len(self._reports):
            return Part("repair", "open")
        letters = self._letters()
        if fault.repeats:
            fault.plant()
        with quietly():
            wait_until(lambda: self._ended() or not self._waiting(), PATIENCE)
        wrong = self._ended() or self._waiting() or self._silent()
        if more := self._letters() - letters:
            wrong.append(f"{more} records could not be read")
        if wrong:
            return Part("repair", "falls short", "; ".join(wrong))
        return Part("repair", "holds", "all runs go on, nothing waits; is the output right, too?")

    def _runs(self) -> list[Run]:
        """Returns the runs that do the work now: a repair may have replaced those of the beginning."""
        runs = [each for each in self._stage.lab.workers if isinstance(each, Run)]
        of_flows = [[each for each in runs if (each.reads, each.writes) == flow] for flow in self._flows]
        return [each for those in of_flows for each in ([run for run in those if run.alive] or those[-1:])]

    def _ended(self) -> list[str]:
        return [f"{each.name} is {each.status}" for each in self._runs() if not each.alive]

    def _waiting(self) -> list[str]:
        """Returns what has not been read, and what nobody can read yet."""
        topics = self._stage.topics
        held = [each for each in self._inputs if topics.end_offsets(each) != topics.end_offsets(each, committed=True)]
        behind = [f"{each.name} has {lag} records to read" for each in self._runs() if (lag := each.lag())]
        return [f"not all of {each} can be read" for each in held] + behind

    def _silent(self) -> list[str]:
        """Returns which outputs had records before the incident and none since, though good records came."""
        fault, _ = self._secret()
        if self._new(self.topic) - fault.written < ENOUGH:
            return []
        silent = [each for each in self._outputs if self._before[each] and not self._new(each)]
        return [f"nothing has come into {listed(silent)} since the incident began"] if silent else []

    def _new(self, name: str) -> int:
        return self._came_into(name) - self._before[name]

    def _letters(self) -> int:
        return sum(self._came_into(each) for each in {f"{name}{DEAD_LETTER}" for name in self._inputs})

    def _came_into(self, name: str) -> int:
        return self._stage.topics.counts.of(name).came if self._stage.topics.partitions(name) else 0

    def close(self) -> None:
        """End what the fault holds. Example: incident.close()"""
        self._secret()[0].close()

    def __repr__(self) -> str:
        return f"Incident {self._seed} in {self.topic}. {self.symptom}"
