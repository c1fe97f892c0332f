"""Answers that are the same as others, or as the reference, but for names, comments and layout; or hold what was
recorded.
"""

import ast
import copy
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import islice

from labkit.grading import calls
from labkit.grading.grade import Task

SHORTEST = 50  # nodes of the syntax tree: shorter answers are the same by chance
LONGEST = 20_000  # nodes
REFERENCE, RECORDING, SMALLER = "the reference", "the recording", "the smaller step"  # in place of a student
NOBODY = {REFERENCE, RECORDING, SMALLER}
ALIKE = 0.9  # of what an answer and a smaller step hold is the same, if the one was made of the other
FEW, MOST = 4, 10  # numbers of a recording: in fewer there is nothing to be told by; more are in no answer by chance


class TooLong(Exception):
    """An answer is too long to be compared in a time that does not depend on who wrote it."""


@dataclass(frozen=True)
class Copies:
    """Students with the same answer to an exercise. `nodes` says how long it is: of its syntax tree."""

    exercise: str
    nodes: int
    students: tuple[str, ...]


@dataclass
class Compared:
    """Answers that several students have in common, the longest first; by student, what could not be compared."""

    copies: list[Copies] = field(default_factory=list)
    failed: dict[str, list[str]] = field(default_factory=dict)


def copies(
    tasks: Sequence[Task],
    references: Mapping[str, str] | None = None,
    recordings: Mapping[str, Collection[float]] | None = None,
    smaller: Mapping[str, str] | None = None,
) -> Compared:
    """Compares all answers with one another, with the `references` (by exercise, the source of one with `answer`), with
    the `recordings` (by exercise, the numbers in what is recorded as coming out), and with the `smaller` steps (by
    exercise, the source of a notebook that checks one): answers made of these are the same for a good reason.

    No answer keeps the others from being compared.
    """
    same: dict[tuple[str, int, str], list[str]] = {}
    compared = Compared()
    for name, source in (references or {}).items():
        if answer := _answer_in(f"{source}\nlab.check({name!r}, answer)", name):
            same[name, *answer] = [REFERENCE]
    for task in tasks:
        trees = [tree for source in task.sources if (tree := calls.parsed(source))]
        numbers = _numbers(trees) if recordings else set()
        for exercise in task.exercises:
            try:
                if answer := _answer(trees, exercise.name):
                    students = same.setdefault((exercise.name, *answer), [])
                    if _are_recorded(numbers, (recordings or {}).get(exercise.name, ())):
                        students.append(RECORDING)
                    students.append(task.student)
            except Exception as error:  # code nested deeper than anybody would write, and whatever else a student finds
                why = f"{exercise.name}: not compared with others' answers ({type(error).__name__})"
                compared.failed.setdefault(task.student, []).append(why)
    _note_smaller_steps(same, smaller or {})
    groups = [Copies(name, nodes, tuple(dict.fromkeys(students))) for (name, nodes, _), students in same.items()]
    shared = [each for each in groups if len(each.students) > 1 and {*each.students} - NOBODY]
    compared.copies = sorted(shared, key=lambda each: (-each.nodes, each.exercise, each.students))
    return compared


def _note_smaller_steps(same: Mapping[tuple[str, int, str], list[str]], smaller: Mapping[str, str]) -> None:
    """Adds the smaller step of an exercise to the answers that are made of it."""
    for name, source in smaller.items():
        if step := _answer_in(source, name):
            for (exercise, _, text), students in same.items():
                if exercise == name and _are_alike(text, step[1]):
                    students.insert(0, SMALLER)


def _are_alike(one: str, other: str) -> bool:
    """Whether one answer is the other but for a few changes. (Names are numbered, so one more changes them all.)"""
    mine, theirs = (re.sub(r"name\d+", "name", text).split() for text in (one, other))
    matcher = SequenceMatcher(None, mine, theirs, autojunk=False)
    return matcher.real_quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE  # the first is quick, and looks at lengths


def _numbers(trees: Sequence[ast.Module]) -> set[object]:
    """Returns the numbers that a notebook writes down."""
    nodes = islice((node for tree in trees for node in ast.walk(tree)), LONGEST)
    return {node.value for node in nodes if isinstance(node, ast.Constant) and type(node.value) in (int, float)}


def _are_recorded(numbers: Collection[object], recorded: Collection[float]) -> bool:
    """Whether more numbers of a recording are among these than are there by chance."""
    return len(recorded) >= FEW and len({*recorded}.intersection(numbers)) > min(MOST, len(recorded) / 2)


def _answer_in(source: str, exercise: str) -> tuple[int, str] | None:
    tree = calls.parsed(source)
    return _answer([tree], exercise) if tree else None


def _answer(trees: Sequence[ast.Module], exercise: str) -> tuple[int, str] | None:
    """Returns an answer's length, and the answer without what can be changed cosmetically; None if it is short.

    Raises TooLong.
    """
    for tree in reversed(trees):
        for name, answer in reversed([*calls.checks(tree)]):
            if name == exercise and answer:
                given = [answer, *_definitions(trees, answer)]
                nodes = sum(1 for part in given for _ in islice(ast.walk(part), LONGEST + 1))
                if nodes > LONGEST:
                    raise TooLong
                return (nodes, _Plain().text(copy.deepcopy(given))) if nodes >= SHORTEST else None
    return None


def _definitions(trees: Sequence[ast.Module], answer: ast.expr) -> list[ast.stmt]:
    """Returns the last definition of what an answer names, and of what that names."""
    defined: dict[str, ast.stmt] = {}
    for statement in (each for tree in trees for each in tree.body):
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            defined[statement.name] = statement
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            defined |= {each.id: statement for each in targets if isinstance(each, ast.Name)}
    found: dict[int, ast.stmt] = {}
    left: list[ast.AST] = [answer]
    while left:
        names = [each.id for each in ast.walk(left.pop()) if isinstance(each, ast.Name)]
        named = {id(defined[name]): defined[name] for name in names if name in defined}
        left += [each for number, each in named.items() if number not in found]
        found |= named
    return [*found.values()]


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

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.Constant(hex(node.value)) if type(node.value) is int else node  # repr refuses thousands of digits

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
