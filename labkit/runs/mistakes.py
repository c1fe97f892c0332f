"""Common mistakes, such as treating a stream as a table: what to do instead, and which lesson explains it."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from quixstreams.dataframe import ColumnDoesNotExist, StreamingDataFrame
from quixstreams.dataframe.series import StreamingSeries
from quixstreams.models.serializers import SerializationError

from labkit.errors import LabError
from labkit.runs import blame, fields
from labkit.spelling import nearest

# Methods of pandas, and what to use instead.
INSTEAD = {
    "groupby pivot pivot_table": 'group_by("device"); windows are kept by key even without it (03_windows)',
    "diff shift": "state, which remembers the previous record: .apply(function, stateful=True) (03_windows)",
    "agg aggregate count cummax cummin cumsum describe ewm expanding max mean median min mode nunique quantile "
    "resample rolling std sum value_counts var": "a window: a stream has no end, so only a piece of it has "
    'a count or a mean, as in .tumbling_window(10_000).agg(mean=Mean("temperature")).final() (03_windows)',
    "at columns dtypes empty first head iat iloc index info last loc memory_usage nlargest nsmallest sample shape size "
    "tail values": 'lab.peek("sensor") outside the pipeline: it shows the newest records as a table (00_start_here)',
    "applymap assign astype clip eval map pipe replace round transform": "a new field and .apply, as in "
    'readings["rounded"] = readings["temperature"].apply(lambda t: round(t, 1)) (03_windows)',
    "between drop_duplicates dropna mask query where": 'a condition, as in readings[readings["temperature"] > 30] '
    "(02_filter)",
    "items iterrows itertuples": ".apply or .update: they call a function for each record that arrives (03_windows)",
    "join merge": ".join_asof: it joins two streams by key and time",
    "fillna": ".fill, as in readings.fill(humidity=0)",
    "isna": ".isnull()",
    "notna": ".notnull()",
    "rank sort_index sort_values": 'lab.peek("sensor").sort_values(...): a stream has no end and cannot be sorted',
    "to_csv to_dict to_excel to_html to_json to_numpy to_parquet to_sql": 'lab.peek("sensor", records=1000): that is a '
    "pandas DataFrame (00_start_here)",
    "boxplot hist plot": 'lab.chart("sensor"), which is updated as records arrive (04_live_charts)',
}

LOOP = (
    "A stream cannot be looped over: it has no records yet while this function runs. .apply and .update call a "
    "function for each record that arrives (03_windows)."
)
TRUTH = (
    "A stream is neither true nor false: it has no records yet while this function runs. Write & for and, | for or, ~ "
    "for not, with each comparison in parentheses; instead of if, readings[condition] keeps matches (02_filter)."
)
LENGTH = 'A stream has no length, because it has no end: len(lab.records("sensor")) counts the records there are now.'
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


# What Python and Quix Streams say of a value that was not turned from JSON into an object, or back.
LOADS = re.compile(r"Type is not JSON serializable: bytes|(byte|string) indices must be integers")
DUMPS = re.compile(r"a bytes-like object is required, not '(dict|list)'")


def _refuse(words: str) -> Callable[..., Any]:
    def refuse(*_: object) -> Any:
        raise LabError(words)

    return refuse


class Column(StreamingSeries):
    """A StreamingSeries that says in one line what it cannot do: a loop over it, for example, would never end."""

    __iter__ = _refuse(LOOP)
    __bool__ = _refuse(TRUTH)
    __len__ = _refuse(LENGTH)
    __contains__ = _refuse(INSIDE)
    __round__ = __float__ = __int__ = __neg__ = __pow__ = __rpow__ = __floordiv__ = _refuse(NUMBER)
    __radd__ = __rmul__ = _refuse(ORDER)
    __rsub__ = _refuse(MINUS)
    __rtruediv__ = __rmod__ = _refuse(NUMBER)

    def __repr__(self) -> str:
        return "a column of a stream (a StreamingSeries): nothing is computed yet; see 02_filter"

    @classmethod
    def of(cls, series: StreamingSeries) -> "Column":
        return cls(sdf_id=series.sdf_id, stream=series.stream)  # type: ignore[arg-type]


class Frame(StreamingDataFrame):
    """A StreamingDataFrame that says in one line what it is, and what it cannot do."""

    __iter__ = _refuse(LOOP)
    __bool__ = _refuse(TRUTH)
    __len__ = _refuse(LENGTH)
    __contains__ = _refuse(INSIDE)

    def __getitem__(self, item: Any) -> Any:
        found = super().__getitem__(item)
        return Column.of(found) if isinstance(found, StreamingSeries) else found

    def contains(self, keys: str | list[str]) -> Column:
        return Column.of(super().contains(keys))

    def __repr__(self) -> str:
        names = " and ".join(self.short(topic.name) for topic in self.topics)
        return f"a stream of the records of {names} (a StreamingDataFrame): nothing is computed yet; see 02_filter"

    @staticmethod
    def short(topic: str) -> str:
        """The name by which the student knows a topic."""
        return topic


def explain(error: BaseException, added_by: blame.Line | None = None) -> blame.Blame:
    """Blame a line as `blame.explain` does, with words for a common mistake with records."""
    found, words = blame.explain(error, added_by), of_a_record(error)
    return replace(found, reason=f"{type(error).__name__}: {words}") if words else found


def of_a_stream(error: AttributeError) -> str | None:
    """Say that a stream or a column has no such method; None if the error is about something else."""
    owner, name = error.obj, str(error.name)
    if not isinstance(owner, StreamingDataFrame | StreamingSeries):
        return None
    kind = "stream" if isinstance(owner, StreamingDataFrame) else "column"
    for names, instead in INSTEAD.items():
        if name in names.split():
            return f"A {kind} has no .{name}: use {instead}."
    near = nearest(name, (each for each in dir(owner) if not each.startswith("_")))
    return f"A {kind} has no .{name}: " + (
        f"did you mean .{near}?" if near else f'a field is written ["{name}"] (02_filter).'
    )


def of_a_record(error: BaseException) -> str | None:
    """Say that a record has no such field, that a value was not turned from JSON or into it, or that a key is already
    text; None if the error is about something else.
    """
    if isinstance(error, AttributeError) and isinstance(error.obj, str) and error.name == "decode":
        return f"{error}: after group_by a key is already text (03_windows)"
    if isinstance(error, TypeError | SerializationError) and LOADS.search(str(error)):
        return f"{error} (json.loads makes an object of the JSON in a value)"
    if isinstance(error, TypeError) and DUMPS.search(str(error)):
        return f"{error} (json.dumps makes JSON of a value)"
    if isinstance(error, ColumnDoesNotExist) and isinstance(error.__context__, KeyError):
        error = error.__context__
    return fields.missing(error) if isinstance(error, KeyError) else None


def of_a_result(result: object) -> str:
    """Say what a function returned instead of a stream, and how it should end."""
    if hasattr(result, "final"):
        return "a window that emits nothing: end it with .final(), which emits it once, when it closes (03_windows)."
    if hasattr(result, "agg"):
        return "a window that computes nothing: end it with .agg(...).final() (03_windows)."
    kind = "nothing" if result is None else f"a {type(result).__name__}"
    return f"{kind} instead of a stream: end the function with `return` and the StreamingDataFrame."
