"""What a step says came out is what a run writes, for pipelines of every shape, on records of every kind."""

import importlib
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from quixstreams.models.topics.topic import Topic, TopicType

from labkit import Lab
from labkit.exercises import catalogue
from labkit.exercises.answer_types import REMEMBERED, Pipeline
from labkit.exercises.exercise import Exercise
from labkit.kafka import tap
from labkit.kafka.topics import DEAD_LETTER
from labkit.pipelines import PIPELINES
from labkit.stepping import Steps
from tests.exercises.sample import sampled
from tests.stepping import shapes
from tests.stepping.records import BAD, START, Raw, disorder, reading, send
from tests.topics import topics_of

Records = Sequence[tuple[Any, ...]]


def run(lab: Lab, pipeline: Callable[..., Any], reads: Sequence[str], **options: Any) -> None:
    finished = lab.run(pipeline, reads=reads, writes="out", **options)
    finished.wait_until_caught_up()
    finished.stop()


def held(lab: Lab, topic: str) -> Records:
    """The records of a topic, in order if it has one partition."""
    records = tap.everything(topics_of(lab), topic, raw=True)
    return [(each.key, each.value, each.timestamp) for each in records]


def written(steps: Steps, topic: str) -> Records:
    records = [record for step in steps for record in step.written if record.topic == topic]
    return [(each.key and each.key.decode(), each.value, each.timestamp) for each in records]


def assert_alike(lab: Lab, pipeline: Callable[..., Any], reads: Sequence[str], **options: Any) -> Steps:
    run(lab, pipeline, reads, **options)
    before = lab.topics().to_dict("records"), lab.groups().to_dict("records")
    steps = lab.step(pipeline, reads=reads, writes="out", records=1000, **options)
    assert (lab.topics().to_dict("records"), lab.groups().to_dict("records")) == before
    assert not steps.trouble
    assert len(steps) == sum(len(lab.records(name)) for name in reads)
    letters = [] if options.get("raw") else [f"{name}{DEAD_LETTER}" for name in reads]
    for topic in ["out", *letters]:
        assert sorted(written(steps, topic), key=repr) == sorted(held(lab, topic), key=repr)
    came_out = sum(len(step.came_out) for step in steps)
    assert came_out == len(held(lab, "out"))
    return steps


@pytest.mark.parametrize("stage", PIPELINES.values(), ids=[*PIPELINES])
def test_the_pipelines_of_the_lab(lab: Lab, stage: Any) -> None:
    send(lab, stage.reads, *disorder(1, 120))
    steps = assert_alike(lab, stage.function, [stage.reads])
    assert written(steps, "out") == held(lab, "out")
    assert steps.lines


@pytest.mark.parametrize(
    "pipeline",
    [
        *shapes.ONE[: shapes.SAMPLE],
        *(pytest.param(each, marks=pytest.mark.slow) for each in shapes.ONE[shapes.SAMPLE :]),
    ],
    ids=lambda each: each.__name__,
)
def test_every_shape(lab: Lab, pipeline: Callable[..., Any]) -> None:
    send(lab, "sensor", *disorder(2))
    steps = assert_alike(lab, pipeline, ["sensor"])
    if pipeline is not shapes.hopping_by_partition:  # which closes windows of several keys in any order
        assert written(steps, "out") == held(lab, "out")


READINGS = st.tuples(st.sampled_from("abc"), st.floats(0, 40), st.floats(-20, 60)).map(lambda each: reading(*each))
BROKEN = st.sampled_from(BAD).map(lambda value: Raw(b"a", value, START))


@pytest.mark.slow
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=st.lists(READINGS | BROKEN, min_size=1, max_size=40), twice=st.integers(0, 5))
def test_any_records(lab: Lab, records: list[Raw], twice: int) -> None:
    """In any order, some of them bad, the first few once more in the end."""
    lab.reset()
    send(lab, "sensor", *records, *records[:twice])
    steps = assert_alike(lab, shapes.tumbling, ["sensor"])
    assert written(steps, "out") == held(lab, "out")


@pytest.mark.parametrize(
    "pipeline",
    [
        shapes.grouped,
        shapes.tumbling,
        *(pytest.param(each, marks=pytest.mark.slow) for each in (shapes.grouped_by_a_field, shapes.stateful)),
    ],
)
def test_several_partitions(lab: Lab, pipeline: Callable[..., Any]) -> None:
    """Through a repartition topic, where a run may read the partitions in another order: all is told but the order."""
    records = [each for each in disorder(3, bad=False, partitions=3) if each.timestamp]
    in_order = sorted(records, key=lambda each: each.timestamp)  # else what is late depends on that order
    keyed = {each.partition: each for each in in_order}
    assert len(keyed) == 3
    send(lab, "sensor", *in_order, partitions=3)
    steps = lab.step(pipeline, reads="sensor", writes="out", records=1000)
    assert not steps.trouble
    assert len(steps) == len(records)
    if pipeline in (shapes.tumbling, shapes.stateful):
        run(lab, pipeline, ["sensor"])
        assert sorted(written(steps, "out"), key=repr) == sorted(held(lab, "out"), key=repr)


@pytest.mark.parametrize(
    "pipeline",
    [shapes.TWO[0], *(pytest.param(each, marks=pytest.mark.slow) for each in shapes.TWO[1:])],
    ids=lambda each: each.__name__,
)
def test_two_topics(lab: Lab, pipeline: Callable[..., Any]) -> None:
    send(lab, "left", *disorder(4, 40, bad=False))
    send(lab, "right", *[each._replace(timestamp=each.timestamp + 3) for each in disorder(5, 40, bad=False)])
    steps = assert_alike(lab, pipeline, ["left", "right"])
    assert written(steps, "out") == held(lab, "out")


def test_raw_records(lab: Lab) -> None:
    send(lab, "sensor", *disorder(6))
    assert_alike(lab, shapes.raw, ["sensor"], raw=True)


SOLUTIONS = [
    each
    for folder in catalogue.folders()
    for each in folder.exercises()
    if isinstance(each.answer_type, Pipeline) and not each.answer_type.producer  # what a producer writes is written
]


@sampled(SOLUTIONS)
def test_the_solutions_of_the_exercises(lab: Lab, exercise: Exercise) -> None:
    """Topics that they write to themselves get what a run writes there, and nothing from a step."""
    answer = importlib.import_module(f"tests.solutions.{exercise.name.replace('-', '_')}").answer
    for topic in exercise.inputs:
        sent = [each for each in exercise.sent("step") if each.topic == topic]
        send(lab, topic, *(Raw(each.key and each.key.encode(), each.raw, each.timestamp) for each in sent))
    others = [name for name in exercise.outputs[1:] if name != REMEMBERED]
    lab.create_topic("out", *others)
    topics = [Topic(lab.full_name(name), TopicType.REGULAR, value_serializer="bytes") for name in others]

    def answered(*streams):
        return answer(*streams, *topics)

    steps = assert_alike(lab, answered, exercise.inputs, raw=exercise.answer_type.raw)
    for name in others:
        assert written(steps, name) == held(lab, name) != []


def test_there_are_solutions() -> None:
    assert len(SOLUTIONS) >= 6
