"""What a call was given: a wrong argument is one line with an example, and an error of the student's own code is shown
without the lab's lines above it.
"""

import functools
import inspect
import numbers
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

from labkit.errors import LabError
from labkit.runs.blame import is_students

C = TypeVar("C", bound=type)

# Annotations that are checked, with what they are called; all others are left to the method.
CHECKED: dict[str, tuple[type, str]] = {
    "int": (numbers.Integral, "a whole number"),
    "float": (numbers.Real, "a number"),
    "str": (str, "text"),
    "None": (type(None), "None"),
}
FUNCTION = "Callable["


def checked(kind: C) -> C:
    """Check the arguments of each public method that has an example in its docstring."""
    for name, method in vars(kind).items():
        if inspect.isfunction(method) and not name.startswith("_") and "Example: " in (method.__doc__ or ""):
            setattr(kind, name, _checking(method))
    return kind


def _checking(method: Callable[..., Any]) -> Callable[..., Any]:
    signature, example = inspect.signature(method), (method.__doc__ or "").rpartition("Example: ")[2].strip()

    @functools.wraps(method)
    def call(*args: Any, **options: Any) -> Any:
        __tracebackhide__ = True  # IPython leaves this line out
        try:
            given = signature.bind(*args, **options)
        except TypeError as error:
            raise LabError(f".{method.__name__}: {error}. Example: {example}") from None
        for name, value in given.arguments.items():
            _check(method.__name__, signature.parameters[name], value, example)
        try:
            return method(*args, **options)
        except LabError:
            raise
        except Exception as error:
            raise error.with_traceback(_of_the_student(error.__traceback__)) from error.__cause__

    return call


def _check(method: str, parameter: inspect.Parameter, value: object, example: str) -> None:
    """Raise LabError if an argument is not what the annotation says."""
    several = parameter.kind is inspect.Parameter.VAR_POSITIONAL and isinstance(value, tuple)
    written = parameter.annotation
    annotation = written if isinstance(written, str) else inspect.formatannotation(written)
    for each in value if several and isinstance(value, tuple) else (value,):
        if wanted := _wanted(annotation, each):
            shown = f"{each!r:.60}".partition("\n")[0]
            raise LabError(
                f".{method}: {parameter.name} is {shown}, of type {type(each).__name__}, and must be {wanted}. "
                f"Example: {example}"
            )


def _wanted(annotation: str, value: object) -> str:
    """Returns what a value should be, in words; empty if it is that, or if the annotation is none that is checked."""
    if annotation.startswith(FUNCTION):
        return "" if callable(value) else "a function"
    allowed = [CHECKED.get(each) for each in annotation.split(" | ")]
    known = [each for each in allowed if each]
    if len(known) < len(allowed) or isinstance(value, tuple(kind for kind, _ in known)):
        return ""
    return " or ".join(words for _, words in known)


def _of_the_student(trace: TracebackType | None) -> TracebackType | None:
    """Returns a traceback from the first line of the student's code on; all of it if there is none."""
    begin = trace
    while begin and not is_students(begin.tb_frame):
        begin = begin.tb_next
    return begin or trace
