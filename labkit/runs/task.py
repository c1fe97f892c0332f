"""What a run and its processes exchange: a task goes in, reports come out."""

import inspect
import io
import linecache
import pickle
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import cloudpickle
import orjson
from confluent_kafka import cimpl

from labkit.errors import LabError
from labkit.runs.blame import Blame, Line
from labkit.runs.spec import Spec
from labkit.runs.totals import Totals
from labkit.runs.worker import Status


@dataclass(frozen=True)
class Task:
    """A spec for one member of a consumer group; its state goes into `directory`."""

    spec: Spec
    address: str
    namespace: str
    group: str
    member: str
    directory: Path

    @property
    def file(self) -> Path:
        """Where the task itself is stored."""
        return self.directory / "task"

    @property
    def log(self) -> Path:
        """Where the process's output other than reports goes."""
        return self.directory / "log"


def pack(task: Task) -> bytes:
    """Pickle a task with its pipeline by value, for a process that knows nothing of the notebook that defines it.

    Raises LabError if something that the pipeline uses cannot be pickled.
    """
    return pickle.dumps((sys.path, _sources(task.spec.pipeline))) + by_value(task.spec.name, task)


def by_value(name: str, value: object) -> bytes:
    """Pickle a value with all that it uses, as it is now.

    Raises LabError, with the `name` of a pipeline, if something that it uses cannot be pickled.
    """
    packed = io.BytesIO()
    try:
        _Pickler(packed).dump(value)
    except (TypeError, AttributeError, ValueError, RecursionError, pickle.PicklingError) as error:
        raise LabError(
            f"{name} uses something that cannot be sent to another process ({error}): "
            "define what it needs inside the function, or pass it only numbers and strings."
        ) from error
    return packed.getvalue()


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Takes the classes of confluent-kafka by name. They say that their module is `cimpl`, which cannot be imported, so
    cloudpickle takes them by value: most of these pickles cannot be loaded, and an exception is another class then.
    """

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, type) and obj.__module__ == "cimpl":
            return getattr, (cimpl, obj.__name__)
        return super().reducer_override(obj)


def unpack(file: Path) -> Task:
    """Load the task from a file. Raises ImportError if a module that its pipeline uses is not found."""
    with file.open("rb") as stream:
        sys.path[:], sources = pickle.load(stream)
        linecache.cache.update(sources)
        task: Task = pickle.load(stream)
    return task


def _sources(pipeline: Callable[..., Any]) -> Mapping[str, Any]:
    """Returns the source of a function defined in a cell, which is in no file, so that errors can show the line."""
    name = getattr(getattr(inspect.unwrap(pipeline), "__code__", None), "co_filename", "")
    return {name: linecache.cache[name]} if name in linecache.cache and not Path(name).exists() else {}


@dataclass(frozen=True)
class Report:
    """How a member is doing. `positions` has the topic, number and next offset of each of its partitions; `prints` are
    the lines printed since the last report; for `per_second`, `lag` and `stuck` see `worker.Sample`.
    """

    status: Status = "starting"
    totals: Totals = field(default_factory=Totals)
    positions: list[tuple[str, int, int]] = field(default_factory=list)
    prints: list[str] = field(default_factory=list)
    note: str = ""
    per_second: float = 0.0
    lag: int | None = None
    stuck: str = ""
    error: Blame | None = None

    def line(self) -> bytes:
        return orjson.dumps(asdict(self)) + b"\n"

    @classmethod
    def of_line(cls, line: bytes) -> "Report":
        """Parse one line. Raises ValueError if it is incomplete."""
        found = orjson.loads(line)
        if error := found["error"]:
            found["error"] = Blame(**error | {"line": error["line"] and Line(**error["line"])})
        positions = [tuple(each) for each in found["positions"]]
        return cls(**found | {"totals": Totals(**found["totals"]), "positions": positions})
