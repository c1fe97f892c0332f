"""Faults in the programs."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from labkit.incidents.fault import Evidence, Fault
from labkit.incidents.measured import STEP, Measured

if TYPE_CHECKING:
    from labkit.incidents.system import System

LATE = 3  # rounds


class MistypedThreshold(Fault):
    """The limit of the alerts has one digit too many, or two in the wrong order."""

    cause = "mistyped threshold"

    def __init__(self, luck: random.Random) -> None:
        super().__init__(luck)
        self._typed = luck.choice((330.0, 3030.0, 3003.0))
        self.edits = {"LIMIT = 303.0": f"LIMIT = {self._typed}"}

    def begin(self, system: System) -> None:
        super().begin(system)
        self.device = self.luck.choice(system.measuring.hot)

    def symptom(self, system: System) -> str:  # noqa: ARG002
        return (
            f"It is unbearably hot in {self.device}, well above 30 °C, say those who work there, and there has been no "
            "alert since the release of this morning. All programs run."
        )

    def evidence(self, system: System) -> Evidence:  # noqa: ARG002
        return {"run": "alerts", "value": self._typed}


class ShortGrace(Fault):
    """Windows wait for 0.1 s, and one of the four readings of a device in a second comes 0.75 s late: its last."""

    cause = "grace too short"

    def __init__(self, luck: random.Random) -> None:
        super().__init__(luck)
        line = "windows = readings.tumbling_window(1000, grace_ms="
        self.edits = {f"{line}1000)": f"{line}100)"}

    def symptom(self, system: System) -> str:  # noqa: ARG002
        return (
            f"The averages of {self.device} differ from what the technician works out from the archive. They are "
            "there, second by second, and so are all readings. For the other devices both agree."
        )

    def delay(self, reading: Measured) -> int:
        return LATE if self.has_begun(reading) and reading.time // STEP % 4 == 3 else 0

    def evidence(self, system: System) -> Evidence:  # noqa: ARG002
        return {"run": "averages", "device": self.device}
