"""The calls of `lab.check` in a notebook, however they are written, and what they hand in."""

import ast
import re
import warnings
from collections.abc import Iterator, Sequence

MOST_BRACES = 1000  # in a cell with f-strings: until Python 3.11 reading one takes the square of what is in braces
F_STRING = re.compile(r"\b(?:[fF][rR]?|[rR][fF])[\"']")
TIMED = re.compile(r"^(\s*)%time(?:it)?\s+(?:-\w+\s+)*")  # IPython runs what follows
NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
IN_TEXT = re.compile(
    r"\.check\(\s*(?:(?:answer\s*=\s*\w+\s*,\s*)?exercise\s*=\s*)?[rbuf]?[\"']([A-Za-z0-9_-]{1,80})[\"']"
)
OF_IPYTHON = ("%", "!", "?")


def exercises_in(sources: Sequence[str]) -> list[str]:
    """Returns the exercises that the code checks, each once, in the order of the cells.

    If a call has its name from elsewhere (`for name in …: lab.check(name, …)`), every text in the code that can be one
    counts.
    """
    trees = [parsed(each) for each in sources]
    found: list[str] = []
    for source, tree in zip(sources, trees, strict=True):
        found += [name for name, _ in checks(tree)] if tree else IN_TEXT.findall(source)
    if not all(found):
        found += [_text(node) for tree in trees if tree for node in ast.walk(tree)]
    return list(dict.fromkeys(filter(None, found)))


def parsed(source: str) -> ast.Module | None:
    """Returns the code of a cell, without what only IPython understands; None if it is not Python or too long."""
    if source.count("{") > MOST_BRACES and F_STRING.search(source):
        return None
    lines = ("" if line.lstrip().startswith(OF_IPYTHON) else line for line in _timed(source))
    try:
        with warnings.catch_warnings(action="ignore"):  # about a student's code, which is not the grader's
            return ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _timed(source: str) -> list[str]:
    return [TIMED.sub(r"\1", line) for line in source.split("\n")]


def checks(tree: ast.Module) -> Iterator[tuple[str, ast.expr | None]]:
    """Yields the exercise of each call, empty if it is not written there, and the answer, if there is one."""
    nodes = [*ast.walk(tree)]
    given_names = [each for each in nodes if isinstance(each, ast.Assign) and _is_check(each.value)]
    named = {each.id for assign in given_names for each in assign.targets if isinstance(each, ast.Name)}
    calls = [each for each in nodes if isinstance(each, ast.Call)]
    for call in sorted(calls, key=lambda each: (each.lineno, each.col_offset)):
        if _is_check(call.func) or (isinstance(call.func, ast.Name) and call.func.id in named):
            given = dict(zip(("exercise", "answer"), call.args, strict=False))
            given |= {key.arg: key.value for key in call.keywords if key.arg}
            yield _text(given.get("exercise")), given.get("answer")


def _is_check(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "check"


def _text(node: ast.AST | None) -> str:
    said = node.value if isinstance(node, ast.Constant) else None
    return said if isinstance(said, str) and NAME.fullmatch(said) else ""
