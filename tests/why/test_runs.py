"""`lab.why(run)` is right about the run itself, who feeds it, and Kafka."""

import re
import threading
from collections.abc import Iterator

import pytest

from labkit import Lab, LabError
from labkit.kafka import clients
from labkit.runs import stall
from labkit.why import causes
from tests.stepping.records import START, Raw, reading, send
from tests.waiting import eventually
from tests.why.conftest import Plant
from tests.why.situations import HOT, MINUTE, above, as_it_is, tumbling


def matter(lab: Lab, run: object) -> tuple[list[type], str]:
    found = lab.why(run)
    return [type(each) for each in found.causes], " ".join(found.sentences)


def test_a_stopped_run_with_records_that_wait(shared: Lab, plant: Plant) -> None:
    run, topics = plant({"a": HOT}, above)
    run.stop()
    send(shared, topics["a"], *HOT[:7])
    types, text = matter(shared, run)
    assert types == [causes.Ended, causes.LeftOut]
    assert text.startswith("It is stopped, and 7 records wait: run.start() continues it.")
    run.start()
    run.wait_until_caught_up()
    assert matter(shared, run)[0] == [causes.LeftOut]


def test_a_run_that_continues_where_nothing_has_come_since(shared: Lab, plant: Plant) -> None:
    run, topics = plant({"a": HOT}, as_it_is)
    run = shared.run(as_it_is, reads=topics["a"], writes=topics["out"])
    types, text = matter(shared, run)
    assert types == [causes.NothingNew]
    assert f"since it began: it continues in {topics['a']} at offset 33. from_start=True" in text


@pytest.mark.slow
def test_a_killed_process(shared: Lab, plant: Plant) -> None:
    run, _ = plant({"a": MINUTE}, as_it_is, replicas=2)
    run.kill(2)
    eventually(lambda: not run.members[1].alive)
    types, text = matter(shared, run)
    assert causes.Killed in types
    assert "1 of its 2 processes has ended" in text


def placed(readings, places):
    return readings.join_asof(places[["place"]], how="left")


def moved(device: str, partition: int) -> Raw:
    return reading(device, 0, place="hall")._replace(partition=partition)


@pytest.mark.slow
def test_keys_that_are_in_different_partitions_of_the_topics_of_a_join(shared: Lab) -> None:
    send(shared, "m", *(reading(each, 1)._replace(partition=n) for n, each in enumerate(("a", "b", "c"))), partitions=3)
    send(shared, "p", moved("a", 0), moved("b", 2), moved("c", 1), partitions=3)
    run = shared.run(placed, reads=["m", "p"], writes="placed")
    run.wait_until_caught_up()
    types, text = matter(shared, run)
    assert types == [causes.Apart]
    assert "never meets 2 of 3 keys that m and p have in common" in text
    assert "b is in partition 1 of m, and in partition 2 of p." in text

    def inner(readings, places):
        return readings.join_asof(places[["place"]])

    send(shared, "q", moved("b", 2), moved("c", 1), partitions=3)
    run = shared.run(inner, reads=["m", "q"], writes="inner")
    run.wait_until_caught_up()
    assert matter(shared, run)[0] == [causes.Apart]


@pytest.mark.slow
def test_keys_that_group_by_has_made_text_on_one_side_of_a_join(shared: Lab) -> None:
    def one_side(readings, places):
        return placed(readings.group_by("device"), places)

    def both_sides(readings, places):
        return placed(readings.group_by("device"), places.group_by("device", "moves"))

    send(shared, "r", reading("a", 1), reading("b", 2)._replace(partition=1), partitions=2)
    send(shared, "s", moved("a", 1), moved("b", 0), partitions=2)
    run = shared.run(one_side, reads=["r", "s"], writes="one-side")
    shared.wait_for("one-side", records=2)
    types, text = matter(shared, run)
    assert types == [causes.Unlike]
    assert "those of r are text, as group_by makes them, those of s bytes" in text
    run = shared.run(both_sides, reads=["r", "s"], writes="both-sides")
    shared.wait_for("both-sides", records=2)
    assert matter(shared, run)[0] == []


def test_who_should_write(shared: Lab, plant: Plant) -> None:
    run, topics = plant({"a": []}, as_it_is)
    shared.produce(HOT_ROWS, writes=f"{topics['a']}s", name="a typo")
    assert f"a typo writes to {topics['a']}s. Did you mean that?" in matter(shared, run)[1]
    producer = shared.produce([], writes=topics["a"], name="an empty table")
    assert producer.wait(10)
    assert "an empty table should write to it; it is finished, and has written nothing" in matter(shared, run)[1]


HOT_ROWS = [{"device": "porch", "temperature": 20.0, "humidity": 50.0, "timestamp": START}]


def test_a_run_before_it_lets_nothing_through(shared: Lab, plant: Plant) -> None:
    run, topics = plant({"a": HOT}, above)
    after = shared.run(as_it_is, reads=topics["out"], writes=f"{topics['out']}-2")
    types, text = matter(shared, after)
    assert types == [causes.NoInput]
    assert f"{run.name} should write to it; it is running, and has written nothing: lab.why of that run" in text


def test_a_topic_that_was_emptied(shared: Lab, plant: Plant) -> None:
    run, topics = plant({"a": HOT}, as_it_is)
    run.stop()
    shared._topics.empty(topics["a"])
    again = shared.run(lambda stream: stream, reads=topics["a"], writes=topics["out"], name="again")
    types, text = matter(shared, again)
    assert types == [causes.NoInput]
    assert "any more: all 33 records that it had are deleted" in text


def test_windows_that_nobody_will_close(shared: Lab) -> None:
    shared.create_topic("ended")
    run = shared.run(tumbling, reads="ended", writes="ended-out")
    assert shared.produce(HOT_ROWS, writes="ended", name="the end", per_second=None).wait(10)
    run.wait_until_caught_up()
    types, text = matter(shared, run)
    assert types == [causes.Waiting, causes.Quiet]
    assert "Nothing more comes to ended by itself: the end is finished." in text
    shared.stop()


@pytest.fixture
def transaction(shared: Lab) -> Iterator[object]:
    producer = clients.producer(shared.broker.address, **{"transactional.id": "nobody-commits"})
    producer.init_transactions(30)
    producer.begin_transaction()
    yield producer
    producer.abort_transaction(30)


@pytest.mark.parametrize("where", ["a", "out"])
def test_an_open_transaction(shared: Lab, plant: Plant, transaction, where: str) -> None:
    run, topics = plant({"a": HOT}, as_it_is)
    transaction.produce(shared.full_name(topics[where]), b"1", b"porch", timestamp=START)
    assert transaction.flush(10) == 0
    types, text = matter(shared, run)
    assert types == [causes.Transaction]
    who = "it cannot read" if where == "a" else "nobody can read"
    assert f"open in {topics[where]} (partition 0): {who} the offset from 33 on" in text


def test_a_slow_run_is_behind(shared: Lab) -> None:
    send(shared, "slow", *(reading("porch", n) for n in range(200)))
    going = threading.Event()

    def wait(_: object) -> None:
        going.wait(0.2)

    run = shared.run(lambda stream: stream.update(wait), reads="slow", writes="slow-out", name="slow")
    eventually(lambda: run.records_in)
    types, text = matter(shared, run)
    going.set()
    assert types == [causes.Behind]
    assert re.search(r"It is behind: 1\d\d records are still to be read; its committed offset is \d+ of 200", text)
    shared.stop()


def test_a_run_that_is_stuck(shared: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stall, "STUCK", 0.3)
    send(shared, "stuck", reading("porch", 0))

    def for_ever(_: object) -> None:
        while True:
            pass

    run = shared.run(lambda stream: stream.update(for_ever), reads="stuck", writes="stuck-out", name="stuck")
    eventually(run.stuck)
    types, text = matter(shared, run)
    assert types[0] is causes.Stuck
    assert "It has been stuck at one record for" in text
    assert "for_ever" in text
    shared.stop()


@pytest.mark.slow
def test_nothing_is_wrong_while_readings_come(shared: Lab) -> None:
    shared.create_topic("live")
    shared.produce(writes="live", devices=3, per_second=20, name="sensors")
    runs = [
        shared.run(as_it_is, reads="live", writes="live-out"),
        shared.run(lambda stream: stream.tumbling_window(200).count().final(), reads="live", writes="n", name="count"),
    ]
    eventually(lambda: all(each.records_out > 20 for each in runs))
    for each in runs:
        assert matter(shared, each) == ([], "Nothing is wrong.")
    shared.stop()


def test_only_the_newest_records_of_many_are_looked_at(shared: Lab, plant: Plant) -> None:
    run, _ = plant({"a": HOT * 10}, above)
    found = shared.why(run)
    assert found.subject.endswith("Of the 330 records that it has read, its lines got the newest 300 again.")
    assert found.sentences[0].startswith("All 300 records stopped at line")
    assert "330 records in, 0 out" in found.facts


def test_what_is_no_run_and_a_run_that_is_over(shared: Lab, plant: Plant) -> None:
    producer = shared.produce(HOT_ROWS, writes="over")
    with pytest.raises(LabError, match="Name the run of a pipeline"):
        shared.why(producer)
    run, _ = plant({"a": HOT}, as_it_is)
    shared.stop()
    assert matter(shared, run) == ([causes.Ended], "It is stopped: run its cell again.")


def test_it_leaves_nothing_behind_and_shows_the_same_in_html(shared: Lab, plant: Plant) -> None:
    run, _ = plant({"a": MINUTE}, tumbling)
    before = {*shared._topics.requests.metadata()}, shared.groups().to_dict("records"), run.records_in
    found = shared.why(run)
    assert ({*shared._topics.requests.metadata()}, shared.groups().to_dict("records"), run.records_in) == before
    assert not [*shared.broker.directory.glob("*step-*"), *shared.broker.directory.glob("why-*")]
    page = found.html()
    assert "Nothing is wrong." in page
    assert "&lt;" not in page
    assert "60 in, 14 out" in page
    assert "The next to close: porch&#x27;s window 22:14:16 – 22:14:20 closes when porch sends" in page
    assert run.alive
