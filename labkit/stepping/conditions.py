"""How near records came to a condition in the student's source, such as `readings["kelvin"] > 303`.

Only comparisons of fields with each other, with numbers and with names are understood. What is compared is computed for
each record, as the student has written it, on the record instead of the stream.
"""

from __future__ import annotations

import ast
import copy
import inspect
import linecache
import operator
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any, NamedTuple

from labkit.runs.blame import Line
from labkit.stepping import words

COMPARE: dict[type[ast.cmpop], tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Gt: (">", operator.gt),
    ast.GtE: (">=", operator.ge),
    ast.Lt: ("<", operator.lt),
    ast.LtE: ("<=", operator.le),
    ast.Eq: ("==", operator.eq),
}
OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.NotEq: ast.Eq,
}
MIRRORED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Gt: ast.Lt,
    ast.GtE: ast.LtE,
    ast.Lt: ast.Gt,
    ast.LtE: ast.GtE,
    ast.Eq: ast.Eq,
}
PLAIN = (ast.expr_context, ast.operator, ast.unaryop, ast.Constant, ast.Name, ast.BinOp, ast.UnaryOp, ast.Subscript)
Function = Callable[..., Any]


class Comparison(NamedTuple):
    """A comparison, with the field on its left side."""

    left: ast.expr
    op: type[ast.cmpop]
    right: ast.expr


@dataclass(frozen=True)
class Nearest:
    """How near records came to a condition such as `kelvin > 3030`.

    `best` is the `extreme` ("highest", "lowest" or "nearest") of what was compared, `subject`; for `held` of the
    records the condition held (None: that cannot be told).
    """

    condition: str
    subject: str
    extreme: str
    best: Any
    held: int | None


class Conditions:
    """The comparisons in a line, or in a function that it names, with what its names stand for now."""

    def __init__(self, line: Line, functions: Sequence[Function]) -> None:
        """`functions` are the pipeline and those of the steps that the line added: they know what names stand for."""
        self._known: dict[str, Any] = {}
        for each in reversed(functions):
            self._known |= _names(each)
        self._comparisons = [*_comparisons(line, functions)]

    def nearest(self, values: Sequence[Any]) -> list[Nearest]:
        """Returns how near values came to each comparison; the hardest first."""
        found = [near for each in self._comparisons if (near := _near(each, self._known, values))]
        return sorted(found, key=lambda near: near.held or 0)

    def missed(self, value: Any) -> str:
        """Returns which of them do not hold for a value, in words; empty if that is not known."""
        return ", ".join(
            f"{near.subject} is {words.part(near.best)}, not {near.condition.removeprefix(near.subject).strip()}"
            for near in self.nearest([value])
            if near.held == 0
        )


def _near(it: Comparison, known: dict[str, Any], values: Sequence[Any]) -> Nearest | None:
    """Returns how near values came to a comparison; None if that cannot be computed."""
    name = _record(it.left)
    pairs = [(_value(it.left, known | {name: each}), _value(it.right, known | {name: each})) for each in values]
    lefts = [left for left, _ in pairs if left is not None]
    sign, compare = COMPARE[it.op]
    try:
        best, extreme = _best(sign, lefts, pairs)
        rights_known = all(right is not None for _, right in pairs)
        held = sum(bool(compare(left, right)) for left, right in pairs if left is not None) if rights_known else None
    except (TypeError, ValueError):  # there is none, or they cannot be compared
        return None
    return Nearest(f"{_text(it.left)} {sign} {_right(it, pairs)}", _text(it.left), extreme, best, held)


def _right(it: Comparison, pairs: Sequence[tuple[Any, Any]]) -> str:
    """Returns the right side as text; a name, or a sum, with what it is, if that is the same for all records."""
    meant = {repr(right) for _, right in pairs}
    is_known = len(meant) == 1 and not isinstance(it.right, ast.Constant) and meant != {"None"}
    return _text(it.right) + (f" ({meant.pop()})" if is_known else "")


def _best(sign: str, lefts: Sequence[Any], pairs: Sequence[tuple[Any, Any]]) -> tuple[Any, str]:
    """Returns the value that comes nearest, and what it is among all. Raises ValueError if there is none."""
    if sign.startswith(">"):
        return max(lefts), "highest"
    if sign.startswith("<"):
        return min(lefts), "lowest"
    if all(isinstance(each, int | float) for pair in pairs for each in pair):
        return min(pairs, key=lambda pair: abs(pair[0] - pair[1]))[0], "nearest"
    return max(Counter(lefts).items(), key=lambda item: item[1])[0], "commonest"


# -------------------------------------------------------------- in the source


def _comparisons(line: Line, functions: Sequence[Function]) -> Iterator[Comparison]:
    """Yield the comparisons in a line; if it has none, those of the functions that it calls for each record."""
    tree = _tree("".join(linecache.getlines(line.file)))
    around = [each for each in ast.walk(tree) if isinstance(each, ast.stmt) and _spans(each, line.number)]
    if around:
        function = next((each for each in reversed(around) if isinstance(each, ast.FunctionDef)), None)
        statement = min(around, key=lambda each: (each.end_lineno or 0) - each.lineno)
        whole = _expanded(statement, function)
        found = [*_inside(whole)]
        if found:
            yield from [each for each in found if _spans(each.left, line.number)] or found
            return
    for each in functions[1:]:
        if isinstance(code := getattr(each, "__code__", None), CodeType):
            inner = _tree("".join(linecache.getlines(code.co_filename)))
            bodies = [node for node in ast.walk(inner) if getattr(node, "lineno", 0) == code.co_firstlineno]
            yield from (found for node in bodies if isinstance(node, ast.FunctionDef) for found in _inside(node))


def _spans(node: ast.stmt | ast.expr, number: int) -> bool:
    return node.lineno <= number <= (node.end_lineno or 0)


def _inside(node: ast.AST, negated: bool = False) -> Iterator[Comparison]:
    """Yield the comparisons of a field with something else."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert):
        yield from _inside(node.operand, not negated)
    elif isinstance(node, ast.Compare):
        for left, op, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
            kind = OPPOSITE.get(type(op), type(op)) if negated else type(op)
            if kind in COMPARE and _record(left):
                yield Comparison(left, kind, right)
            elif kind in COMPARE and _record(right):
                yield Comparison(right, MIRRORED[kind], left)
    else:
        for child in ast.iter_child_nodes(node):
            yield from _inside(child, negated)


class _Expanded(ast.NodeTransformer):
    """Puts what a name stands for in its place, at the place of the name."""

    def __init__(self, meant: Mapping[str, ast.expr]) -> None:
        self._meant = meant

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return copy.deepcopy(self._meant.get(node.id, node)) if isinstance(node.ctx, ast.Load) else node


def _expanded(statement: ast.stmt, function: ast.FunctionDef | None) -> ast.AST:
    """Returns a statement in which `hot` is the `readings["kelvin"] > 303` that the function calls so."""
    if not function:
        return statement
    streams = {_record(each) for each in ast.walk(function) if isinstance(each, ast.Subscript)}
    given: dict[str, list[ast.expr]] = {}
    for each in ast.walk(function):
        if isinstance(each, ast.Assign) and len(each.targets) == 1 and isinstance(each.targets[0], ast.Name):
            given.setdefault(each.targets[0].id, []).append(each.value)
    meant = {name: values[0] for name, values in given.items() if len(values) == 1 and name not in streams}
    expand, statement = _Expanded(meant), copy.deepcopy(statement)
    for _ in range(3):  # of names that stand for others
        statement = expand.visit(statement)
    return statement


def _record(node: ast.AST) -> str:
    """Returns the name of the stream or record whose field an expression reads, as in `readings["kelvin"] + 1`."""
    for each in ast.walk(node):
        if isinstance(each, ast.Subscript) and isinstance(each.value, ast.Name) and _is_text(each.slice):
            return each.value.id
        if _is_get(each):
            return each.func.value.id  # type: ignore[attr-defined, no-any-return]
    return ""


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_get(node: ast.AST) -> bool:
    """Whether this is `record.get("kelvin")`."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "get"
        and isinstance(node.func.value, ast.Name)
        and bool(node.args)
        and _is_text(node.args[0])
    )


class _Short(ast.NodeTransformer):
    """Leaves of `readings["kelvin"]` and `reading.get("kelvin")` the name of the field."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        is_field = isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str)
        return ast.Name(str(node.slice.value)) if is_field else node  # type: ignore[attr-defined]

    def visit_Call(self, node: ast.Call) -> ast.expr:
        return ast.Name(str(node.args[0].value)) if _is_get(node) else node  # type: ignore[attr-defined]


def _text(node: ast.expr) -> str:
    return ast.unparse(_Short().visit(_copy(node)))


def _copy(node: ast.expr) -> ast.expr:
    return ast.parse(ast.unparse(node), mode="eval").body


def _tree(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError:  # of a cell with magics
        return ast.Module([], [])


# -------------------------------------------------------------- for a record


def _value(node: ast.expr, known: Mapping[str, Any]) -> Any:
    """Returns what a plain expression is for a record; None if it cannot be computed, or would call a function."""
    if not all(isinstance(each, PLAIN) or _is_get(each) or isinstance(each, ast.Attribute) for each in ast.walk(node)):
        return None
    try:
        return eval(compile(ast.Expression(_copy(node)), "<condition>", "eval"), {"__builtins__": {}}, dict(known))
    except Exception:  # a missing field, an unknown name, a sum of a number and a text
        return None


def _names(function: Function) -> dict[str, Any]:
    """Returns what the names in a function stand for outside of it."""
    try:
        found = inspect.getclosurevars(function)
    except (TypeError, ValueError):  # of a function without source of its own
        return {}
    return {**found.globals, **found.nonlocals}
