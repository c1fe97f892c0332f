"""The topology of the system: what is drawn, the same in words, and a look into a topic."""

import re
import threading
import time
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

import pytest

from labkit import Lab, LabError
from labkit.kafka import clients
from labkit.live import topology as module
from labkit.live import topology_svg
from labkit.live.topology import NOTHING, PERIOD, Topology
from labkit.pipelines import alert_filter, average_temperature
from labkit.readings import simulate
from labkit.runs.system import System, TopicFacts, WorkerFacts
from tests.live.browser import sends, threads_in_each_others_way
from tests.waiting import eventually

SVG = "{http://www.w3.org/2000/svg}"


def worker(name: str, reads: Sequence[str] = (), writes: str | None = None, **facts: Any) -> WorkerFacts:
    lag = 0 if reads else None
    return WorkerFacts(name, "running", tuple(reads), writes, 0.0, lag, "")._replace(**facts)


def topics(*workers: WorkerFacts) -> list[TopicFacts]:
    names = dict.fromkeys(name for each in workers for name in (*each.reads, each.writes) if name)
    return [TopicFacts(name, 0, 0.0, 0) for name in names]


def draw(*workers: WorkerFacts) -> ElementTree.Element:
    return ElementTree.fromstring(topology_svg.draw(workers, topics(*workers)))


def boxes(drawn: ElementTree.Element) -> dict[str, tuple[int, int]]:
    """Each box's title with its column and row."""
    places = {
        (int(each.get("x", "")), int(each.get("y", ""))): (
            int(each.get("x", "")) // topology_svg.PITCH_X,
            int(each.get("y", "")) // topology_svg.PITCH_Y,
        )
        for each in drawn.iter(f"{SVG}rect")
    }
    titles = [each for each in drawn.iter(f"{SVG}text") if each.get("font-weight") == "bold"]
    return {each.text or "": places[int(each.get("x", "")) - 10, int(each.get("y", "")) - 20] for each in titles}


def test_the_way_goes_from_left_to_right_with_each_topic_below_its_writer() -> None:
    scene = (
        worker("producer", (), "sensor"),
        worker("filter", ["sensor"], "alert"),
        worker("counter", ["alert"], "alert-count"),
        worker("average", ["sensor"], "avg-temp"),
    )
    assert boxes(draw(*scene)) == {
        **{"producer": (0, 0), "[sensor]": (0, 1)},
        **{"filter": (1, 0), "[alert]": (1, 1)},
        **{"counter": (2, 0), "[alert-count]": (2, 1)},
        **{"average": (1, 2), "[avg-temp]": (1, 3)},
    }
    assert sum("marker-end" in each.attrib for each in draw(*scene).iter(f"{SVG}path")) == 7


def test_a_topic_that_nobody_here_writes_stands_before_its_readers() -> None:
    assert boxes(draw(worker("filter", ["sensor"], "alert"))) == {
        "[sensor]": (0, 0),
        "filter": (1, 0),
        "[alert]": (1, 1),
    }


def test_a_topic_that_two_write_is_drawn_once_with_an_arrow_from_each() -> None:
    drawn = draw(worker("one", (), "sensor"), worker("two", (), "sensor"))
    assert boxes(drawn) == {"one": (0, 0), "[sensor]": (0, 1), "two": (0, 2)}
    assert sum("marker-end" in each.attrib for each in drawn.iter(f"{SVG}path")) == 2


@pytest.mark.parametrize(
    "workers",
    [
        *((), (worker("idle"),), (worker("sensor", (), "sensor"),), (worker("topic sensor", (), "sensor"),)),
        (worker("sensor", ["sensor"], "alert"), worker("alert", ["alert"], "sensor")),  # in circles
        (worker("join", ["a", "b"], "c"), worker("a", ["c"], "b"), worker("b", ["c"])),
        tuple(worker(f"worker-{number}", ["sensor"], f"topic-{number}") for number in range(30)),
    ],
)
def test_no_two_boxes_stand_in_one_place_and_all_are_inside_the_topology(workers: tuple[WorkerFacts, ...]) -> None:
    drawn = draw(*workers)
    places = boxes(drawn)
    assert len(places) == len(set(places.values())) == len(workers) + len(topics(*workers))
    left, top, width, height = map(int, drawn.get("viewBox", "").split())
    for each in drawn.iter(f"{SVG}rect"):
        assert int(each.get("x", "")) + topology_svg.BOX[0] <= left + width
        assert int(each.get("y", "")) + topology_svg.BOX[1] <= top + height


def test_names_and_errors_are_text_and_nothing_else_and_fit_their_boxes() -> None:
    error = "KeyError: '<b onclick=\"x\">'\x1b[31m & " + "much more " * 20
    drawn = draw(worker("<i>'\"& " * 9, ["sensor"], "a" * 249, error=error, status="failed"))
    assert {each.tag.removeprefix(SVG) for each in drawn.iter()} == {"svg", "defs", "marker", "path", "rect", "text"}
    assert all(len(each.text or "") <= topology_svg.SHOWN + 2 for each in drawn.iter(f"{SVG}text"))
    assert "much more " * 20 in drawn.get("aria-label", "")


def test_what_is_drawn_is_said_in_words() -> None:
    workers = [
        worker("producer", (), "sensor", per_second=3.04),
        worker("filter", ["sensor"], "alert", lag=7),
        worker("bad", ["sensor"], error="KeyError: 'x'", status="failed"),
    ]
    spoken = topology_svg.words(workers, [TopicFacts("sensor", 12, 3.0, 2), TopicFacts("alert", 0, 0.0, 0)])
    assert spoken.split("\n") == [
        "producer is running: readings to sensor, 3.0 records/s",
        "filter is running: sensor to alert, 0.0 records/s, lag 7",
        "bad is failed: sensor to nowhere, KeyError: 'x'",
        "topic sensor: 3.0 records/s, 12 records, ✉ 2 dead letters",
        "topic alert: 0.0 records/s, 0 records",
    ]


# ------------------------------------------------------------------------ live


def words(topology: Topology) -> str:
    return topology.snapshot.words()


def table(topology: Topology) -> str:
    shown: str = topology.children[2].value
    return shown


def choose(topology: Topology, topic: str) -> None:
    sends(topology.choice, index=topology.choice.options.index(topic))


def test_a_topology_shows_rates_lag_errors_and_dead_letters(lab: Lab) -> None:
    topology = lab.topology()
    assert words(topology) == "Nothing is running yet."
    lab.produce(per_second=20)
    lab.wait_for("sensor")  # a reading must come before what is none: it ends the bad pipeline
    lab.run(alert_filter, reads="sensor", writes="alert")
    lab.run(lambda readings: readings.apply(lambda each: each["<b>"]), reads="sensor", name="bad")
    spoiler = clients.producer(lab.broker.address)
    spoiler.produce(lab.full_name("sensor"), b"?")
    spoiler.flush(10)
    eventually(lambda: "✉ 1 dead letters" in words(topology))
    eventually(lambda: re.search(r"bad is failed: sensor to nowhere, KeyError: '<b>'", words(topology)))
    eventually(
        lambda: re.search(r"alert_filter is running: sensor to alert, [1-9][\d.]+ records/s, lag \d", words(topology))
    )
    eventually(lambda: re.search(r"topic sensor: [1-9][\d.]+ records/s, \d\d+ records", words(topology)))
    drawn = ElementTree.fromstring(topology.children[0].value)
    assert drawn.get("aria-label") == words(topology).replace("\n", " ")
    assert "<b>'" not in topology.children[0].value


def test_two_runs_of_one_function_are_two_boxes_that_can_be_told_apart(lab: Lab) -> None:
    topology = lab.topology()
    lab.produce(per_second=20)
    for topic in ("one", "two"):
        lab.run(average_temperature, reads="sensor", writes=topic)
    for topic in ("one", "two"):
        eventually(
            lambda to=topic: f"average_temperature (sensor → {to}) is running: sensor to {to}" in words(topology)
        )
    wanted = {"average_tem…ensor → one)", "average_tem…ensor → two)", "[one]", "[two]"}
    eventually(lambda: wanted < set(boxes(ElementTree.fromstring(topology.children[0].value))))


def test_what_has_ended_is_never_shown_as_running(lab: Lab) -> None:
    lab.create_topic("sensor")
    topology = lab.topology()
    run = lab.run(alert_filter, reads="sensor", writes="alert")
    eventually(lambda: "alert_filter is running" in words(topology))
    run.stop()
    eventually(lambda: "alert_filter is stopped" in words(topology))
    lab.run(alert_filter, reads="sensor", writes="alert")
    lab.produce(per_second=20)
    eventually(lambda: words(topology).count("is running") == 2)
    lab.stop()  # and the topology with it
    assert words(topology).count("is stopped") == 2
    drawn = ElementTree.fromstring(topology.children[0].value.removesuffix("<p>This topology has ended.</p>"))
    assert [each.text for each in drawn.iter(f"{SVG}text") if "running" in (each.text or "")] == []


def test_a_snapshot_of_the_topology_is_an_image_that_needs_no_trust(lab: Lab) -> None:
    lab.produce(per_second=20)
    topology = lab.topology()
    eventually(lambda: "producer of sensor is running" in words(topology))
    assert topology.snapshot.html().startswith("<img alt='producer of sensor is running")
    assert len(topology.snapshot.html()) < 10_000


def test_at_most_two_updates_a_second(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PERIOD", PERIOD)
    topology = lab.topology()
    begun = time.monotonic()
    sent: list[object] = []
    topology.children[0].observe(sent.append, "value")
    lab.produce(per_second=100)
    eventually(lambda: len(sent) >= 3)
    assert len(sent) <= (time.monotonic() - begun) / PERIOD + 1


def test_choosing_a_topic_peeks_into_it_until_another_is_chosen(lab: Lab) -> None:
    device = "<i>sensor</i>"
    lab.produce((each | {"device": device, "temperature": 35} for each in simulate()), per_second=50)
    lab.run(alert_filter, reads="sensor", writes="alert")
    topology = lab.topology()
    eventually(lambda: topology.choice.options == (NOTHING, "sensor", "alert"))
    assert table(topology) == ""
    choose(topology, "sensor")
    eventually(lambda: table(topology).count("&lt;i&gt;sensor&lt;/i&gt;") == 2 * 5)
    assert "<i>" not in table(topology)
    first = table(topology)
    eventually(lambda: table(topology) != first)
    choose(topology, "alert")
    eventually(lambda: "kelvin" in table(topology))
    choose(topology, NOTHING)
    eventually(lambda: table(topology) == "" and topology._tap is None)


def test_a_page_that_missed_an_offer_while_it_was_loading_is_sent_it_again(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.produce()
    topology = lab.topology()
    eventually(lambda: "sensor" in topology.choice.options)
    sent: list[Any] = []
    monkeypatch.setattr(topology.choice, "_send", lambda message, **_: sent.append(message["state"]))
    topology._pacer.receive(None, {"page": "new", "number": 1, "seen": [topology.name], "drawn": 0}, [])
    assert [each["_options_labels"] for each in sent] == [(NOTHING, "sensor")]


def test_a_choice_stays_while_the_worker_is_replaced_and_others_come_and_go(lab: Lab) -> None:
    workers: list[WorkerFacts] = []
    topology = Topology(StubSystem(workers), lambda topic: lab._tap([topic], "peek"), lab._pacer)
    try:
        workers.append(worker("producer", (), "sensor"))
        eventually(lambda: "sensor" in topology.choice.options)
        choose(topology, "sensor")
        workers[:] = [worker("other", (), "elsewhere")]
        eventually(lambda: "elsewhere" in topology.choice.options)
        assert topology.choice.value == "sensor"
    finally:
        topology.close()


def test_no_choice_is_lost_while_new_topics_appear(lab: Lab) -> None:
    topology = Topology(StubSystem([]), lambda topic: lab._tap([topic], "peek"), lab._pacer)
    topology.close()  # the test is the one that ticks
    topology._offer(["sensor", "alert"])
    done = threading.Event()

    def follow() -> None:
        number = 0
        while not done.is_set():
            topology._offer([f"topic-{number}"])
            number += 1

    thread = threading.Thread(target=follow)
    with threads_in_each_others_way():
        thread.start()
        try:
            for number in range(200):
                topic = ("sensor", "alert", NOTHING)[number % 3]
                choose(topology, topic)
                with topology._lock:  # new options take the choice away for a moment, which no browser gets to see
                    assert topology.choice.value == topic
        finally:
            done.set()
            thread.join()


class StubSystem(System):
    """A system whose state the test sets."""

    def __init__(self, workers: list[WorkerFacts]) -> None:
        self.workers = workers
        self.error: LabError | None = None

    def look(self) -> tuple[list[WorkerFacts], list[TopicFacts]]:
        if self.error:
            raise self.error
        return self.workers, topics(*self.workers)


def test_a_topology_says_when_kafka_has_gone_and_goes_on_when_it_is_back(lab: Lab) -> None:
    system = StubSystem([worker("producer", (), "sensor")])
    topology = Topology(system, lambda topic: lab._tap([topic], "peek"), lab._pacer)
    try:
        eventually(lambda: "producer" in words(topology))
        system.error = LabError("Kafka at <nowhere> does not answer.")
        eventually(lambda: topology.children[0].value == "Kafka at &lt;nowhere&gt; does not answer.")
        assert words(topology) == "Kafka at <nowhere> does not answer."
        system.error = None
        eventually(lambda: "producer" in words(topology))
    finally:
        topology.close()


def test_a_topic_that_cannot_be_peeked_into_does_not_end_the_topology(lab: Lab) -> None:
    lab.create_topic("sensor")
    refused: list[str] = []

    def tap_of(topic: str) -> Any:
        if topic == "alert":
            refused.append(topic)
            raise LabError("Kafka refused.")
        return lab._tap([topic], "peek")

    topology = Topology(StubSystem([worker("filter", ["sensor"], "alert")]), tap_of, lab._pacer)
    try:
        eventually(lambda: len(topology.choice.options) == 3)
        choose(topology, "sensor")
        eventually(lambda: topology._tap is not None)
        choose(topology, "alert")
        eventually(lambda: refused)
        lab.produce([next(simulate())], per_second=None).wait(10)
        choose(topology, "sensor")
        eventually(lambda: "sensor-1" in table(topology))
    finally:
        topology.close()


def test_a_topology_ends_with_its_lab_and_says_so(lab: Lab) -> None:
    lab.produce(per_second=20)
    topology = lab.topology()
    eventually(lambda: "sensor" in topology.choice.options)
    choose(topology, "sensor")
    eventually(lambda: topology._tap)
    lab.stop()
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("lab-topology")]
    assert topology._tap is None
    assert topology.choice.disabled
    assert topology.children[0].value.endswith("This topology has ended.</p>")
