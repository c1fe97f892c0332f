"""Answers that are nearly right, as oracles that run in no time: a limit is moved by the smallest step, or something is
taken for granted. The hidden readings of every seed must tell each of them from the right one.
"""

import ast
import copy
import importlib
import importlib.util
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from labkit.exercises import catalogue
from tests.exercises.mutants import COMPARED

Expected = Callable[..., Any]  # what an oracle's file has under this name

LIMITS = (ast.Gt, ast.GtE, ast.Lt, ast.LtE)


def right(exercise: str) -> set[str]:
    """The near misses of an exercise that earn everything, on every seed or on some."""
    return {*_by_name(exercise, "RIGHT")}


def of(oracle: Path) -> Iterator[tuple[str, Expected]]:
    """Each near miss that belongs to an oracle, and what comes out of the readings then."""
    yield from _by_the_smallest_step(oracle)
    for name, replaced in _by_name(oracle.stem, "BY_HAND").items():
        text = oracle.read_text()
        for old, new in replaced:
            assert old in text, (name, old)
            text = text.replace(old, new)
        yield name, _expected(ast.parse(text), oracle)


def _by_name(exercise: str, what: str) -> Mapping[str, Any]:
    """What the module of an exercise says, in a package whose modules each count in one proof only."""
    module = f"tests.exercises.nearly.{catalogue.file_of(exercise).removesuffix('.py')}"
    return getattr(importlib.import_module(module), what, {}) if importlib.util.find_spec(module) else {}


def _by_the_smallest_step(oracle: Path) -> Iterator[tuple[str, Expected]]:
    """The oracle with one whole number a little larger or smaller, or one limit that counts or counts no more."""
    tree = ast.parse(oracle.read_text())
    for number, node in enumerate(ast.walk(tree)):
        for change in _changes(node):
            moved = copy.deepcopy(tree)
            found = [*ast.walk(moved)][number]
            change(found)
            yield f"{ast.unparse(node)} -> {ast.unparse(found)}", _expected(moved, oracle)


def _changes(node: ast.AST) -> Iterator[Callable[[Any], None]]:
    match node:
        case ast.Constant(value=int() as value) if not isinstance(value, bool):
            yield lambda each: setattr(each, "value", value + 1)
            yield lambda each: setattr(each, "value", value - 1)
        case ast.Compare(ops=[operator]) if isinstance(operator, LIMITS):
            yield lambda each: each.ops.__setitem__(0, COMPARED[type(operator)]())


def _expected(tree: ast.Module, oracle: Path) -> Expected:
    scope: dict[str, Any] = {"__name__": oracle.stem}
    exec(compile(ast.fix_missing_locations(tree), f"<nearly {oracle.stem}>", "exec"), scope)
    found: Expected = scope["expected"]
    return found
