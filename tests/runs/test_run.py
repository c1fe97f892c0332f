"""Pipelines at work on a real broker."""

import html
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from quixstreams.dataframe.windows import Mean
from quixstreams.kafka import consumer as quix_consumer
from quixstreams.sinks.core.csv import CSVSink

from labkit import Lab, LabError
from labkit.kafka import clients
from labkit.kafka.topics import Topics
from labkit.live import panel
from labkit.pipelines import alert_filter, average_temperature
from labkit.runs import stall
from labkit.runs.spec import Spec
from labkit.runs.succession import Succession
from labkit.runs.system import System
from labkit.started import Started
from tests.kafka.transactions import transactional_producer
from tests.stepping import shapes
from tests.topics import topics_of
from tests.waiting import eventually


def hot(seconds: int, device: str = "sensor-1") -> dict[str, object]:
    return {"device": device, "temperature": 30.0, "humidity": 40.0, "timestamp": 1_700_000_000_000 + seconds * 1000}


def cold(seconds: int, device: str = "sensor-1") -> dict[str, object]:
    return hot(seconds, device) | {"temperature": 20.0}


def send(lab: Lab, topic: str, *records: tuple[bytes | None, bytes | None]) -> None:
    """Write keys and values as they are: what a broken sensor might send."""
    lab.create_topic(topic)
    producer = clients.producer(lab.broker.address)
    for key, value in records:
        producer.produce(lab.full_name(topic), value, key, timestamp=1_700_000_000_000, headers={"from": b"test"})
    assert producer.flush(10) == 0


def write(lab: Lab, topic: str, *readings: dict[str, object]) -> None:
    production = lab.produce(readings, writes=topic, per_second=None)
    assert production.wait(10)
    assert production.delivered == len(readings)


def test_a_run_reads_what_was_there_before_and_what_comes_later(lab: Lab) -> None:
    write(lab, "sensor", hot(1), cold(2))
    run = lab.run(alert_filter, reads="sensor", writes="alert")
    lab.wait_for("alert", 1)
    write(lab, "sensor", hot(3), cold(4), hot(5))
    run.wait_until_caught_up()
    assert run.status == "running"
    assert (run.records_in, run.records_out, run.lag()) == (5, 3, 0)
    assert run.summary().endswith("lag 0")
    alerts = lab.records("alert")
    assert [each.value for each in alerts] == [hot(second) | {"kelvin": 30.0 + 273.15} for second in (1, 3, 5)]
    assert [(each.key, each.timestamp) for each in alerts] == [
        ("sensor-1", hot(second)["timestamp"]) for second in (1, 3, 5)
    ]


def test_whoever_asks_for_its_lag_while_it_starts_does_not_get_a_consumer_of_its_own(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Quix Streams makes its consumer when it is first used: a second one took the place of the subscribed one."""
    made = []

    class Slow(quix_consumer.ConfluentConsumer):  # type: ignore[misc]
        def __init__(self, *arguments: Any) -> None:
            asked = made.append(self) or lags[0]
            eventually(lambda: lags[0] > asked + 3)  # time enough for the others
            super().__init__(*arguments)

    monkeypatch.setattr(quix_consumer, "ConfluentConsumer", Slow)
    lab.create_topic("sensor")
    lags, over = [0], threading.Event()

    def ask() -> None:
        while not over.is_set():
            for each in lab.workers:
                each.lag()
            lags[0] += 1

    curious = threading.Thread(target=ask)
    curious.start()
    try:
        run = lab.run(alert_filter, reads="sensor", writes="alert")
        eventually(lambda: run.status == "running")
    finally:
        over.set()
        curious.join()
    assert len(made) == 1


def test_a_record_of_its_changelog_that_is_delivered_out_of_turn_does_not_end_a_run(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivered = []

    class Careless(quix_consumer.ConfluentConsumer):  # type: ignore[misc]
        def pause(self, partitions: Any) -> None:
            super().pause([each for each in partitions if not each.topic.startswith("changelog__")])

        def poll(self, timeout: float) -> Any:
            record = super().poll(timeout=timeout)
            if record and record.topic().startswith("changelog__"):
                delivered.append(record)
            return record

    monkeypatch.setattr(quix_consumer, "ConfluentConsumer", Careless)
    write(lab, "sensor", hot(1), hot(2))
    run = lab.run(average_temperature, reads="sensor", writes="average")
    eventually(lambda: delivered)
    write(lab, "sensor", hot(30))
    lab.wait_for("average", 1)
    run.wait_until_caught_up()
    assert (run.status, run.records_in) == ("running", 3)


def test_a_stopped_run_leaves_no_thread_and_stopping_twice_is_stopping_once(lab: Lab) -> None:
    lab.create_topic("sensor")
    run = lab.run(alert_filter, reads="sensor", writes="alert")
    run.stop()
    run.stop()
    assert run.status == "stopped"
    assert not run.note
    eventually(lambda: not any(thread.name == "lab-alert_filter" for thread in threading.enumerate()))


def test_a_failing_step_ends_its_run_alone_and_names_the_line(lab: Lab) -> None:
    lab.create_topic("sensor")

    def misspelt(readings):
        readings["kelvin"] = readings["temprature"] + 273.15
        return readings

    good = lab.run(alert_filter, reads="sensor", writes="alert")
    bad = lab.run(misspelt, reads="sensor", writes="oops")
    write(lab, "sensor", hot(1))
    assert bad.wait(10)
    assert bad.status == "failed"
    assert bad.error is not None
    assert "temprature" in bad.error.reason
    assert bad.error.line is not None
    assert bad.error.line.text == 'readings["kelvin"] = readings["temprature"] + 273.15'
    assert "misspelt" in bad.error.line.where
    good.wait_until_caught_up()
    assert good.status == "running"
    with pytest.raises(LabError, match="misspelt failed: ColumnDoesNotExist"):
        bad.wait_until_caught_up()


def test_an_error_inside_a_function_of_the_students_names_its_line(lab: Lab) -> None:
    lab.create_topic("sensor")

    def divide(reading):
        return reading["temperature"] / 0

    run = lab.run(lambda readings: readings.apply(divide), reads="sensor", writes="oops", name="by zero")
    write(lab, "sensor", hot(1))
    assert run.wait(10)
    assert run.error is not None
    assert run.error.reason == "ZeroDivisionError: float division by zero"
    assert run.error.line is not None
    assert run.error.line.text == 'return reading["temperature"] / 0'


def test_a_pipeline_that_returns_no_stream_is_refused_in_one_line(lab: Lab) -> None:
    lab.create_topic("sensor")

    def a_column(readings):
        return readings["temperature"] > 30

    for pipeline in (forgot, a_column):
        with pytest.raises(LabError, match=f"{pipeline.__name__} returned") as caught:
            lab.run(pipeline, reads="sensor", writes="oops")
        assert "\n" not in str(caught.value)


def test_an_error_while_the_pipeline_is_built_is_raised_in_the_cell(lab: Lab) -> None:
    lab.create_topic("sensor")
    with pytest.raises(NameError, match="with_devise"):
        lab.run(typo, reads="sensor", writes="oops")


def forgot(readings):
    readings["kelvin"] = readings["temperature"] + 273.15


def typo(readings):
    means = readings.tumbling_window(duration_ms=1000).agg(mean=Mean("temperature")).final()
    return means.apply(with_devise)  # noqa: F821


def names_on_the_broker(lab: Lab) -> set[str]:
    return {name for name in topics_of(lab).admin.list_topics(timeout=5).topics if topics_of(lab).namespace in name}


@pytest.mark.parametrize("refused", [forgot, typo])
@pytest.mark.parametrize("from_start", [False, True])
def test_a_refused_pipeline_leaves_the_run_that_it_would_replace_and_its_output(
    lab: Lab, refused: Any, from_start: bool
) -> None:
    write(lab, "sensor", hot(1))
    first = lab.run(alert_filter, reads="sensor", writes="alert")
    first.wait_until_caught_up()
    with pytest.raises((LabError, NameError)):
        lab.run(refused, reads="sensor", writes="alert", name="alert_filter", from_start=from_start)
    assert (first.status, lab.workers[-1]) == ("running", first)
    write(lab, "sensor", hot(2))
    first.wait_until_caught_up()
    assert [each.value["timestamp"] for each in lab.records("alert")] == [hot(each)["timestamp"] for each in (1, 2)]


@pytest.mark.parametrize("refused", [forgot, typo])
def test_a_refused_pipeline_leaves_no_topic_group_or_state(lab: Lab, refused: Any) -> None:
    write(lab, "sensor", hot(1))
    directory = lab.broker.directory
    topics, files = names_on_the_broker(lab), {*directory.glob("*")}
    with pytest.raises((LabError, NameError)):
        lab.run(refused, reads="sensor", writes="oops")
    assert names_on_the_broker(lab) == topics
    assert {*directory.glob("*")} == files
    assert lab.groups().empty


BAD = {
    b"27 degrees": "not JSON",
    b'{"device": "a", "temperature": NaN, "humidity": 1, "timestamp": 1}': "NaN",
    b"\xff\xfe": "not UTF-8",
    b"[1, 2]": "array",
    b'{"device": "a", "temperature": 1, "humidity": 1}': "timestamp is missing",
    b'{"device": "a", "temperature": "1", "humidity": 1, "timestamp": 1}': "temperature is '1'",
    b'{"device": "a", "temperature": true, "humidity": 1, "timestamp": 1}': "temperature is True",
    b'{"device": "a", "temperature": -273.16, "humidity": 1, "timestamp": 1}': "temperature is -273.16",
    b'{"device": "a", "temperature": 1, "humidity": 100.5, "timestamp": 1}': "humidity is 100.5",
    b'{"device": "a", "temperature": 1, "humidity": -1, "timestamp": 1}': "humidity is -1",
    b'{"device": "a", "temperature": 1, "humidity": 1, "timestamp": "noon"}': "timestamp is 'noon'",
    b'{"device": 7, "temperature": 1, "humidity": 1, "timestamp": 1}': "device is 7",
    None: "null",
}


def test_records_that_are_no_readings_go_to_the_dead_letter_topic_and_the_run_goes_on(lab: Lab) -> None:
    lab.create_topic("sensor")
    run = lab.run(alert_filter, reads="sensor", writes="alert")
    send(lab, "sensor", *((b"key", value) for value in BAD))
    write(lab, "sensor", hot(1))
    run.wait_until_caught_up()
    assert (run.status, run.dead_letters, run.records_in, run.records_out) == ("running", len(BAD), len(BAD) + 1, 1)
    letters = lab.peek("sensor.dead-letter", 100)
    assert list(letters["value"]) == list(BAD)
    for reason, expected in zip(letters["reason"], BAD.values(), strict=True):
        assert expected in reason
    assert set(letters["key"]) == {"key"}
    assert set(letters["from"]) == {"test"}
    assert {int(time.timestamp() * 1000) for time in letters["time"]} == {1_700_000_000_000}


def test_raw_hands_over_the_bytes_of_every_record(lab: Lab) -> None:
    lab.create_topic("sensor")
    run = lab.run(lambda raw: raw.apply(lambda b: {"length": len(b)}), reads="sensor", writes="n", raw=True, name="n")
    send(lab, "sensor", (b"key", b"27 degrees"))
    run.wait_until_caught_up()
    assert run.error is None
    assert [each.value for each in lab.records("n")] == [{"length": 10}]


def test_a_topic_that_holds_no_readings_may_hold_any_json_but_null(lab: Lab) -> None:
    lab.create_topic("words")
    run = lab.run(lambda words: words, reads="words", writes="copy", name="copy")
    send(lab, "words", (None, b'{"word": "kafka"}'), (None, b"[]"), (None, b"2.5"), (None, b'"text"'), (None, b"null"))
    run.wait_until_caught_up()
    assert [each.value for each in lab.records("copy")] == [{"word": "kafka"}, [], 2.5, "text"]
    assert run.dead_letters == 1


def test_a_sink_gets_each_record_once_though_the_run_is_stopped_and_replaced(lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"

    def kept(readings):
        readings.sink(CSVSink(str(file)))
        return readings

    write(lab, "sensor", *map(hot, range(10)))
    for _ in range(2):
        run = lab.run(kept, reads="sensor", writes="copy")
        run.wait_until_caught_up()
        run.stop()
        assert len(file.read_text().splitlines()) == 1 + 10


def test_a_plain_number_where_an_object_is_expected_is_said(lab: Lab) -> None:
    lab.create_topic("numbers")
    run = lab.run(lambda numbers: numbers.filter(lambda number: number["x"] > 1), reads="numbers", name="numbers")
    send(lab, "numbers", (None, b"2.5"))
    assert run.wait(10)
    assert "is the value a plain number, and not an object with fields?" in str(run.error)


def test_dead_letters_of_several_topics_are_counted_under_their_own_names(lab: Lab) -> None:
    for name in ("sensor", "alert"):
        lab.create_topic(name)
    run = lab.run(lambda a, b: a.concat(b), reads=["sensor", "alert"], writes="both", name="both")
    send(lab, "alert", (None, b"broken"))
    run.wait_until_caught_up()
    assert run.summary().endswith("1 unreadable, in alert.dead-letter")
    assert run.dead_letters == 1


def test_running_again_replaces_the_run_and_reads_on_where_it_stopped(lab: Lab) -> None:
    lab.create_topic("sensor")
    first = lab.run(alert_filter, reads="sensor", writes="alert")
    write(lab, "sensor", *(hot(second) for second in range(50)))
    lab.wait_for("alert", 1)
    second = lab.run(alert_filter, reads="sensor", writes="alert")
    assert first.status == "stopped"
    write(lab, "sensor", *(hot(second) for second in range(50, 60)))
    second.wait_until_caught_up()
    assert [each.value["timestamp"] for each in lab.records("alert")] == [hot(each)["timestamp"] for each in range(60)]
    assert first.group != second.group


def test_a_run_whose_successor_cannot_begin_is_there_to_be_seen_as_stopped(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.create_topic("sensor")

    def refuse(*_: object) -> None:
        raise LabError("Kafka refused.")

    first = lab.run(alert_filter, reads="sensor", writes="alert")
    monkeypatch.setattr(Succession, "take_over", refuse)
    monkeypatch.setattr(Started, "replaced_by", lambda *_: [first])
    with pytest.raises(LabError, match="Kafka refused"):
        lab.run(alert_filter, reads="sensor", writes="other")
    assert [(each, each.status) for each in lab.workers] == [(first, "stopped")]


def test_the_same_function_may_run_twice_side_by_side_with_other_topics(lab: Lab) -> None:
    write(lab, "sensor", hot(1))
    one = lab.run(alert_filter, reads="sensor", writes="one")
    two = lab.run(alert_filter, reads="sensor", writes="two")
    write(lab, "sensor", hot(2))
    for run in (one, two):
        run.wait_until_caught_up()
        assert (run.status, run.records_out) == ("running", 2)
    assert (one.group, two.group) == ("alert_filter.sensor.one-1", "alert_filter.sensor.two-1")
    assert set(lab.groups()["group"]) == {one.group, two.group}
    assert lab.workers.labels[1:] == ["alert_filter (sensor → one)", "alert_filter (sensor → two)"]


def test_each_of_two_runs_of_a_function_reads_on_where_it_stopped_whichever_starts_first(lab: Lab) -> None:
    write(lab, "sensor", hot(1))
    lab.run(alert_filter, reads="sensor", writes="one").wait_until_caught_up()
    lab.run(alert_filter, reads="sensor", writes="two").wait_until_caught_up()
    with Lab() as later:
        for topic in ("two", "one"):
            write(later, "sensor", hot(2))
            run = later.run(alert_filter, reads="sensor", writes=topic)
            run.wait_until_caught_up()
            run.stop()
        assert [len(later.records(topic)) for topic in ("one", "two")] == [3, 2]
        later.reset()


def test_a_run_says_what_it_replaces_and_where_it_begins(lab: Lab) -> None:
    write(lab, "sensor", hot(1), hot(2))
    first = lab.run(alert_filter, reads="sensor", writes="alert")
    assert first.origin() == ""
    first.wait_until_caught_up()
    second = lab.run(alert_filter, reads="sensor", writes="alert")
    assert second.origin() == "replaces alert_filter, continues in sensor at offset 2"
    assert second.origin() in panel.render(panel.collect(second))
    third = lab.run(alert_filter, reads="sensor", writes="alert", from_start=True)
    assert third.origin() == "replaces alert_filter, reads sensor from the start"
    third.wait_until_caught_up()
    lab.stop()
    assert lab.run(alert_filter, reads="sensor", writes="alert").origin() == "continues in sensor at offset 2"


def test_a_new_lab_on_the_same_broker_reads_on_where_the_old_one_stopped(lab: Lab) -> None:
    write(lab, "sensor", hot(1))
    lab.run(alert_filter, reads="sensor", writes="alert").wait_until_caught_up()
    with Lab() as later:
        write(later, "sensor", hot(2))
        later.run(alert_filter, reads="sensor", writes="alert").wait_until_caught_up()
        assert len(later.records("alert")) == 2
        later.reset()


def test_after_a_reset_windows_begin_anew(lab: Lab) -> None:
    means = []
    for temperature in (10.0, 20.0):
        write(lab, "sensor", *(hot(second) | {"temperature": temperature} for second in range(20)))
        lab.run(average_temperature, reads="sensor", writes="avg-temp").wait_until_caught_up()
        means.append({each.value["temperature"] for each in lab.records("avg-temp")})
        lab.reset()
    assert means == [{10.0}, {20.0}]


def test_from_start_empties_what_is_written_and_reads_everything_again(lab: Lab) -> None:
    def fahrenheit(readings):
        readings["fahrenheit"] = readings["temperature"] * 1.8 + 32
        return readings

    write(lab, "sensor", hot(1), cold(2))
    lab.run(fahrenheit, reads="sensor", writes="out").wait_until_caught_up()
    lab.run(fahrenheit, reads="sensor", writes="out", from_start=True).wait_until_caught_up()
    assert [round(each.value["fahrenheit"]) for each in lab.records("out")] == [86, 68]


def test_a_function_that_loops_for_ever_is_ended_even_if_it_catches_exceptions(lab: Lab) -> None:
    lab.create_topic("sensor")
    started = threading.Event()

    def forever(_):
        while True:
            try:
                while True:
                    started.set()
            except Exception:
                continue

    run = lab.run(lambda readings: readings.update(forever), reads="sensor", name="forever")
    write(lab, "sensor", hot(1))
    assert started.wait(10)
    run.stop()
    assert not run.alive
    assert run.status == "stopped"
    assert "interrupted at forever, line" in run.note


def test_a_run_that_stays_at_one_record_says_at_which_line_until_it_goes_on(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stall, "STUCK", 0.3)
    released = threading.Event()

    def wait(_):
        while not released.is_set():
            pass

    lab.create_topic("sensor")
    run = lab.run(lambda readings: readings.update(wait), reads="sensor", name="wait")
    write(lab, "sensor", hot(1))
    said = (
        r"has been stuck at one record for \d+ s, at wait, line \d+: (while not released.is_set\(\):|pass); the lag is "
    )
    eventually(lambda: re.fullmatch(said + "0", run.stuck()))
    write(lab, "sensor", hot(2))
    eventually(lambda: re.fullmatch(said + "1 and rising", run.stuck()))
    eventually(lambda: re.search(said, html.unescape(panel.render(panel.collect(run)))))
    (seen,) = [each for each in System(topics_of(lab), lambda: [run]).state()[0] if each.error]
    assert re.fullmatch(said + "1 and rising", seen.error)
    with pytest.raises(
        LabError, match=r"is running and still has 2 records to read\. It has been stuck at one record for"
    ):
        run.wait_until_caught_up(timeout=0)
    released.set()
    run.wait_until_caught_up()
    eventually(lambda: run.stuck() == "")
    assert "at one record" not in panel.render(panel.collect(run))


def test_what_a_pipeline_prints_belongs_to_its_run(lab: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    lab.create_topic("sensor")

    def shout(reading):
        print("hot:", reading["temperature"])
        print("and", end=" ")
        print("humid")

    run = lab.run(lambda readings: readings.update(shout), reads="sensor", name="shout")
    write(lab, "sensor", hot(1), hot(2))
    run.wait_until_caught_up()
    print("mine")
    assert list(run.prints) == ["hot: 30.0", "and humid"] * 2
    assert capfd.readouterr().out == "mine\n"


def test_what_is_printed_without_an_end_of_line_is_shown_at_once(lab: Lab) -> None:
    def dots(reading):
        print(".", end="")
        return reading

    write(lab, "sensor", *map(hot, range(3)))
    run = lab.run(lambda readings: readings.apply(dots), reads="sensor", name="dots")
    run.wait_until_caught_up()
    assert "..." in panel.render(panel.collect(run))
    run.stop()
    assert [*run.prints] == ["..."]


def test_what_quix_streams_prints_belongs_to_the_run_that_asked_for_it(
    lab: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    lab.create_topic("sensor")

    def table(readings):
        return readings.print_table(size=2, title="Two readings", metadata=False)

    def plain(readings):
        return readings.print(pretty=False)

    tabled, plained = lab.run(table, reads="sensor"), lab.run(plain, reads="sensor")
    quiet = lab.run(alert_filter, reads="sensor", writes="alert")
    write(lab, "sensor", hot(1), cold(2))
    eventually(lambda: any("└" in line for line in tabled.prints))
    assert tabled.prints[0].rstrip() == "Two readings"
    assert sum("sensor-1" in line for line in tabled.prints) == 2
    eventually(lambda: len(plained.prints) == 2)
    assert "'temperature': 30.0" in plained.prints[0]
    quiet.wait_until_caught_up()
    assert not quiet.prints
    assert capfd.readouterr().out == ""


def test_a_pipeline_may_read_several_topics(lab: Lab) -> None:
    def both(left, right):
        return left.concat(right)

    write(lab, "left", hot(1, "a"))
    write(lab, "right", hot(2, "b"))
    lab.run(both, reads=["left", "right"], writes="both").wait_until_caught_up()
    assert {each.value["device"] for each in lab.records("both")} == {"a", "b"}


def test_groups_and_topics_stay_inside_the_namespace(lab: Lab) -> None:
    lab.create_topic("sensor")
    lab.run(alert_filter, reads="sensor", writes="alert")
    stranger = Topics(lab.broker.address, "somebody-else-")
    stranger.create("sensor")
    names = set(stranger.admin.list_topics(timeout=5).topics)
    assert {f"{topics_of(lab).namespace}{name}" for name in ("sensor", "alert", "sensor.dead-letter")} <= names
    lab.reset()
    left = set(stranger.admin.list_topics(timeout=5).topics)
    assert not any(name.startswith(topics_of(lab).namespace) for name in left)
    assert stranger.partitions("sensor") == [0]
    assert lab._groups.latest_number("alert_filter.sensor.alert") == 0
    stranger.delete_created()


def test_waiting_for_records_that_never_come_says_which_run_failed(lab: Lab) -> None:
    lab.create_topic("sensor")
    run = lab.run(lambda readings: readings.apply(lambda r: r["oops"]), reads="sensor", writes="alert", name="oops")
    write(lab, "sensor", hot(1))
    run.wait(10)
    with pytest.raises(LabError, match=r"alert holds 0 records after 0.1 s, not 1. oops failed: KeyError"):
        lab.wait_for("alert", 1, timeout=0.1)


def test_a_run_catches_up_although_many_aborted_records_follow(lab: Lab) -> None:
    write(lab, "sensor", hot(1))
    producer = transactional_producer(lab)
    producer.begin_transaction()
    for _ in range(1500):
        producer.produce(lab.full_name("sensor"), b"{}")
    assert producer.flush(10) == 0
    producer.abort_transaction(10)
    run = lab.run(alert_filter, reads="sensor", writes="alert")
    run.wait_until_caught_up(20)
    assert (run.records_in, run.lag()) == (1, 0)


def test_a_pipeline_that_would_feed_itself_is_refused(lab: Lab) -> None:
    with pytest.raises(LabError, match="would read its own output from sensor forever"):
        lab.run(alert_filter, reads="sensor", writes="sensor")


def test_a_topic_that_is_not_there_is_named(lab: Lab) -> None:
    for look in (lab.peek, lab.records):
        with pytest.raises(LabError, match="no topic 'alerts'"):
            look("alerts")
    with pytest.raises(LabError, match="'my topic' is not a topic name"):
        lab.produce(writes="my topic")


def test_a_topics_name_that_is_too_long_is_shown_by_its_ends_and_its_length(lab: Lab) -> None:
    shown = f"{'a' * 20}…{'a' * 20}"
    with pytest.raises(LabError, match=f"^'{shown}' is not a topic name: it has 260 characters, and may have 2"):
        lab.create_topic("a" * 260)
    name = "a" * 230
    lab.create_topic(name)
    with pytest.raises(LabError, match=r"…aaaaaaaa\.dead-letter' is not a topic name: it has 242 characters"):
        lab.run(lambda r: r, reads=name)


IDENTITIES: list[tuple[str, tuple[str, ...], str | None]] = [
    ("join", ("x", "y"), None),
    ("join", ("x",), "y"),
    ("join", ("x.y",), None),
    ("join.x", ("y",), None),
    ("a join", ("x",), "y"),
    ("a-join", ("x",), "y"),
]


def test_no_two_runs_share_a_group() -> None:
    stems = [Spec(name, alert_filter, reads, writes).stem for name, reads, writes in IDENTITIES]
    assert len({*stems}) == len(IDENTITIES)
    assert stems[1] == "join.x.y"


def test_a_run_takes_over_no_group_of_one_with_other_topics(lab: Lab) -> None:
    lab.create_topic("x", "y")
    write(lab, "x", hot(1))
    first = lab.run(lambda x, _: x, reads=["x", "y"], name="run")
    first.wait_until_caught_up()
    second = lab.run(alert_filter, reads="x", writes="y", name="run")
    second.wait_until_caught_up()
    assert (second.origin(), second.records_in) == ("", 1)
    first.wait_until_caught_up()
    assert {first.group, second.group} <= {*lab.groups()["group"]}


@pytest.mark.parametrize("join", [shapes.joined, shapes.joined_in_an_interval])
def test_a_changelog_record_that_is_delivered_ends_no_join(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, join: Callable[..., Any]
) -> None:
    """Which happens now and then, on a busy computer, although Quix Streams has paused the partition."""
    monkeypatch.setattr(quix_consumer.BaseConsumer, "pause", lambda *_: None)
    lab.create_topic("left", "right")
    run = lab.run(join, reads=["left", "right"], writes="out")
    for minute in range(3):
        lab.produce([hot(60 * minute)], writes="right").wait(30)
        lab.produce([hot(60 * minute + 1)], writes="left").wait(30)
        run.wait_until_caught_up()
    run.stop()
    assert len(lab.records("out")) >= 3
