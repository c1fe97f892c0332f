"""The columns that a student's function gets: what they cannot do they say in one line."""

import inspect
from collections.abc import Callable
from typing import Any

from quixstreams.dataframe.series import StreamingSeries

from labkit.errors import LabError
from labkit.runs import blame
from labkit.runs.unused import Results

LOOP = (
    "A stream cannot be looped over: it has no records yet while this function runs. .apply and .update call a "
    "function for each record that arrives (03_windows)."
)
TRUTH = (
    "A stream is neither true nor false: it has no records yet while this function runs. Write & for and, | for or, ~ "
    "for not, with each comparison in parentheses; instead of if, readings[condition] keeps matches (02_filter)."
)
INSIDE = 'Write readings.contains("humidity") to test whether each record has a field (02_filter).'
NUMBER = (
    "A column is not a number: each record has its own. .apply calls a function for each, as in "
    'readings["temperature"].apply(lambda t: round(t, 1)) (03_windows).'
)
ORDER = 'Write the column first, as in readings["temperature"] + 273.15 (02_filter).'
MINUS = (
    "You cannot subtract a column from a number: put the column first, as in "
    '(readings["humidity"] - 100) * -1 for 100 minus the humidity (02_filter).'
)
PARENTHESES = (
    "Write each comparison in parentheses, because & and | bind more tightly: "
    '(readings["temperature"] > 30) & (readings["humidity"] < 40) (02_filter).'
)
ABSOLUTE = 'Write the method instead, as in readings["temperature"].abs() (02_filter).'
DOT = 'A field is written in brackets: readings["{name}"] = ... (02_filter).'
TEXT = (
    "A column has no text: each record has its own. .apply calls a function for each, as in "
    'readings["label"] = readings["temperature"].apply(lambda t: f"{t} degrees") (03_windows).'
)
VALUES = (
    "A column holds no values yet: each record has its own. .apply calls a function for each, as in "
    'readings["root"] = readings["temperature"].apply(math.sqrt) (03_windows).'
)
MEANT = "a column of a stream (a StreamingSeries)"
FUNCTION = ".{name} needs a function that it can call for each record, not {given} (03_windows)."
ASYNC = ".{name} cannot wait for an async function: define it with def, without async and await."
AMONG = '.isin needs a list of values, not {given!r:.40}: readings["room"].isin(["kitchen", "bath"]).'


def refuse(words: str) -> Callable[..., Any]:
    def refused(*_: object) -> Any:
        raise LabError(words)

    return refused


def require_function(name: str, *given: object) -> None:
    """Raise LabError if what a method has been given is no function; a missing one is for Python to refuse."""
    if given and not callable(given[0]):
        raise LabError(FUNCTION.format(name=name, given="None" if given[0] is None else f"a {type(given[0]).__name__}"))
    if given and inspect.iscoroutinefunction(given[0]):
        raise LabError(ASYNC.format(name=name))


class Column(StreamingSeries):
    """A StreamingSeries that says in one line what it cannot do: a loop over it, for example, would never end."""

    __iter__ = refuse(LOOP)
    __bool__ = refuse(TRUTH)
    __len__ = __array__ = refuse(VALUES)
    __contains__ = refuse(INSIDE)
    __abs__ = refuse(ABSOLUTE)
    __round__ = __float__ = __int__ = __index__ = __neg__ = __pos__ = __pow__ = __rpow__ = refuse(NUMBER)
    __floordiv__ = __rfloordiv__ = __divmod__ = __trunc__ = __floor__ = __ceil__ = refuse(NUMBER)
    __radd__ = __rmul__ = refuse(ORDER)
    __rsub__ = refuse(MINUS)
    __rtruediv__ = __rmod__ = refuse(NUMBER)
    __rand__ = __ror__ = __xor__ = __rxor__ = refuse(PARENTHESES)

    def __format__(self, how: str) -> str:
        if how:
            raise LabError(TEXT)
        return repr(self)

    def __repr__(self) -> str:
        return f"{MEANT}: nothing is computed yet; see 02_filter"

    _results: Results  # of the pipeline

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._is_used, self._line = False, blame.line_of_caller()

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_"):
            raise LabError(DOT.format(name=name))
        super().__setattr__(name, value)

    @property
    def line(self) -> blame.Line | None:
        return self._line

    @property
    def is_used(self) -> bool:
        return self._is_used

    def apply(self, *args: Any, **options: Any) -> StreamingSeries:
        require_function("apply", *args[:1])
        self._is_used = True
        return self._noted(super().apply(*args, **options))

    def isin(self, other: Any) -> StreamingSeries:
        if isinstance(other, str) or not (isinstance(other, StreamingSeries) or hasattr(other, "__contains__")):
            raise LabError(AMONG.format(given=other))
        return super().isin(other)

    def compose_returning(self) -> Any:
        """Returns what computes it; whoever asks for that uses it."""
        self._is_used = True
        return super().compose_returning()

    def _from_apply_callback(self, func: Any) -> StreamingSeries:
        return self._noted(super()._from_apply_callback(func))

    def _noted(self, computed: Any) -> StreamingSeries:
        """Returns a column that is computed from this one, and notes it among the results of the pipeline."""
        self._results.columns.append(computed)
        return computed  # type: ignore[no-any-return]

    @classmethod
    def of(cls, series: StreamingSeries) -> "Column":
        return cls(sdf_id=series.sdf_id, stream=series.stream)
