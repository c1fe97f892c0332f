"""Answers of several students that are the same but for names, comments and layout."""

import ast
import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from labkit.exercises.exercise import Exercise
from labkit.grading.grade import Task

SHORTEST = 50  # nodes of the syntax tree: shorter answers are the same by chance


@dataclass(frozen=True)
class Copies:
    """Students with the same answer to an exercise. `nodes` says how long it is: of its syntax tree."""

    exercise: str
    nodes: int
    students: tuple[str, ...]


def copies(tasks: Sequence[Task]) -> list[Copies]:
    """Returns the answers that several students have in common, the longest first."""
    found: dict[tuple[str, int, str], list[str]] = {}
    for task in tasks:
        for exercise in task.exercises:
            with contextlib.suppress(RecursionError):  # code nested deeper than anybody would write
                if answer := _answer(task.sources, exercise):
                    found.setdefault((exercise.name, *answer), []).append(task.student)
    groups = [Copies(name, nodes, tuple(students)) for (name, nodes, _), students in found.items()]
    shared = [each for each in groups if len(each.students) > 1]
    return sorted(shared, key=lambda each: (-each.nodes, each.exercise, each.students))


def _answer(sources: Sequence[str], exercise: Exercise) -> tuple[int, str] | None:
    """Returns an answer's length, and the answer without what can be changed cosmetically; None if it is short."""
    trees = [*_trees(sources)]
    for tree in reversed(trees):
        for each in ast.walk(tree):
            if isinstance(each, ast.Call) and _checks(each, exercise.name) and len(each.args) > 1:
                given = [each.args[1], *_definitions(trees, each.args[1])]
                nodes = sum(1 for part in given for _ in ast.walk(part))
                return (nodes, _Plain().text(given)) if nodes >= SHORTEST else None
    return None


def _trees(sources: Sequence[str]) -> Iterator[ast.Module]:
    for source in sources:
        lines = (line for line in source.splitlines() if not line.lstrip().startswith(("%", "!", "?")))  # of IPython
        try:
            yield ast.parse("\n".join(lines))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue


def _checks(call: ast.Call, name: str) -> bool:
    is_check = isinstance(call.func, ast.Attribute) and call.func.attr == "check"
    return is_check and bool(call.args) and isinstance(call.args[0], ast.Constant) and call.args[0].value == name


def _definitions(trees: Sequence[ast.Module], answer: ast.expr) -> list[ast.stmt]:
    """Returns the last definition of what an answer names, and of what that names."""
    defined: dict[str, ast.stmt] = {}
    for statement in (each for tree in trees for each in tree.body):
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            defined[statement.name] = statement
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            defined |= {each.id: statement for each in targets if isinstance(each, ast.Name)}
    found: list[ast.stmt] = []
    left: list[ast.AST] = [answer]
    while left:
        names = [each.id for each in ast.walk(left.pop()) if isinstance(each, ast.Name)]
        more = [defined[name] for name in dict.fromkeys(names) if name in defined and defined[name] not in found]
        found += more
        left += more
    return found


class _Plain(ast.NodeTransformer):
    """Numbers the names in the order in which they appear, and leaves out docstrings and annotations."""

    def __init__(self) -> None:
        self._numbers: dict[str, str] = {}

    def text(self, parts: Sequence[ast.AST]) -> str:
        return "\n".join(ast.dump(self.visit(part)) for part in parts)

    def _renamed(self, name: str) -> str:
        return self._numbers.setdefault(name, f"name{len(self._numbers)}")

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(self._renamed(node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(self._renamed(node.arg))

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        node.name = self._renamed(node.name) if node.name else None
        return self.generic_visit(node)

    def visit_alias(self, node: ast.alias) -> ast.AST:
        return ast.alias(node.name, self._renamed(node.asname) if node.asname else None)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name, node.returns = self._renamed(node.name), None
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:]
        return self.generic_visit(node)
