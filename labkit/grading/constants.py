"""The numbers in a student's functions, and the same code with another number."""

import ast
import random
from collections.abc import Iterator
from dataclasses import dataclass

STEPS = (-20, -10, -5, 5, 10, 20)  # by which a number changes
LARGE = 1000  # from here on it is doubled instead: milliseconds, mostly


@dataclass(frozen=True)
class Changed:
    """A line (the first is 1) before and after one of its numbers was changed, and the source with that change."""

    line: int
    before: str
    after: str
    source: str


def another(number: float, luck: random.Random) -> float:
    """Returns another number of the same sign."""
    if abs(number) >= LARGE:
        return number * 2
    step = luck.choice(STEPS)
    changed = round(number + step, 2)
    return changed if changed * number >= 0 and changed else round(number - step, 2)


def changed(source: str, luck: random.Random) -> Iterator[Changed]:
    """Yields the code with another number, for each number in a function but positions such as 0 in `values[0]`.

    There are none in code that is not Python.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    lines = source.split("\n")
    for node, value in _numbers(tree):
        line = lines[node.lineno - 1].encode()
        if _number(line[node.col_offset : node.end_col_offset]) == value:
            new = repr(another(value, luck)).encode()
            after = (line[: node.col_offset] + new + line[node.end_col_offset :]).decode()
            rest = [*lines[: node.lineno - 1], after, *lines[node.lineno :]]
            yield Changed(node.lineno, lines[node.lineno - 1].strip(), after.strip(), "\n".join(rest))


def _numbers(tree: ast.AST) -> list[tuple[ast.Constant, float]]:
    """Returns the numbers in functions, each once, with their values."""
    functions = [each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.Lambda)]
    positions = {id(each) for node in ast.walk(tree) if isinstance(node, ast.Subscript) for each in _parts(node.slice)}
    found = {id(node): node for each in functions for node in ast.walk(each) if isinstance(node, ast.Constant)}
    numbers = [(node, node.value) for key, node in found.items() if key not in positions]
    return [(node, value) for node, value in numbers if isinstance(value, int | float) and not isinstance(value, bool)]


def _parts(position: ast.expr) -> list[ast.AST]:
    is_compound = isinstance(position, ast.Slice | ast.UnaryOp | ast.Tuple)
    return [position, *(ast.iter_child_nodes(position) if is_compound else ())]


def _number(text: bytes) -> object:
    """Returns the number that is written so; None if it is none: lines can be counted in other ways."""
    try:
        return ast.literal_eval(text.decode())
    except (SyntaxError, ValueError):
        return None
