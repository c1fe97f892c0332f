"""The student's source: the functions in which the lines stand that added steps."""

import ast
import inspect
import linecache
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import CodeType
from typing import NamedTuple

from labkit.runs.blame import Line

CELL = re.compile(r"ipykernel_|<ipython-input")  # in the name of what IPython takes for a file


class Block(NamedTuple):
    """Some lines of a file that belong together, such as a function; `first` is the number of the first."""

    file: str
    first: int
    lines: Sequence[str]

    @property
    def name(self) -> str:
        """The name of the file; a cell of a notebook has none that says anything."""
        return "a cell" if CELL.search(self.file) else Path(self.file).name

    @property
    def numbers(self) -> range:
        """The numbers of its lines."""
        return range(self.first, self.first + len(self.lines))


def definition(function: object) -> Line | None:
    """Returns the line with which a function begins; None if it has no source of its own."""
    code = getattr(inspect.unwrap(function) if callable(function) else function, "__code__", None)
    if not isinstance(code, CodeType):
        return None
    text = linecache.getline(code.co_filename, code.co_firstlineno).strip()
    return Line(code.co_name, text, code.co_filename, code.co_firstlineno)


def blocks(lines: Iterable[Line]) -> list[Block]:
    """Returns the functions, or other statements, that hold these lines, in order; each line of a file is in one."""
    found: list[Block] = []
    for line in lines:
        if not any(each.file == line.file and line.number in each.numbers for each in found):
            block = _block(line)
            found = [each for each in found if each.file != block.file or each.first not in block.numbers] + [block]
    return found


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
