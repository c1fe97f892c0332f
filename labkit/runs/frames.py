"""The stream that a student's function gets: what it cannot do it says in one line."""

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
from labkit.runs import blame, stateful
from labkit.runs.columns import DOT, INSIDE, LOOP, MEANT, TEXT, TRUTH, Column, refuse, require_function
from labkit.runs.tracing import Observer, TracedStream
from labkit.runs.unused import Results
from labkit.runs.windows import Notes, Shape, Watch, columns_of, in_milliseconds

LENGTH = 'A stream has no length, because it has no end: len(lab.records("sensor")) counts the records there are now.'
DELETE = 'A field is removed by .drop, as in readings.drop("{name}").'
CONDITION = (
    ".filter calls a function for each record. A condition on columns goes in brackets: "
    "readings[condition] (02_filter)."
)
CALLED = (
    "A function that is called for each record is given to .filter, as in "
    'readings.filter(lambda reading: reading["temperature"] > 30) (02_filter).'
)
VALUE = 'A field cannot hold a function: readings["{name}"] = readings.apply(function) holds its result (03_windows).'
KEY = (
    '.group_by needs the name of a field, as in readings.group_by("device"), or a function and a name: '
    'readings.group_by(lambda reading: reading["device"], name="device") (03_windows).'
)
RESULTS = ("agg", "collect", "count", "max", "mean", "min", "reduce", "sum")  # methods that say what a window computes
IS = (
    "Python has compared before there was any record: write == for equal, != for unequal, and .isnull() for is None, "
    'as in readings[readings["humidity"].isnull()] (02_filter).'
)
ALL = (
    "A list names fields, as in readings[['device', 'temperature']]. Conditions are joined by & and |: "
    '(readings["temperature"] > 30) & (readings["humidity"] < 40) (02_filter).'
)
FIELD = (
    '{name} takes the name of one field, as in {name}("temperature"); each further result has a name of its own: '
    '.agg(mean=Mean("temperature"), max=Max("temperature")) (03_windows).'
)
WHOLE = "{name} needs the number of records, as in .{name}(10), not {given!r} (03_windows)."
RETURNED = (
    ".update changes a record in place, and what its function returns {here} is ignored: .apply takes that as the new "
    "record (03_windows)"
)
EXPANDED = (
    "each item of what is returned {here} becomes a record, and the items of a dict are its keys, those of text its "
    "letters: return a list (03_windows)"
)
TOPIC = 'A topic is named where the pipeline is run: lab.run(pipeline, reads="sensor", writes="{topic}").'
LONGEST = 40  # characters of the name of a group_by, which becomes part of the names of topics


class Frame(StreamingDataFrame):
    """A StreamingDataFrame that says in one line what it is, and what it cannot do."""

    __iter__ = refuse(LOOP)
    __bool__ = refuse(TRUTH)
    __len__ = refuse(LENGTH)
    __contains__ = refuse(INSIDE)

    _notes: Notes  # of the pipeline
    _shapes: list[Shape]  # of its windows
    _results: Results  # of its lines
    _column: type[Column]  # which has the same
    _observer: Observer | None = None

    def __init__(self, *topics: Topic, stream: Stream | None = None, **options: Any) -> None:
        """Without a `stream` it begins anew, as after a repartition topic."""
        super().__init__(*topics, stream=stream or TracedStream(), **options)

    def __getitem__(self, item: Any) -> Any:
        if callable(item):
            raise LabError(CALLED)
        if isinstance(item, bool):
            raise LabError(IS)
        if isinstance(item, list) and not all(isinstance(each, str) for each in item):
            raise LabError(ALL)
        found = super().__getitem__(item)
        return self._column.of(found) if isinstance(found, StreamingSeries) else found

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

    def apply(self, func: Any, *args: Any, **options: Any) -> Any:
        self._check("apply", func, **options)
        given = self._hinting(EXPANDED, func, _is_record_or_field) if options.get("expand") else func
        return self._perhaps_with_effect(super().apply(given, *args, **options), func, **options)

    def update(self, func: Any, *args: Any, **options: Any) -> Any:
        self._check("update", func, **options)
        return self._with_effect(super().update(self._hinting(RETURNED, func, _is_larger_record), *args, **options))

    def filter(self, func: Any, *args: Any, **options: Any) -> Any:
        if isinstance(func, StreamingSeries | StreamingDataFrame):
            raise LabError(CONDITION)
        self._check("filter", func, **options)
        return self._perhaps_with_effect(super().filter(func, *args, **options), func, **options)

    def _check(self, name: str, function: Any, **options: Any) -> None:
        """Raise LabError if what a method has been given is no function for it; note how that uses the state."""
        require_function(name, function)
        if options.get("stateful"):
            self._results.state.add(function, blame.line_of_caller(), 4 if options.get("metadata") else 1)

    def _hinting(self, words: str, function: Any, is_mistaken: Callable[[Any, Any], bool]) -> Callable[..., Any]:
        """Returns the student's function such that it hints at a result that is probably mistaken."""
        hints, line = self._notes.hints, blame.line_of_caller()
        if not line or _is_quix(function):
            return function  # type: ignore[no-any-return]

        @functools.wraps(function)
        def hinting(value: Any, *more: Any) -> Any:
            result = function(value, *more)
            if is_mistaken(value, result):
                hints[line] = words
            return result

        return hinting

    def _with_effect(self, found: Any) -> Any:
        """Note that the last step does something by itself, so that a branch may end with it."""
        self._results.effects.append(self.stream)
        return found

    def _perhaps_with_effect(self, found: Any, function: Any, **options: Any) -> Any:
        """Note the same of the step that leads to a stream, if its function may do more than return something."""
        if not _is_quix(function) and (options.get("stateful") or not stateful.only_returns(function)):
            self._results.effects.append(found.stream)
        return found

    def print(self, *args: Any, **options: Any) -> Any:
        return self._with_effect(super().print(*args, **options))

    def print_table(self, *args: Any, **options: Any) -> Any:
        return self._with_effect(super().print_table(*args, **options))

    def sink(self, *args: Any, **options: Any) -> None:
        super().sink(*args, **options)
        self._results.effects += self.stream.children[-1:]

    def group_by(self, key: Any = None, name: str | None = None, *args: Any, **options: Any) -> Any:
        if isinstance(key, str) and key:
            name = name or key
        elif not (callable(key) and name):
            raise LabError(KEY)
        found = super().group_by(key, allowed(name, LONGEST), *args, **options)
        if found.stream not in self.stream.children:  # it goes on after a repartition topic
            self._results.effects += self.stream.children[-1:]
        return found

    def to_topic(self, topic: Any, *args: Any, **options: Any) -> Any:
        if isinstance(topic, str):
            raise LabError(TOPIC.format(topic=topic))
        return self._with_effect(super().to_topic(topic, *args, **options))

    def contains(self, keys: str | list[str]) -> Column:
        names = [keys] if isinstance(keys, str) else keys
        self._watch({name: f'.contains("{name}") is never true' for name in names}, may_be_new=True)
        return self._column.of(super().contains(keys))

    def fill(self, *columns: str, **mapping: Any) -> Any:
        effects = {name: f'.fill("{name}") adds a new field' for name in columns}
        effects |= {name: f".fill({name}={value!r}) adds a new field" for name, value in mapping.items()}
        self._watch(effects, may_be_new=True)
        return super().fill(*columns, **mapping)

    def _watch(self, effects: Mapping[str, str], **options: bool) -> None:
        """Let each record be seen by a Watch before the next step."""
        super().update(Watch(self._notes, effects, blame.line_of_caller(), **options), metadata=True)

    def _watching(self, new_shape: Callable[..., Shape], compute: Callable[..., Any]) -> Callable[..., Any]:
        """Returns a window's method such as `agg`, which notes its shape, and lets its records be seen first."""

        @functools.wraps(compute)
        def watching(*args: Any, **operations: Any) -> Any:
            named = operations if compute.__name__ == "agg" else {}
            for each in named.values():
                if not isinstance(getattr(each, "column", None), str | None):
                    raise LabError(FIELD.format(name=type(each).__name__))
            window = compute(*args, **operations)
            shape = new_shape(named or {compute.__name__: None}, self.stream_id, window.name)
            self._shapes.append(shape)
            for each in ("final", "current"):
                setattr(window, each, _emitting(shape, getattr(window, each)))
            self._watch(columns_of(named.values()), keyed=True)
            return window

        return watching

    def __repr__(self) -> str:
        names = " and ".join(self.short(topic.name) for topic in self.topics)
        return f"a stream of the records of {names} (a StreamingDataFrame): nothing is computed yet; see 02_filter"

    @staticmethod
    def short(topic: str) -> str:
        """The name by which the student knows a topic."""
        return topic


def _is_quix(function: Any) -> bool:
    """Whether a function is Quix Streams' own, as in a window or a condition."""
    return str(getattr(function, "__module__", "")).startswith("quixstreams")


def _is_larger_record(value: Any, result: Any) -> bool:
    """Whether a result is a record with all fields of another one, and others or other values."""
    return isinstance(value, dict) and isinstance(result, dict) and result != value and {*value} <= {*result}


def _is_record_or_field(value: Any, result: Any) -> bool:
    """Whether a result is a record itself, or the text of one of its fields."""
    if not isinstance(value, dict):
        return False
    return (isinstance(result, dict) and {*value} <= {*result}) or (
        isinstance(result, str) and any(result is each for each in value.values())
    )


def _watched(name: str) -> Callable[..., Any]:
    """Returns a method that defines a window as Quix Streams' own does, and notes what the window leaves out."""
    define = getattr(StreamingDataFrame, name)
    signature = inspect.signature(define)

    @functools.wraps(define)
    def method(self: Frame, *args: Any, **options: Any) -> Any:
        count = options.get("count", next(iter(args), 0))
        if name.endswith("_count_window") and not isinstance(count, int):
            raise LabError(WHOLE.format(name=name, given=count))
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
