"""The student's source: the functions in which the lines stand that added steps."""

import ast
import inspect
import linecache
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from labkit.runs.blame import Line


class Block(NamedTuple):
    """Some lines of a file that belong together, such as a function; `first` is the number of the first."""

    file: str
    first: int
    lines: Sequence[str]


def blocks(lines: Iterable[Line]) -> list[Block]:
    """Returns the functions, or other statements, that hold these lines, in order; each line of a file is in one."""
    found: dict[tuple[str, int], Block] = {}
    for line in lines:
        if not any(each.file == line.file and each.first <= line.number < _after(each) for each in found.values()):
            block = _block(line)
            inside = [place for place, each in found.items() if place[0] == line.file and _holds(block, each)]
            for place in inside:
                del found[place]
            found[block.file, block.first] = block
    return [*found.values()]


def _after(block: Block) -> int:
    return block.first + len(block.lines)


def _holds(block: Block, other: Block) -> bool:
    return block.first <= other.first and _after(other) <= _after(block)


def _block(line: Line) -> Block:
    """Returns the innermost function, or else the whole statement, of a line; that line if its source is not known."""
    source = linecache.getlines(line.file)
    try:
        nodes = [each for each in ast.walk(ast.parse("".join(source))) if isinstance(each, ast.stmt)]
    except SyntaxError:
        nodes = []
    around = [each for each in nodes if _first(each) <= line.number <= (each.end_lineno or 0)]
    functions = [each for each in around if isinstance(each, ast.FunctionDef)]
    node = max(functions, key=_first) if functions else min(around, key=_first, default=None)
    if not node:
        return Block(line.file, line.number, [line.text])
    text = "".join(source[_first(node) - 1 : node.end_lineno])
    return Block(line.file, _first(node), inspect.cleandoc(f"\n{text}").expandtabs(4).splitlines())


def _first(node: ast.stmt) -> int:
    """Returns the number of the first line of a statement, its decorators included."""
    decorators = node.decorator_list if isinstance(node, ast.FunctionDef | ast.ClassDef) else []
    return min([node.lineno, *(each.lineno for each in decorators)])
