"""Mutants of an answer: the same code with one operator, constant, field, name, argument or statement changed."""

import ast
import copy
import functools
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

COMPARED = {ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}
COMPARED |= {ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In}
COMPUTED = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
NAMES = {"Min": "Max", "Max": "Min", "Mean": "Sum", "Count": "Sum", "max": "min", "min": "max"}
METHODS = {"final": "current", "tumbling_window": "sliding_window"}
PLAUSIBLE = {"temperature": (-50, 100), "humidity": (1, 99)}  # in a room

Change = Callable[[Any], None]


def of(file: Path) -> Iterator[tuple[str, Any]]:
    """Each mutant of the function `answer` in a file: what was changed, and the changed function."""
    tree = ast.parse(file.read_text())
    (index,) = (n for n, each in enumerate(tree.body) if isinstance(each, ast.FunctionDef) and each.name == "answer")
    nodes = len([*ast.walk(tree.body[index])])
    for number in range(nodes):
        for name, change in _changes([*ast.walk(tree.body[index])][number]):
            mutant = copy.deepcopy(tree)
            node = [*ast.walk(mutant.body[index])][number]
            before = ast.unparse(node)
            change(node)
            yield name if "\n" in before else f"{name}: {before} -> {ast.unparse(node)}", _answer(mutant, file)


def _answer(tree: ast.Module, file: Path) -> Any:
    scope: dict[str, Any] = {"__name__": file.stem}
    exec(compile(ast.fix_missing_locations(tree), f"<a mutant of {file.stem}>", "exec"), scope)
    return scope["answer"]


def _changes(node: ast.AST) -> Iterator[tuple[str, Change]]:
    match node:
        case ast.Compare(ops=[operator]) if type(operator) in COMPARED:
            yield "comparison", lambda each: each.ops.__setitem__(0, COMPARED[type(operator)]())
        case ast.BinOp(op=operator) if type(operator) in COMPUTED:
            yield "operator", lambda each: setattr(each, "op", COMPUTED[type(operator)]())
        case ast.Constant(value=bool() as value):
            yield "constant", lambda each: setattr(each, "value", not value)
        case ast.Constant(value=int() | float() as value):
            yield "constant", lambda each: setattr(each, "value", value + 1)
            yield "constant", lambda each: setattr(each, "value", value - 1)
        case ast.Constant(value=str() as value):
            yield "text", lambda each: setattr(each, "value", f"{value}x")
        case ast.Name(id=name) if name in NAMES:
            yield "name", lambda each: setattr(each, "id", NAMES[name])
        case ast.Attribute(attr=name) if name in METHODS:
            yield "method", lambda each: setattr(each, "attr", METHODS[name])
        case ast.Subscript(slice=ast.Slice()):
            yield "whole", lambda each: setattr(each, "slice", ast.Slice())
    body = getattr(node, "body", None)
    for number, each in enumerate(body if isinstance(body, list) and len(body) > 1 else ()):
        line = ast.unparse(each).partition("\n")[0]
        yield f"without: {line}", functools.partial(_moved, number, None)
        if number:
            yield f"one statement earlier: {line}", functools.partial(_moved, number, number - 1)
    if isinstance(node, ast.Call):
        for number, keyword in enumerate(node.keywords):
            yield f"without {keyword.arg}", lambda each, number=number: each.keywords.pop(number)  # type: ignore[misc]


def _moved(number: int, place: int | None, node: Any) -> None:
    """Moves a statement of a body to another place, or removes it."""
    statement = node.body.pop(number)
    if place is not None:
        node.body.insert(place, statement)


def plausible(answer: Callable[..., Any]) -> Iterator[tuple[str, Any]]:
    """The answer on those readings alone that look plausible, a habit that no text asks for."""
    for name, (low, high) in PLAUSIBLE.items():
        yield f"only a plausible {name}", functools.partial(_of_some, answer, name, low, high)


def _of_some(answer: Callable[..., Any], name: str, low: float, high: float, readings: Any, *more: Any) -> Any:
    def is_plausible(reading: Any) -> bool:
        return name not in reading or low < reading[name] < high

    kept = [*filter(is_plausible, readings)] if isinstance(readings, list) else readings.filter(is_plausible)
    return answer(kept, *more)


def of_text(text: str, changes: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Each mutant of a text, such as SQL, in which one piece is replaced by another."""
    for old, new in changes.items():
        assert old in text, textwrap.shorten(text, 200)
        yield f"{old} -> {new}", text.replace(old, new, 1)
