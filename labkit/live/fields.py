"""The fields that views show, and their units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

UNITS = {"temperature": "°C", "kelvin": "K", "humidity": "%", "delay": "s"}


class Field(NamedTuple):
    """A field of records, and its unit; empty if it has none."""

    name: str
    unit: str = ""

    @classmethod
    def of(cls, name: str, units: Mapping[str, str] = UNITS) -> Field:
        """Returns a field with the unit that it has among these, else its usual one."""
        return cls(name, units.get(name, UNITS.get(name, "")))

    @property
    def axis(self) -> str:
        """The title of its axis."""
        name = self.name[:1].upper() + self.name[1:]
        return f"{name} ({self.unit})" if self.unit else name

    def written(self, number: str) -> str:
        """Returns a number with the unit."""
        return f"{number} {self.unit}".rstrip()


TEMPERATURE = Field.of("temperature")
