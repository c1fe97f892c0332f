"""What a pipeline's functions do besides returning something, as far as their code tells."""

import dis
import inspect
import itertools
import re
from collections.abc import Iterator
from types import CodeType
from typing import Any, NamedTuple

from labkit.errors import LabError
from labkit.runs.blame import Line

ATTRIBUTE = 'State has no fields of its own: state.set("{name}", value) remembers a value (03_windows).'
ONLY_READS = (
    "the state is read {here}, and no line writes it, so it remembers nothing: state.set(name, value) does, also after "
    "a list in it has changed (03_windows)"
)
READS = {"get", "exists"}
UNKNOWN = "other"  # what else may happen to a state

# What a function may call, and still do nothing but return something.
HARMLESS = {"abs", "bool", "dict", "float", "int", "len", "list", "max", "min", "round", "set", "sorted", "str", "sum"}
HARMLESS |= {"tuple", "endswith", "get", "items", "keys", "lower", "split", "startswith", "strip", "title", "upper"}
CHANGES = ("STORE_ATTR", "STORE_DEREF", "STORE_GLOBAL", "STORE_SUBSCR", "DELETE_", "YIELD_", "IMPORT_")


class Instruction(NamedTuple):
    name: str
    argument: Any


class Use:
    """How the functions of a pipeline use the state that they share."""

    def __init__(self) -> None:
        self._first: Line | None = None  # that is stateful
        self._used: set[str] = set()

    def add(self, function: Any, line: Line | None, position: int) -> None:
        """Add a function to which a `line` gives the state as the argument at a `position`, from 0 on. Raises LabError
        if the function sets an attribute of it.
        """
        self._first = self._first or line
        code, state = getattr(function, "__code__", None), _parameter(function, position)
        uses = [*_uses(code, state)] if isinstance(code, CodeType) and state else [Instruction(UNKNOWN, "")]
        for kind, name in uses:
            if kind == "STORE_ATTR":
                raise LabError(ATTRIBUTE.format(name=name))
            self._used.add(name if kind in ("LOAD_ATTR", "LOAD_METHOD") else UNKNOWN)

    def only_reads(self) -> Line | None:
        """Returns the first line that reads the state, if all lines only read it; None if any writes it, or may."""
        return self._first if self._used and self._used <= READS else None


def only_returns(function: Any) -> bool:
    """Whether a function does nothing but return something: it changes nothing, and calls nothing that might."""
    code = getattr(function, "__code__", None)
    if not isinstance(code, CodeType) or any(isinstance(each, CodeType) for each in code.co_consts):
        return False  # or it has a function inside, perhaps that of a comprehension
    found = [*_instructions(code)]
    if any(each.name.startswith(CHANGES) and not _is_of_the_value(code, found[:n]) for n, each in enumerate(found)):
        return False
    calls = any(name.startswith("CALL") for name, _ in found)
    named = {str(each) for name, each in found if name in ("LOAD_GLOBAL", "LOAD_ATTR", "LOAD_METHOD", "LOAD_DEREF")}
    return not calls or named <= HARMLESS


def _is_of_the_value(code: CodeType, before: list[Instruction]) -> bool:
    """Whether `value["field"] = ...` is what sets an item after these instructions; a branch has values of its own."""
    owner = before[-2] if len(before) > 1 else Instruction("", "")
    return owner.name.startswith("LOAD_FAST") and code.co_argcount > 0 and owner.argument == code.co_varnames[0]


def _parameter(function: Any, position: int) -> str:
    """Returns the name of a parameter; empty if the function has no names for all that it is given."""
    try:
        parameters = [*inspect.signature(function).parameters.values()]
    except (TypeError, ValueError):
        return ""
    ordinary = [each.name for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    return ordinary[position] if position < len(ordinary) else ""


def _uses(code: CodeType, state: str) -> Iterator[Instruction]:
    """Yield what follows each time that a variable is named: the instruction, and its argument."""
    if state in code.co_cellvars:  # an inner function uses it
        yield Instruction(UNKNOWN, "")
    for this, after in itertools.pairwise(_instructions(code)):
        if this.name.startswith("LOAD_FAST") and this.argument == state:
            yield after


def _instructions(code: CodeType) -> Iterator[Instruction]:
    """Yield the instructions of a function; what newer versions of Python do in one, such as LOAD_FAST_LOAD_FAST, as
    two.
    """
    for each in dis.get_instructions(code):
        if isinstance(each.argval, tuple) and each.opname.count("_FAST") == len(each.argval) == 2:
            yield from map(Instruction, re.findall(r"(?:LOAD|STORE)_FAST", each.opname), each.argval)
        else:
            yield Instruction(each.opname, each.argval)
