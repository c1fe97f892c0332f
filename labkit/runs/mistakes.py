"""Common mistakes, such as treating a stream as a table: what to do instead, and which lesson explains it."""

import inspect
import re
import traceback
from dataclasses import replace
from pathlib import Path
from types import FrameType

import quixstreams
from confluent_kafka import KafkaError
from quixstreams.dataframe import ColumnDoesNotExist, InvalidColumnReference, StreamingDataFrame
from quixstreams.dataframe.series import StreamingSeries
from quixstreams.dataframe.windows.aggregations import Aggregator, Collector
from quixstreams.dataframe.windows.base import Window
from quixstreams.dataframe.windows.definitions import WindowDefinition
from quixstreams.kafka.exceptions import KafkaConsumerException, KafkaProducerDeliveryError

from labkit.errors import LabError
from labkit.readings.reasons import is_printed
from labkit.runs import blame, columns, fields, frames, misfits, operands
from labkit.runs.tracing import Trace
from labkit.runs.values import unwritable
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
    "pop": 'readings.drop("humidity"), which removes a field; readings["humidity"] is its column (02_filter)',
    "rename": 'readings["celsius"] = readings["temperature"], and then readings.drop("temperature")',
    "dt str": '.apply, as in readings["name"] = readings["device"].apply(str.upper) (03_windows)',
}

# Methods of Spark's streams.
OF_SPARK = {
    "select": 'a list of fields, as in readings[["device", "temperature"]]',
    "withColumn withColumns": 'a new field, as in readings["kelvin"] = readings["temperature"] + 273.15 (02_filter)',
    "withColumnRenamed": 'readings["celsius"] = readings["temperature"], and then readings.drop("temperature")',
    "withWatermark": "a window's grace_ms, as in .tumbling_window(10_000, grace_ms=2_000) (03_windows)",
    "writeStream": 'lab.run(pipeline, reads="sensor", writes="alert"), which runs it and writes its topic (02_filter)',
    "collect show take": 'lab.peek("sensor") outside the pipeline: it shows the newest records as a table '
    "(00_start_here)",
    "orderBy sort": 'lab.peek("sensor").sort_values(...): a stream has no end and cannot be sorted',
    "groupByKey reduceByKey": 'group_by("device"); windows are kept by key even without it (03_windows)',
    "flatMap": ".apply(function, expand=True), where the function returns a list (03_windows)",
    "foreach foreachBatch": ".update, which calls a function for each record (03_windows)",
    "window": "tumbling_window(10_000) or hopping_window(10_000, 1_000), in milliseconds (03_windows)",
    "cast": '.apply, as in readings["floor"].apply(float) (03_windows)',
}

# Methods of windows, after which there is a stream again.
OF_WINDOWS = {"current final": ".final() once, after .agg(...): what it returns is a stream already (03_windows)"}

# What Python and Quix Streams say of a value that was not turned from JSON into an object, or back.
LOADS = re.compile(
    r"(byte|string) indices must be integers|'(bytes|str)' object has no attribute '(get|items|keys|values)'"
    r"|'(bytes|str)' object does not support item assignment|message value type 'dict', not '(bytes|str)'"
)
DUMPS = re.compile(r"a bytes-like object is required, not '(dict|list)'")
LOADED = re.compile(r"the JSON object must be str, bytes or bytearray, not (dict|list)")
PRINTED = (
    "str(reading) made this text: let the pipeline that writes it return the reading itself, without str (03_windows)"
)
NO_FIELDS = r"(is not subscriptable|does not support item assignment|has no attribute '(get|items|keys|values)')"
PLAIN = re.compile(rf"'(int|float|bool)' object {NO_FIELDS}|message value type 'dict', not '(int|float|bool|list)'")
NOTHING = re.compile(rf"'NoneType' object {NO_FIELDS}|message value type 'dict', not 'NoneType'")
ARGUMENTS = re.compile(r"missing \d+ required positional argument|takes \d+ positional arguments? but \d")
STATE = re.compile(r"State' object (is not subscriptable|does not support item (assignment|deletion))")
WHOLE = re.compile(r"'(int|float)' and 'dict'|between instances of 'dict' and '(int|float|dict)'")

OWNERS = r"Streaming(?:DataFrame|Series)|Frame|Column|\w*Window\w*|Aggregator|Collector"
METHOD = re.compile(rf"({OWNERS})\.(\w+)\(\) ")
NO_ROW = re.compile(r"Unsupported key type \"<class '(int|slice)'>\"")
NO_ROWS = (
    'A stream has no rows or positions: a field is written ["temperature"]; what was before is remembered by state, '
    ".apply(function, stateful=True) (03_windows)."
)

QUIX = str(Path(quixstreams.__file__).parent)
BUILDERS = (QUIX, columns.__file__, frames.__file__)
NO_END = (
    "A window emits nothing before its end: end it with .final(), which emits it once, when it closes (03_windows)."
)
NO_AGG = (
    "A window computes nothing by itself: give its results names, as in "
    '.agg(mean=Mean("temperature"), n=Count()).final() (03_windows).'
)
OF_A_FIELD = (
    "A window's .{name}() takes no field: give the result a name, as in "
    '.agg({name}={aggregation}("temperature")).final() (03_windows).'
)
GIVEN = (
    "a function in .apply, .update or .filter is given the value alone; with stateful=True value and state, with "
    "metadata=True value, key, timestamp and headers (03_windows)"
)
CALLED = re.compile(r"WindowDefinition\.(\w+)\(\) takes")
OF_A_WINDOW = re.compile(r"'\w*(?:Window|Aggregation|Collection)\w*' object (is not subscriptable|does not support)")


def explain(error: BaseException, trace: Trace | None = None) -> blame.Blame:
    """Blame a line as `blame.explain` does, with words for a common mistake with records."""
    added_by = trace.line_of(error) if trace else None
    found = blame.explain(error, added_by)
    words = operands.explain(error, (found.line, added_by)) if isinstance(error, AttributeError | TypeError) else None
    if words:
        return replace(found, reason=f"{found.reason}: {words}")
    words = of_a_record(error)
    return replace(found, reason=f"{type(error).__name__}: {words}") if words else found


def of_a_pipeline(error: Exception) -> str | None:
    """Say in one line why a function's stream cannot be built; None if the error is the student's own."""
    if isinstance(error, AttributeError) and (words := of_a_stream(error)):
        return words
    if isinstance(error, TypeError) and (words := _of_a_window(str(error))):
        return words
    if NO_ROW.search(str(error)):
        return NO_ROWS
    if "Unsupported key type \"<class 'tuple'>" in str(error):
        return 'Several fields are a list: readings[["device", "temperature"]].'
    if isinstance(error, TypeError) and (called := METHOD.match(str(error))):  # it has refused the call before it began
        return f"{error}.{_parameters(error, called[1], called[2])}"
    if isinstance(error, TypeError) and ARGUMENTS.search(str(error)) and len(_frames(error)) == 1:  # of who called it
        return f"{error}: it is given one stream for each topic that it reads."
    if isinstance(error, LabError) or _frames(error)[-1].f_code.co_filename.startswith(BUILDERS):
        return str(error) if str(error).endswith(".") else f"{error}."
    return None


def _of_a_window(text: str) -> str | None:
    if OF_A_WINDOW.search(text):
        return NO_END
    if "must be either BaseAggregator or BaseCollector" in text:
        return NO_AGG
    if not (called := CALLED.search(text)):
        return None
    name = called[1]
    return NO_AGG if name == "agg" else OF_A_FIELD.format(name=name, aggregation=name.title())


def _parameters(error: TypeError, owner: str, name: str) -> str:
    """Returns what a method takes, as a sentence, if it was given something else by name; else an empty text."""
    kinds = [StreamingDataFrame, StreamingSeries, Aggregator, Collector, WindowDefinition, Window]
    while kinds and kinds[0].__name__ != owner:
        kinds += kinds.pop(0).__subclasses__()
    if not kinds or "unexpected keyword" not in str(error):
        return ""
    return f" It takes {', '.join([*inspect.signature(getattr(kinds[0], name)).parameters][1:]) or 'nothing'}."


def _frames(error: BaseException) -> list[FrameType]:
    return [frame for frame, _ in traceback.walk_tb(error.__traceback__)]


def of_a_stream(error: AttributeError) -> str | None:
    """Say that a stream or a column has no such method; None if the error is about something else."""
    owner, name = error.obj, str(error.name)
    if isinstance(owner, Window | WindowDefinition):
        return NO_END if isinstance(owner, Window) else NO_AGG
    if not isinstance(owner, StreamingDataFrame | StreamingSeries):
        return None
    kind = "stream" if isinstance(owner, StreamingDataFrame) else "column"
    for names, instead in (INSTEAD | OF_SPARK | OF_WINDOWS).items():
        if name in names.split():
            return f"A {kind} has no .{name}: use {instead}."
    if near := nearest(name, _methods(type(owner))):
        return f"A {kind} has no .{name}: did you mean .{near}?"
    return f"A {kind} has no .{name}{_elsewhere(owner, name)}"


def _elsewhere(owner: StreamingDataFrame | StreamingSeries, name: str) -> str:
    """Returns what else has a method that a stream or a column has not, as the end of a sentence."""
    is_stream = isinstance(owner, StreamingDataFrame)
    if is_stream and name in _methods(StreamingSeries):
        return f', but a column has it, as in readings["temperature"].{name}(...) (02_filter).'
    if name.endswith("_window") and not is_stream:
        return f', but a stream has it: readings.{name}(10_000).agg(mean=Mean("temperature")).final() (03_windows).'
    if not is_stream and name in _methods(StreamingDataFrame):
        return f", but a stream has it: readings.{name}(...)."
    import pandas

    if hasattr(pandas.DataFrame, name) or hasattr(pandas.Series, name):
        return ", which pandas has for whole tables: .apply calls a function for each record (03_windows)."
    return f': a field is written ["{name}"] (02_filter).'


def _methods(kind: type) -> list[str]:
    """Returns the names of what a student may call on a stream or column: methods of Quix Streams' own."""
    own = StreamingDataFrame if issubclass(kind, StreamingDataFrame) else StreamingSeries
    return [each for each in dir(own) if callable(getattr(own, each)) and not each.startswith(("_", "compose"))]


def of_a_record(error: BaseException) -> str | None:
    """Say that a record has no such field, that a value was not turned from JSON or into it, or that a key is no text,
    or already text; None if the error is about something else.
    """
    if words := misfits.explain(error):
        return words
    if isinstance(error, AttributeError) and isinstance(error.obj, str) and error.name == "decode":
        return f"{error}: after group_by a key is already text (03_windows)"
    if isinstance(error, AttributeError) and isinstance(error.obj, dict) and error.name in error.obj:
        return f'{error}: a field of a record is written ["{error.name}"] (02_filter)'
    if isinstance(error, UnboundLocalError):
        return (
            f"{error}: a run remembers from record to record by its state, .apply(function, stateful=True) (03_windows)"
        )
    if isinstance(error, TypeError) and ARGUMENTS.search(str(error)) and _is_quix(error):
        return f"{error}: {GIVEN}"
    if isinstance(error, KafkaConsumerException) and error.code == KafkaError.UNKNOWN_TOPIC_OR_PART:
        return "a topic that it reads has been deleted: run.start() continues as soon as it is there again"
    if isinstance(error, KafkaProducerDeliveryError) and error.code == KafkaError.INVALID_TIMESTAMP:
        return "Kafka rejects a record whose time is more than an hour ahead: .set_timestamp gives it another"
    if (part := unwritable(error)) and not (isinstance(part.part, bytes) and not part.field):
        return str(part)
    if isinstance(error, AttributeError | TypeError) or part:
        return _of_a_type(str(error), error) or _of_a_key(error)
    if isinstance(error, InvalidColumnReference):
        return _of_a_type(str(error), error)
    if isinstance(error, ColumnDoesNotExist) and isinstance(error.__context__, KeyError):
        error = error.__context__
    return fields.missing(error) if isinstance(error, KeyError) else None


def _of_a_type(text: str, error: BaseException) -> str | None:
    """Say that a value was not turned from JSON or into it, or is a plain number; None if the text says neither."""
    if LOADS.search(text) and _has_printed(error):
        return f"{text}: {PRINTED}"
    if LOADS.search(text) or "not JSON serializable: bytes" in text:
        return f"{text} (json.loads makes an object of the JSON in a value)"
    if DUMPS.search(text):
        return f"{text} (json.dumps makes JSON of a value)"
    if LOADED.search(text):
        return f"{text}: the value is an object already, and needs no json.loads"
    if NOTHING.search(text):
        return f"{text}: has a function in .apply returned nothing? .update changes a record in place (03_windows)"
    if STATE.search(text):
        return f'{text}: state is written by state.set("last", value), and read by state.get("last") (03_windows)'
    if WHOLE.search(text) and _is_quix(error):
        return f'{text}: a window computes with whole records here: name a field, as in .agg(sum=Sum("temperature"))'
    if WHOLE.search(text):
        return f'{text}: this is a whole record: name a field, as in reading["temperature"] (03_windows)'
    return f"{text}: is the value a plain number, and not an object with fields?" if PLAIN.search(text) else None


def _is_quix(error: BaseException) -> bool:
    """Whether an error occurred in Quix Streams' own code."""
    return _frames(error)[-1].f_code.co_filename.startswith(QUIX)


def _has_printed(error: BaseException) -> bool:
    """Whether the value at which an error occurred is a text as Python prints a dict or a list."""
    values = (each for frame in _frames(error) for each in frame.f_locals.values())
    return any(isinstance(each, str) and each.startswith(("{", "[")) and is_printed(each) for each in values)


def _of_a_key(error: BaseException) -> str | None:
    """Say that the key of a record is no text, which state and Kafka want; None if it is, or another line failed."""
    last = _frames(error)[-1]
    key = next((last.f_locals[name] for name in ("key", "prefix") if name in last.f_locals), None)
    if not _is_quix(error) or isinstance(key, str | bytes | None):
        return None
    return (
        f"the key of a record is {key!r}, of type {type(key).__name__}, and a key must be text: "
        'readings.group_by(lambda reading: str(reading["floor"]), name="floor") makes it text (03_windows)'
    )


def of_a_result(result: object) -> str:
    """Say what a function returned instead of a stream, and how it should end."""
    if hasattr(result, "final"):
        return "a window that emits nothing: end it with .final(), which emits it once, when it closes (03_windows)."
    if hasattr(result, "agg"):
        return "a window that computes nothing: end it with .agg(...).final() (03_windows)."
    if isinstance(result, StreamingSeries):
        return "a column instead of a stream: readings[condition] is the stream of the records that match (02_filter)."
    if inspect.iscoroutine(result) or inspect.isgenerator(result):
        result.close()  # else Python would complain later that nobody has awaited it
        return "no stream yet: a pipeline is an ordinary function, without async and yield."
    kind = "nothing" if result is None else f"a {type(result).__name__}"
    return f"{kind} instead of a stream: end the function with `return` and the StreamingDataFrame."
