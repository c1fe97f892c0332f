"""The topology of the system: what is drawn, the same in words, and a look into a topic."""

import re
import threading
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

import pytest

from labkit import Lab, LabError
from labkit.kafka import clients
from labkit.live import topology_svg
from labkit.live.pacing import Pacer
from labkit.live.questions import Answer, Questions
from labkit.live.topology import NOTHING, PEEKED, Topology
from labkit.pipelines import alert_filter, average_temperature
from labkit.runs import Run
from labkit.runs.system import System, TopicState, WorkerState
from tests.live.browser import sends, threads_in_each_others_way
from tests.live.memory import Memory, reading
from tests.waiting import eventually, never

SVG = "{http://www.w3.org/2000/svg}"


def worker(name: str, reads: Sequence[str] = (), writes: str | None = None, **facts: Any) -> WorkerState:
    lag = 0 if reads else None
    return WorkerState(name, "running", tuple(reads), writes, 0.0, lag, "")._replace(**facts)


def topics(*workers: WorkerState) -> list[TopicState]:
    names = dict.fromkeys(name for each in workers for name in (*each.reads, each.writes) if name)
    return [TopicState(name, 0, 0.0, 0) for name in names]


def draw(*workers: WorkerState) -> ElementTree.Element:
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
def test_no_two_boxes_stand_in_one_place_and_all_are_inside_the_topology(workers: tuple[WorkerState, ...]) -> None:
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
    spoken = topology_svg.words(workers, [TopicState("sensor", 12, 3.0, 2), TopicState("alert", 0, 0.0, 0)])
    assert spoken.split("\n") == [
        "producer is running: readings to sensor, 3.0 records/s",
        "filter is running: sensor to alert, 0.0 records/s, lag 7",
        "bad is failed: sensor to nowhere, KeyError: 'x'",
        "topic sensor: 3.0 records/s, 12 records, ✉ 2 dead letters",
        "topic alert: 0.0 records/s, 0 records",
    ]


# ------------------------------------------------------------------- on Kafka


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
    lab.stop()
    drawn = ElementTree.fromstring(topology.children[0].value.removesuffix("<p>This topology has ended.</p>"))
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


def test_a_topology_ends_with_its_lab_and_says_so(lab: Lab) -> None:
    lab.produce(per_second=20)
    topology = lab.topology()
    eventually(lambda: "sensor" in topology.choice.options)
    choose(topology, "sensor")
    eventually(lambda: "sensor-1" in table(topology))
    lab.stop()
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("lab-topology")]
    assert table(topology) == ""
    assert topology.choice.disabled
    assert topology.children[0].value.endswith("This topology has ended.</p>")


# ------------------------------------------------------------------ in memory


class StubSystem(System):
    """A system whose state the test sets."""

    def __init__(self) -> None:
        self.workers: list[WorkerState] = []
        self.error: LabError | None = None

    def state(self) -> tuple[list[WorkerState], list[TopicState]]:
        if self.error:
            raise self.error
        return self.workers, topics(*self.workers)


@pytest.fixture
def system() -> StubSystem:
    return StubSystem()


def nobody_asks(run: Run) -> Answer:
    raise AssertionError(f"nobody asks about {run}")


@pytest.fixture
def topology(system: StubSystem, memory: Memory, pacer: Pacer) -> Topology:
    """A topology that the test updates."""
    return Topology(system, memory.tap, pacer, Questions(nobody_asks, dict))


def refresh(topology: Topology) -> None:
    topology.update()
    topology.paint()


def test_choosing_a_topic_peeks_into_it_until_another_is_chosen(
    system: StubSystem, topology: Topology, memory: Memory
) -> None:
    system.workers = [worker("filter", ["sensor"], "alert")]
    memory.send("sensor", *(reading(second, device="<i>sensor</i>") for second in range(7)))
    refresh(topology)
    assert topology.choice.options == (NOTHING, "sensor", "alert")
    assert table(topology) == ""
    choose(topology, "sensor")
    refresh(topology)
    assert table(topology).count("&lt;i&gt;sensor&lt;/i&gt;") == 2 * PEEKED
    assert "<i>" not in table(topology)
    assert topology.static_html().endswith(table(topology))
    first = table(topology)
    memory.send("sensor", reading(7))
    refresh(topology)
    assert table(topology) != first
    choose(topology, "alert")
    refresh(topology)
    assert memory.open == [("alert",)]
    assert "offset" in table(topology)  # only the header
    memory.send("alert", {"kelvin": 310})
    refresh(topology)
    assert "kelvin" in table(topology)
    choose(topology, NOTHING)
    refresh(topology)
    assert (table(topology), memory.open) == ("", [])


def test_a_topic_that_was_emptied_shows_only_what_it_holds_now(
    system: StubSystem, topology: Topology, memory: Memory
) -> None:
    system.workers = [worker("filter", ["sensor"], "alert")]
    memory.send("sensor", reading(1, 11.0), reading(2, 12.0))
    refresh(topology)
    choose(topology, "sensor")
    refresh(topology)
    assert "12.0" in table(topology)
    memory.empty("sensor")
    memory.send("sensor", reading(3, 13.0))
    refresh(topology)
    assert "13.0" in table(topology)
    assert "11.0" not in table(topology)
    assert topology.state.peeked
    assert len(topology.state.peeked) == 1


def test_a_page_that_missed_an_offer_while_it_was_loading_is_sent_it_again(
    system: StubSystem, topology: Topology, pacer: Pacer, monkeypatch: pytest.MonkeyPatch
) -> None:
    system.workers = [worker("producer", (), "sensor")]
    refresh(topology)
    pacer.add(topology)
    sent: list[Any] = []
    monkeypatch.setattr(topology.choice, "_send", lambda message, **_: sent.append(message["state"]))
    pacer.receive(None, {"page": "new", "number": 1, "seen": [topology.name], "drawn": 0}, [])
    assert [each["_options_labels"] for each in sent] == [(NOTHING, "sensor")]


def test_a_choice_stays_while_the_worker_is_replaced_and_others_come_and_go(
    system: StubSystem, topology: Topology
) -> None:
    system.workers = [worker("producer", (), "sensor")]
    refresh(topology)
    choose(topology, "sensor")
    system.workers = [worker("other", (), "elsewhere")]
    refresh(topology)
    assert topology.choice.options == (NOTHING, "sensor", "elsewhere")
    assert topology.choice.value == "sensor"


def test_no_choice_is_lost_while_new_topics_appear(system: StubSystem, topology: Topology, memory: Memory) -> None:
    names, done = ["sensor", "alert"], threading.Event()
    system.workers = [worker("join", names)]
    refresh(topology)

    def follow() -> None:
        while not done.is_set():
            names.append(f"topic-{len(names)}")
            system.workers = [worker("join", names)]
            refresh(topology)

    thread = threading.Thread(target=follow)
    with threads_in_each_others_way():
        thread.start()
        try:
            for number in range(30):
                topic = ("sensor", "alert")[number % 2]
                choose(topology, topic)
                eventually(lambda topic=topic: memory.open == [(topic,)])  # type: ignore[misc]
        finally:
            done.set()
            thread.join()
    assert topology.choice.value == topic


def test_a_topology_says_when_kafka_has_gone_and_goes_on_when_it_is_back(
    system: StubSystem, topology: Topology
) -> None:
    system.workers = [worker("producer", (), "sensor")]
    refresh(topology)
    assert "producer" in words(topology)
    system.error = LabError("Kafka at <nowhere> does not answer.")
    refresh(topology)
    assert topology.children[0].value == "Kafka at &lt;nowhere&gt; does not answer."
    assert words(topology) == "Kafka at <nowhere> does not answer."
    system.error = None
    refresh(topology)
    assert "producer" in words(topology)


def test_a_topic_that_cannot_be_peeked_into_does_not_end_the_topology(
    system: StubSystem, memory: Memory, pacer: Pacer
) -> None:
    def tap_of(topic: str) -> Any:
        if topic == "alert":
            raise LabError("Kafka refused.")
        return memory.tap(topic)

    topology = Topology(system, tap_of, pacer, Questions(nobody_asks, dict))
    system.workers = [worker("filter", ["sensor"], "alert")]
    refresh(topology)
    for topic in ("sensor", "alert"):
        choose(topology, topic)
        refresh(topology)
    assert (words(topology), memory.open) == ("Kafka refused.", [])
    memory.send("sensor", reading())
    choose(topology, "sensor")
    refresh(topology)
    assert "sensor-1" in table(topology)
    assert "filter is running" in words(topology)


def test_what_ended_since_the_last_update_is_not_shown_as_running(system: StubSystem, topology: Topology) -> None:
    system.workers = [worker("filter", ["sensor"], "alert")]
    refresh(topology)
    system.workers = [worker("filter", ["sensor"], "alert", status="stopped")]
    topology.close()
    assert "filter is stopped" in words(topology)
    assert "running" not in topology.children[0].value


def test_an_update_in_which_nothing_has_changed_paints_nothing(system: StubSystem, topology: Topology) -> None:
    system.workers = [worker("producer", (), "sensor")]
    refresh(topology)
    topology.changed = False
    never(lambda: topology.changed, topology.update)
