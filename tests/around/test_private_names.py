"""Private names of other libraries that the lab needs: an upgrade may remove them.

Each library's are used in one module only, and only where there is no public way.
"""

import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest
from quixstreams import Application
from quixstreams.core.stream import ApplyFunction
from quixstreams.models.serializers.avro import AvroSerializer
from quixstreams.models.topics import TopicManager
from quixstreams.models.topics.topic import Topic, TopicType

LABKIT = Path(__file__).parents[2] / "labkit"
QUIX, TOPICS, MISFITS = "runs/application.py", "runs/own_topics.py", "runs/misfits.py"
FIGURE, PAGE = "live/figure.py", "live/figure.js"
MESSAGES = (
    *("addTraces", "deleteTraces", "moveTraces", "restyle", "relayout"),
    *("update", "animate", "removeLayoutProps", "removeTraceProps"),
)


def application() -> Application:
    return Application("nowhere:9092", loglevel=None)


def row_producer() -> Any:
    return application()._producer


def producer() -> Any:
    return row_producer()._producer


def dataframe_registry() -> Any:
    return application()._dataframe_registry


def topic_manager() -> TopicManager:
    return application()._topic_manager


def avro_serializer() -> AvroSerializer:
    return AvroSerializer({"type": "record", "name": "empty", "fields": []})


def topic() -> Topic:
    return Topic("nowhere", TopicType.REGULAR)


# Library, what makes the object, its private names, the module that uses them, and what for.
PRIVATE = [
    ("quixstreams", application, ["_producer"], QUIX, "dead letters go out in the pipeline's own transaction"),
    ("quixstreams", row_producer, ["_producer"], QUIX, "the producer of an application that has ended"),
    ("quixstreams", producer, ["_inner_producer"], QUIX, "to disconnect it"),
    ("quixstreams", application, ["_consumer"], QUIX, "how far a run has read"),
    ("quixstreams", application, ["_processing_context"], QUIX, "to print tables as text"),
    (
        "quixstreams",
        application,
        ["_dataframe_registry", "_topic_manager"],
        QUIX,
        "streams that know the line of a step",
    ),
    ("quixstreams", dataframe_registry, ["_registry"], QUIX, "steps after a repartition topic"),
    ("quixstreams", application, ["_on_assign"], QUIX, "to know when a run has its partitions"),
    ("quixstreams", application, ["_setup_signal_handlers"], QUIX, "to run outside the main thread"),
    (
        "quixstreams",
        topic_manager,
        ["_internal_name", "_consumer_group"],
        TOPICS,
        "internal topics have names that Kafka allows",
    ),
    ("quixstreams", topic, ["_key_deserializer"], TOPICS, "no record of a changelog reaches a pipeline"),
    ("quixstreams", avro_serializer, ["_schema"], MISFITS, "to say which field of a value does not fit"),
    ("plotly", go.FigureWidget, ["_widget_data", "_widget_layout"], FIGURE, "a page that comes later gets it as it is"),
    ("plotly", go.FigureWidget, ["_esm"], FIGURE, "a page gets Plotly once"),
    ("plotly", go.FigureWidget, [f"_py2js_{each}" for each in MESSAGES], PAGE, "what has changed before Plotly came"),
]


@pytest.mark.parametrize(
    ("library", "make", "names", "module", "purpose"),
    PRIVATE,
    ids=lambda each: getattr(each, "__name__", str(each))[:40],
)
def test_what_the_lab_needs_of_a_library_is_there(
    library: str, make: Any, names: list[str], module: str, purpose: str
) -> None:
    thing = make()
    gone = [name for name in names if not hasattr(thing, name)]
    assert not gone, (
        f"{library} {version(library)} has no {', '.join(gone)} any more: labkit/{module} needs it: {purpose}"
    )
    used = (LABKIT / module).read_text()
    assert all(name.removeprefix("_py2js_") in used for name in names)


def test_an_executor_of_quix_streams_is_a_closure_over_the_function_of_its_step() -> None:
    """Hence `blame` finds the step that failed."""

    def step(value: object, *_: object) -> object:
        return value

    executor = ApplyFunction(step).get_executor(print)
    assert executor.__closure__
    assert dict(zip(executor.__code__.co_freevars, executor.__closure__, strict=True))["func"].cell_contents is step


def test_nothing_else_of_quix_streams_and_plotly_is_used_in_private() -> None:
    """Looks for `<something>._name`, except where <something> is one of our own objects, such as `self` or `cls`.
    A name that ends with `_` too is of a protocol of IPython.
    """
    allowed = {QUIX, TOPICS, FIGURE, MISFITS}
    ours = re.compile(r"\b(self|cls|super\(\)|Lab|sys|os|stream|blame)\._|self\._\w+\._(fields|replace)")
    for path in sorted(LABKIT.rglob("*.py")):
        if str(path.relative_to(LABKIT)) in allowed:
            continue
        for line in path.read_text().splitlines():
            found = re.findall(r"[\w)\]]\._(?!_|fields\b|replace\b|\w+_\b)\w+", ours.sub("", line))
            assert not [each for each in found if "KafkaError._" not in line], f"{path}: {line.strip()}"
