"""The stream and the columns that a student's function gets: what they cannot do they say in one line."""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from quixstreams.core.stream import Stream
from quixstreams.dataframe import StreamingDataFrame
from quixstreams.dataframe.series import StreamingSeries
from quixstreams.models import Topic

from labkit.errors import LabError
from labkit.kafka.names import allowed
from labkit.runs import blame
from labkit.runs.tracing import Observer, TracedStream
from labkit.runs.windows import Notes, Shape, Watch, columns_of, in_milliseconds

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
PARENTHESES = (
    "Write each comparison in parentheses, because & and | bind more tightly: "
    '(readings["temperature"] > 30) & (readings["humidity"] < 40) (02_filter).'
)
ABSOLUTE = 'Write the method instead, as in readings["temperature"].abs() (02_filter).'
DOT = 'A field is written in brackets: readings["{name}"] = ... (02_filter).'
DELETE = 'A field is removed by .drop, as in readings.drop("{name}").'
CONDITION = (
    ".filter calls a function for each record. A condition on columns goes in brackets: "
    "readings[condition] (02_filter)."
)
CALLED = (
    "A function that is called for each record is given to .filter, as in "
    'readings.filter(lambda reading: reading["temperature"] > 30) (02_filter).'
)
FUNCTION = ".{name} needs a function that it can call for each record, not {given} (03_windows)."
TEXT = (
    "A column has no text: each record has its own. .apply calls a function for each, as in "
    'readings["label"] = readings["temperature"].apply(lambda t: f"{t} degrees") (03_windows).'
)
VALUE = 'A field cannot hold a function: readings["{name}"] = readings.apply(function) holds its result (03_windows).'
KEY = (
    '.group_by needs the name of a field, as in readings.group_by("device"), or a function and a name: '
    'readings.group_by(lambda reading: reading["device"], name="device") (03_windows).'
)
RESULTS = ("agg", "collect", "count", "max", "mean", "min", "reduce", "sum")  # methods that say what a window computes
VALUES = (
    "A column holds no values yet: each record has its own. .apply calls a function for each, as in "
    'readings["root"] = readings["temperature"].apply(math.sqrt) (03_windows).'
)
TOPIC = 'A topic is named where the pipeline is run: lab.run(pipeline, reads="sensor", writes="{topic}").'
MEANT = "a column of a stream (a StreamingSeries)"
LONGEST = 40  # characters of the name of a group_by, which becomes part of the names of topics


def _refuse(words: str) -> Callable[..., Any]:
    def refuse(*_: object) -> Any:
        raise LabError(words)

    return refuse


class Column(StreamingSeries):
    """A StreamingSeries that says in one line what it cannot do: a loop over it, for example, would never end."""

    __iter__ = _refuse(LOOP)
    __bool__ = _refuse(TRUTH)
    __len__ = __array__ = _refuse(VALUES)
    __contains__ = _refuse(INSIDE)
    __abs__ = _refuse(ABSOLUTE)
    __round__ = __float__ = __int__ = __index__ = __neg__ = __pos__ = __pow__ = __rpow__ = _refuse(NUMBER)
    __floordiv__ = __rfloordiv__ = __divmod__ = __trunc__ = __floor__ = __ceil__ = _refuse(NUMBER)
    __radd__ = __rmul__ = _refuse(ORDER)
    __rsub__ = _refuse(MINUS)
    __rtruediv__ = __rmod__ = _refuse(NUMBER)
    __rand__ = __ror__ = __xor__ = __rxor__ = _refuse(PARENTHESES)

    def __format__(self, how: str) -> str:
        if how:
            raise LabError(TEXT)
        return repr(self)

    def __repr__(self) -> str:
        return f"{MEANT}: nothing is computed yet; see 02_filter"

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_"):
            raise LabError(DOT.format(name=name))
        super().__setattr__(name, value)

    def apply(self, *args: Any, **options: Any) -> StreamingSeries:
        _require_function("apply", *args[:1])
        return super().apply(*args, **options)

    @classmethod
    def of(cls, series: StreamingSeries) -> "Column":
        return cls(sdf_id=series.sdf_id, stream=series.stream)  # type: ignore[arg-type]


class Frame(StreamingDataFrame):
    """A StreamingDataFrame that says in one line what it is, and what it cannot do."""

    __iter__ = _refuse(LOOP)
    __bool__ = _refuse(TRUTH)
    __len__ = _refuse(LENGTH)
    __contains__ = _refuse(INSIDE)

    _notes: Notes  # of the pipeline
    _shapes: list[Shape]  # of its windows
    _observer: Observer | None = None

    def __init__(self, *topics: Topic, stream: Stream | None = None, **options: Any) -> None:
        """Without a `stream` it begins anew, as after a repartition topic."""
        super().__init__(*topics, stream=stream or TracedStream(), **options)

    def __getitem__(self, item: Any) -> Any:
        if callable(item):
            raise LabError(CALLED)
        found = super().__getitem__(item)
        return Column.of(found) if isinstance(found, StreamingSeries) else found

    def __setitem__(self, item_key: Any, item: Any) -> None:
        if inspect.isroutine(item):
            raise LabError(VALUE.format(name=item_key))
        if isinstance(item, str) and MEANT in item:
            raise LabError(TEXT)
        super().__setitem__(item_key, item)

    def __delitem__(self, name: str) -> None:
        raise LabError(DELETE.format(name=name))

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_"):
            raise LabError(DOT.format(name=name))
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        raise LabError(DELETE.format(name=name))

    def apply(self, *args: Any, **options: Any) -> Any:
        _require_function("apply", *args[:1])
        return super().apply(*args, **options)

    def update(self, *args: Any, **options: Any) -> Any:
        _require_function("update", *args[:1])
        return super().update(*args, **options)

    def filter(self, *args: Any, **options: Any) -> Any:
        if isinstance(next(iter(args), None), StreamingSeries | StreamingDataFrame):
            raise LabError(CONDITION)
        _require_function("filter", *args[:1])
        return super().filter(*args, **options)

    def group_by(self, key: Any = None, name: str | None = None, *args: Any, **options: Any) -> Any:
        if isinstance(key, str) and key:
            name = name or key
        elif not (callable(key) and name):
            raise LabError(KEY)
        return super().group_by(key, allowed(name, LONGEST), *args, **options)

    def to_topic(self, topic: Any, *args: Any, **options: Any) -> Any:
        if isinstance(topic, str):
            raise LabError(TOPIC.format(topic=topic))
        return super().to_topic(topic, *args, **options)

    def contains(self, keys: str | list[str]) -> Column:
        names = [keys] if isinstance(keys, str) else keys
        self._watch({name: f'.contains("{name}") is never true' for name in names})
        return Column.of(super().contains(keys))

    def fill(self, *columns: str, **mapping: Any) -> Any:
        effects = {name: f'.fill("{name}") adds a new field' for name in columns}
        effects |= {name: f".fill({name}={value!r}) adds a new field" for name, value in mapping.items()}
        self._watch(effects, may_be_new=True)
        return super().fill(*columns, **mapping)

    def _watch(self, effects: Mapping[str, str], **options: bool) -> None:
        """Let each record be seen by a Watch before the next step."""
        self.update(Watch(self._notes, effects, blame.line_of_caller(), **options), metadata=True)

    def _watching(self, new_shape: Callable[..., Shape], compute: Callable[..., Any]) -> Callable[..., Any]:
        """Returns a window's method such as `agg`, which notes its shape, and lets its records be seen first."""

        @functools.wraps(compute)
        def watching(*args: Any, **operations: Any) -> Any:
            window = compute(*args, **operations)
            shape = new_shape(operations or {compute.__name__: None}, self.stream_id, window.name)
            self._shapes.append(shape)
            for each in ("final", "current"):
                setattr(window, each, _emitting(shape, getattr(window, each)))
            self._watch(columns_of(operations.values()), keyed=True)
            return window

        return watching

    def __repr__(self) -> str:
        names = " and ".join(self.short(topic.name) for topic in self.topics)
        return f"a stream of the records of {names} (a StreamingDataFrame): nothing is computed yet; see 02_filter"

    @staticmethod
    def short(topic: str) -> str:
        """The name by which the student knows a topic."""
        return topic


def _require_function(name: str, *given: object) -> None:
    """Raise LabError if what a method has been given is no function; a missing one is for Python to refuse."""
    if given and not callable(given[0]):
        raise LabError(FUNCTION.format(name=name, given="None" if given[0] is None else f"a {type(given[0]).__name__}"))


def _watched(name: str) -> Callable[..., Any]:
    """Returns a method that defines a window as Quix Streams' own does, and notes what the window leaves out."""
    define = getattr(StreamingDataFrame, name)
    signature = inspect.signature(define)

    @functools.wraps(define)
    def method(self: Frame, *args: Any, **options: Any) -> Any:
        if self._observer and "on_late" in signature.parameters:
            given = signature.bind(self, *args, **options)
            given.arguments["on_late"] = _telling(self._observer, given.arguments.get("on_late"))
            args, options = given.args[1:], given.kwargs
        definition = define(self, *args, **options)
        arguments = signature.bind(self, *args, **options).arguments
        if words := in_milliseconds(name, arguments):
            self._notes[definition] = words
        shape = functools.partial(Shape, name, definition, arguments.get("count"))
        for each in RESULTS:
            setattr(definition, each, self._watching(shape, getattr(definition, each)))
        return definition

    return method


def _telling(observer: Observer, on_late: Callable[..., Any] | None) -> Callable[..., Any]:
    """Returns what a window calls for a late record: the student's own `on_late`, after the observer."""

    def telling(value: Any, key: Any, timestamp: int, late_by: int, start: int, end: int, *more: Any) -> Any:
        observer.was_late(start, end, late_by)
        return on_late(value, key, timestamp, late_by, start, end, *more) if on_late else True

    return telling


def _emitting(shape: Shape, emit: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a window's method `final` or `current`, which completes its shape."""

    @functools.wraps(emit)
    def emitting(*args: Any, **options: Any) -> Any:
        shape.emits, shape.closed_by = emit.__name__, next(iter([*args, *options.values()]), "key")
        return emit(*args, **options)

    return emitting


for _name in (each for each in dir(StreamingDataFrame) if each.endswith("_window")):
    setattr(Frame, _name, _watched(_name))
