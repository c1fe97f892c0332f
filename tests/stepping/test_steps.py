"""Steps in words and tables, and the records that they are about."""

import datetime
import gc
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from quixstreams.dataframe.windows import Count
from quixstreams.models.topics.topic import Topic, TopicType

from labkit import Lab, LabError
from labkit.kafka import clients
from labkit.pipelines import alert_filter
from labkit.stepping import stepper, words
from tests.stepping import shapes
from tests.stepping.records import START, Raw, disorder, reading, send
from tests.topics import topics_of
from tests.waiting import eventually

CLOSES = "closes when porch sends a record of"


def warm(readings):
    readings["kelvin"] = readings["temperature"] + 273.15
    readings = readings[readings["kelvin"] > 293]
    windows = readings.tumbling_window(5000, grace_ms=1000)
    return windows.agg(n=Count()).final()


def lines(text: object) -> list[str]:
    return [re.sub(r" {2,}", "  ", each.strip()) for each in str(text).splitlines() if each]


def test_a_step_says_what_each_line_did(lab: Lab) -> None:
    send(lab, "sensor", *(reading("porch", *each) for each in [(0, 28.7), (1, 10), (2, 28.7), (6, 28.7), (4.5, 30)]))
    steps = lab.step(warm, reads="sensor", writes="warm")
    first = warm.__code__.co_firstlineno
    assert len(steps) == 5
    assert lines(steps[1]) == [
        "record 1 of 0 to 4: sensor, partition 0, offset 1, porch, 2023-11-14 22:13:21",
        "device porch, temperature 10, humidity 50, timestamp 22:13:21",
        f'{first + 1}  readings["kelvin"] = readings["temperature"] + 273.15  kelvin 283.15',
        f'{first + 2}  readings = readings[readings["kelvin"] > 293]  kelvin is 283.15, not > 293: left out here',
        "windows open after it",
        f"porch (its event time: 22:13:20)  22:13:20 – 22:13:25  n 1  {CLOSES} 22:13:26 or later",
    ]
    assert lines(steps[2])[4] == (
        f"{first + 4}  return windows.agg(n=Count()).final()  nothing comes out yet: the window is open"
    )
    assert lines(steps[3])[4:] == [
        f"{first + 4}  return windows.agg(n=Count()).final()  comes out: 22:13:20 – 22:13:25, n 2",
        "windows open after it",
        f"porch (its event time: 22:13:26)  22:13:25 – 22:13:30  n 1  {CLOSES} 22:13:31 or later",
        "written",
        "warm, porch: n 2, start 22:13:20, end 22:13:25",
    ]
    assert "0.5 s too late for the window 22:13:20 – 22:13:25, which has closed" in str(steps[4])
    assert [each.marks for each in steps] == [[], ["left out"], [], ["comes out", "closes"], ["left out", "late"]]
    assert [each.kind for each in steps[3].outcomes] == ["passes", "passes", "emits"]
    assert steps[3].outcomes[0].changed == ("kelvin",)
    assert steps.summary() == "warm: 5 records in, 1 out"


def test_tables(lab: Lab) -> None:
    send(lab, "sensor", *(reading("porch", *each) for each in [(0, 28.7), (1, 10), (2, 28.7)]))
    steps = lab.step(warm, reads="sensor")
    table = steps.table()
    assert [*table.columns] == ["record", "line", "in", "out"]
    assert [*table["record"]] == [0, 0, 0, 1, 1, 2, 2, 2]
    assert table["in"][0] == {"device": "porch", "temperature": 28.7, "humidity": 50.0, "timestamp": START}
    assert table["out"][0] == table["in"][0] | {"kelvin": 28.7 + 273.15}  # a copy: what came in has not changed
    assert [each is None for each in table["out"]] == [False, False, True, False, True, False, False, True]
    state = steps.state(after=1)
    assert [*state["what"]] == ["window 22:13:20 – 22:13:25", "event time"]
    assert [*state["value"]] == [{"n": 1}, "2023-11-14 22:13:20"]
    assert steps.state()["value"][0] == {"n": 2}


def test_state_is_told_before_and_after(lab: Lab) -> None:
    send(lab, "sensor", reading("porch", 0, 20), reading("porch", 1, 21))
    steps = lab.step(shapes.stateful, reads="sensor")
    assert "porch  last  21  (before: 20)".replace("  (", " (") in lines(steps[1])
    assert [each.value for each in steps[1].before.values()] == [20, 1]


def test_a_failing_record_is_the_last_step(lab: Lab) -> None:
    """It changes nothing; a run ends there, too."""

    def divided(readings):
        def divide(reading, state):
            state.set("n", state.get("n", 0) + 1)
            return {"ratio": 1 / (reading["humidity"] - 50)}

        readings = readings.group_by("device")
        return readings.apply(divide, stateful=True)

    send(lab, "sensor", *(reading("porch", n, 20, 48 + n) for n in range(5)), partitions=3)
    steps = lab.step(divided, reads="sensor", writes="ratio")
    assert len(steps) == 3
    last = steps[2]
    assert last.trouble
    assert last.trouble.line
    assert str(last.trouble.line).endswith('return {"ratio": 1 / (reading["humidity"] - 50)}')
    assert last.outcomes[-1].words == ("fails: ZeroDivisionError: division by zero",)
    assert last.outcomes[-1].line.text == "return readings.apply(divide, stateful=True)"
    assert last.marks == ["fails"]
    assert last.before == last.after != {}
    assert not last.written
    assert "the pipeline ends here" in str(last)
    assert "it did not come to the 2 records after it, as in a run" in steps.summary()


def test_a_step_that_a_field_of_a_record_lacks_names_it(lab: Lab) -> None:
    send(lab, "sensor", reading("porch", 0))
    steps = lab.step(lambda stream: stream[stream["temprature"] > 1], reads="sensor", name="typo")
    assert "did you mean 'temperature'" in str(steps[0].trouble)


def test_a_function_that_never_ends_is_stopped(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stepper, "STALLED", 0.5)

    def forever(reading):
        while reading["temperature"] > 20:
            pass

    send(lab, "sensor", reading("porch", 0), reading("porch", 1, 21))
    steps = lab.step(lambda stream: stream.update(forever), reads="sensor", name="forever")
    assert len(steps) == 2
    assert "it did not finish within 0.5 s and was stopped" in str(steps[1].trouble)
    assert "forever, line" in str(steps[1].trouble)


def test_a_record_that_cannot_be_read_is_a_step(lab: Lab) -> None:
    send(lab, "sensor", Raw(b"porch", b"{broken", START), reading("porch", 1, 40))
    steps = lab.step(alert_filter, reads="sensor", writes="alert")
    assert "cannot be read, and goes to the dead letters: not JSON" in str(steps[0])
    assert [each.topic for each in steps[0].written] == ["sensor.dead-letter"]
    assert [each.marks for each in steps] == [["left out"], ["comes out"]]


def one_line(readings):
    return readings[readings["humidity"] > 40].group_by("device").tumbling_window(4000).agg(n=Count()).final()


@pytest.mark.parametrize("partitions", [1, 2])
def test_a_line_that_leaves_out_renames_and_counts_is_told_as_one(lab: Lab, partitions: int) -> None:
    """The watch before a window, or a repartition topic, is in the middle of it."""
    send(
        lab,
        "sensor",
        *(reading("porch", n, 20, humidity) for n, humidity in ((0, 50), (1, 9), (5, 50))),
        partitions=partitions,
    )
    found = [each for step in lab.step(one_line, reads="sensor") for each in step.outcomes]
    assert [(each.kind, len(each.came), len(each.went)) for each in found] == [
        ("waits", 1, 0),
        ("left out", 1, 0),
        ("emits", 1, 1),
    ]


def test_a_record_without_a_partner_in_an_interval_is_kept_for_one(lab: Lab) -> None:
    def answered(alarms, acks):
        return alarms.join_interval(acks[["by"]], forward_ms=10_000)

    send(lab, "alarms", reading("oven", 0), reading("oven", 60))
    send(lab, "acks", reading("oven", 5, by="Anna"))
    steps = lab.step(answered, reads=["alarms", "acks"])
    assert [each.outcomes[-1].kind for each in steps] == ["keeps", "passes", "keeps"]
    assert steps[0].outcomes[-1].words == ("kept for the join: the other side has nothing for it yet",)
    assert [each.marks for each in steps] == [[], ["comes out"], []]


def test_what_is_refused_when_the_pipeline_is_built(lab: Lab) -> None:
    send(lab, "sensor", reading("porch", 0))
    with pytest.raises(LabError, match="returned nothing instead of a stream"):
        lab.step(lambda _: None, reads="sensor", name="nothing")
    with pytest.raises(LabError, match="There is no topic 'senser': did you mean 'sensor'"):
        lab.step(alert_filter, reads="senser")
    assert [*lab.topics()["topic"]] == ["sensor"]


def test_a_pipeline_does_not_feed_itself(lab: Lab) -> None:
    """Neither by what `writes` says, nor by a topic of its own choice."""
    send(lab, "a", reading("porch", 0))
    with pytest.raises(LabError, match="would read its own output from a forever"):
        lab.step(shapes.as_it_is, reads="a", writes="a")
    itself = Topic(lab.full_name("a"), TopicType.REGULAR, value_serializer="json")
    steps = lab.step(lambda stream: stream.to_topic(itself), reads="a", name="itself")
    assert [[each.topic for each in step.written] for step in steps] == [["a"]]
    assert len(lab.records("a")) == 1


def connections() -> int:
    """How many clients of Kafka this process has: while one lives it asks for its topics, and so creates them."""
    gc.collect()
    found = (each.read_text() for each in Path("/proc/self/task").glob("*/comm"))
    return sum(name == "rdk:main\n" for name in found)


def test_nothing_is_left_behind(lab: Lab) -> None:
    send(lab, "sensor", *disorder(1, 20))
    run = lab.run(shapes.tumbling, reads="sensor", writes="means")
    run.wait_until_caught_up()
    topics, groups = topics_of(lab), lab.groups()
    before = {*topics.requests.metadata()}
    kept = [lab.step(shapes.grouped, reads="sensor", writes="means")]  # as `Out` of a notebook does
    connected = connections()
    kept += [lab.step(shapes.grouped, reads="sensor", writes="means") for _ in range(2)]
    eventually(lambda: connections() <= connected)
    with pytest.raises(LabError):
        lab.step(lambda _: 1, reads="sensor", name="no stream")
    assert {*topics.requests.metadata()} == before
    assert lab.groups().equals(groups)
    assert run.alive
    assert not [*lab.broker.directory.glob("*step-*")]


def test_the_newest_records_are_taken_those_of_a_key_or_from_a_time_on(lab: Lab) -> None:
    send(lab, "sensor", *(reading("ab"[n % 2], n) for n in range(40)))

    def seconds(**options: Any) -> list[float]:
        return [(each.record.timestamp - START) / 1000 for each in lab.step(shapes.as_it_is, reads="sensor", **options)]

    assert seconds(records=3) == [37, 38, 39]
    assert seconds(records=3, key="a") == [34, 36, 38]
    since = datetime.datetime.fromtimestamp(START / 1000 + 10, datetime.UTC)
    for given in (since, since.isoformat(), START + 10_000):
        assert seconds(records=2, since=given) == [10, 11]
    assert seconds(since=since, key="b", records=2) == [11, 13]
    for wrong, said in (
        ({"key": "c"}, "There is no record in sensor with the key 'c'"),
        ({"since": "noon"}, "since is 'noon', which is no time"),
        ({"records": 0}, "at least one record"),
        ({"records": [1]}, "Row 0 is a int"),
        ({"records": []}, "There is no record in sensor"),
    ):
        with pytest.raises(LabError, match=re.escape(said)):
            lab.step(shapes.as_it_is, reads="sensor", **wrong)


def test_several_partitions_are_stepped_through_in_the_order_of_their_times(lab: Lab) -> None:
    records = [reading("ab"[n % 2], n)._replace(partition=n % 2) for n in range(20)]
    late = reading("a", 3)  # stays where it is in its partition
    send(lab, "sensor", *records, late, partitions=2)
    steps = lab.step(shapes.as_it_is, reads="sensor", records=5)
    assert [(each.record.timestamp - START) / 1000 for each in steps] == [16, 17, 18, 3, 19]
    assert [each.record.offset for each in steps] == [8, 8, 9, 10, 9]


def test_rows_need_no_topic(lab: Lab) -> None:
    row = {"device": "porch", "temperature": 40.0, "humidity": 1.0, "timestamp": START}
    steps = lab.step(alert_filter, reads="sensor", records=[row, row | {"temperature": 1.0}])
    assert [len(each.came_out) for each in steps] == [1, 0]
    assert "sensor, a row, porch" in str(steps[0])
    send(lab, "words", Raw(b"k", b'{"x": 1}', START), Raw(b"k", b"no JSON", START))
    again = lab.step(shapes.as_it_is, reads="words", records=lab.records("words"))
    assert [each.record.value for each in again] == [b'{"x":1}', b"no JSON"]
    (broken,) = lab.step(shapes.as_it_is, reads="words", records=[{"device": None, "level": np.float64(1.5)}])
    assert (broken.record.key, broken.record.value) == (None, b'{"device":null,"level":1.5}'), "as NumPy counts, too"


def test_a_text_that_looks_like_a_number_is_told_from_one() -> None:
    assert words.value({"a": "27.4", "b": 27.4, "c": "null", "d": None, "e": "warm"}) == (
        'a "27.4", b 27.4, c "null", d null, e warm'
    )
    assert [*map(words.key, (b"7", "7", None, ""))] == ["7", "7", "no key", "(empty)"]


def test_prints_belong_to_the_steps(lab: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    send(lab, "sensor", reading("porch", 0))
    steps = lab.step(lambda stream: stream.update(lambda each: print("warm", each["device"])), reads="sensor", name="p")
    assert steps[0].prints == ["warm porch"]
    assert lines(steps[0])[-2:] == ["printed", "warm porch"]
    assert capfd.readouterr().out == ""


def test_records_keep_their_headers(lab: Lab) -> None:
    def with_headers(readings):
        return readings.apply(lambda *all: {"from": dict(all[3])["from"].decode()}, metadata=True)

    lab.create_topic("words")
    producer = clients.producer(lab.broker.address)
    producer.produce(lab.full_name("words"), b"1", headers={"from": b"here"})
    assert producer.flush(10) == 0
    assert lab.step(with_headers, reads="words")[0].came_out[0].value == {"from": "here"}
