"""How a pipeline's functions use their state, read from their code."""

import dis
import itertools
from collections.abc import Iterator
from types import CodeType
from typing import Any

from labkit.errors import LabError
from labkit.runs.blame import Line

ATTRIBUTE = 'State has no fields of its own: state.set("{name}", value) remembers a value (03_windows).'
ONLY_READS = (
    "the state is read {here}, and no line writes it, so it remembers nothing: state.set(name, value) does, also after "
    "a list in it has changed (03_windows)"
)
READS = {"get", "exists"}


class Use:
    """How the functions of a pipeline use the state that they share."""

    def __init__(self) -> None:
        self._first: Line | None = None  # that is stateful
        self._used: set[str] = set()

    def add(self, function: Any, line: Line | None) -> None:
        """Add a function that a `line` gives a state. Raises LabError if it sets an attribute of it."""
        self._first = self._first or line
        code = getattr(function, "__code__", None)
        uses = [*_uses(code)] if isinstance(code, CodeType) and code.co_argcount else [("other", "")]
        for kind, name in uses:
            if kind == "STORE_ATTR":
                raise LabError(ATTRIBUTE.format(name=name))
            self._used.add(name if kind.startswith("LOAD_") and name else "other")

    def only_reads(self) -> Line | None:
        """Returns the first line that reads the state, if all lines only read it; None if any writes it, or may."""
        return self._first if self._used and self._used <= READS else None


def _uses(code: CodeType) -> Iterator[tuple[str, str]]:
    """Yield what follows each time that a function's last parameter, its state, is named: the instruction, and the name
    of the attribute or method if it has one.
    """
    state = code.co_varnames[code.co_argcount - 1]
    if state in code.co_cellvars:  # an inner function uses it
        yield "other", ""
    for this, after in itertools.pairwise(dis.get_instructions(code)):
        named = this.argval[-1] if isinstance(this.argval, tuple) else this.argval
        if this.opname.startswith("LOAD_FAST") and named == state:
            has_name = after.opname in ("LOAD_ATTR", "LOAD_METHOD", "STORE_ATTR")
            yield after.opname, str(after.argval) if has_name else ""
