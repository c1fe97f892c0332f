"""The picture of the system: what is drawn, the same in words, and a look into a topic."""

import re
import threading
import time
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

import pytest

from labkit import Lab, LabError
from labkit.kafka import clients
from labkit.live import diagram
from labkit.live import picture as module
from labkit.live.picture import NOTHING, PERIOD, Picture
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
    return ElementTree.fromstring(diagram.svg(workers, topics(*workers)))


def boxes(drawn: ElementTree.Element) -> dict[str, tuple[int, int]]:
    """Each box's title with its column and row."""
    places = {
        (int(each.get("x", "")), int(each.get("y", ""))): (
            int(each.get("x", "")) // diagram.PITCH_X,
            int(each.get("y", "")) // diagram.PITCH_Y,
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
def test_no_two_boxes_stand_in_one_place_and_all_are_inside_the_picture(workers: tuple[WorkerFacts, ...]) -> None:
    drawn = draw(*workers)
    places = boxes(drawn)
    assert len(places) == len(set(places.values())) == len(workers) + len(topics(*workers))
    left, top, width, height = map(int, drawn.get("viewBox", "").split())
    for each in drawn.iter(f"{SVG}rect"):
        assert int(each.get("x", "")) + diagram.BOX[0] <= left + width
        assert int(each.get("y", "")) + diagram.BOX[1] <= top + height


def test_names_and_errors_are_text_and_nothing_else_and_fit_their_boxes() -> None:
    error = "KeyError: '<b onclick=\"x\">'\x1b[31m & " + "much more " * 20
    drawn = draw(worker("<i>'\"& " * 9, ["sensor"], "a" * 249, error=error, state="failed"))
    assert {each.tag.removeprefix(SVG) for each in drawn.iter()} == {"svg", "defs", "marker", "path", "rect", "text"}
    assert all(len(each.text or "") <= diagram.SHOWN + 2 for each in drawn.iter(f"{SVG}text"))
    assert "much more " * 20 in drawn.get("aria-label", "")


def test_what_is_drawn_is_said_in_words() -> None:
    workers = [
        worker("producer", (), "sensor", per_second=3.04),
        worker("filter", ["sensor"], "alert", lag=7),
        worker("bad", ["sensor"], error="KeyError: 'x'", state="failed"),
    ]
    spoken = diagram.words(workers, [TopicFacts("sensor", 12, 3.0, 2), TopicFacts("alert", 0, 0.0, 0)])
    assert spoken.split("\n") == [
        "producer is running: readings to sensor, 3.0 records/s",
        "filter is running: sensor to alert, 0.0 records/s, lag 7",
        "bad is failed: sensor to nowhere, KeyError: 'x'",
        "topic sensor: 3.0 records/s, 12 records, ✉ 2 dead letters",
        "topic alert: 0.0 records/s, 0 records",
    ]


# ------------------------------------------------------------------------ live


def words(picture: Picture) -> str:
    return picture.still.words()


def table(picture: Picture) -> str:
    shown: str = picture.children[2].value
    return shown


def choose(picture: Picture, topic: str) -> None:
    sends(picture.choice, index=picture.choice.options.index(topic))


def test_a_picture_shows_rates_lag_errors_and_dead_letters(lab: Lab) -> None:
    picture = lab.picture()
    assert words(picture) == "Nothing runs yet."
    lab.produce(per_second=20)
    lab.wait_for("sensor")  # a reading must come before what is none: it ends the bad pipeline
    lab.run(alert_filter, reads="sensor", writes="alert")
    lab.run(lambda readings: readings.apply(lambda each: each["<b>"]), reads="sensor", name="bad")
    spoiler = clients.producer(lab.broker.address)
    spoiler.produce(lab._topics.full("sensor"), b"?")
    spoiler.flush(10)
    eventually(lambda: "✉ 1 dead letters" in words(picture))
    eventually(lambda: re.search(r"bad is failed: sensor to nowhere, KeyError: '<b>'", words(picture)))
    eventually(
        lambda: re.search(r"alert_filter is running: sensor to alert, [1-9][\d.]+ records/s, lag \d", words(picture))
    )
    eventually(lambda: re.search(r"topic sensor: [1-9][\d.]+ records/s, \d\d+ records", words(picture)))
    drawn = ElementTree.fromstring(picture.children[0].value)
    assert drawn.get("aria-label") == words(picture).replace("\n", " ")
    assert "<b>'" not in picture.children[0].value


def test_two_runs_of_one_function_are_two_boxes_that_can_be_told_apart(lab: Lab) -> None:
    picture = lab.picture()
    lab.produce(per_second=20)
    for topic in ("one", "two"):
        lab.run(average_temperature, reads="sensor", writes=topic)
    for topic in ("one", "two"):
        eventually(lambda to=topic: f"average_temperature (sensor → {to}) is running: sensor to {to}" in words(picture))
    wanted = {"average_tem…ensor → one)", "average_tem…ensor → two)", "[one]", "[two]"}
    eventually(lambda: wanted < set(boxes(ElementTree.fromstring(picture.children[0].value))))


def test_what_has_ended_is_never_shown_as_running(lab: Lab) -> None:
    lab.create_topic("sensor")
    picture = lab.picture()
    run = lab.run(alert_filter, reads="sensor", writes="alert")
    eventually(lambda: "alert_filter is running" in words(picture))
    run.stop()
    eventually(lambda: "alert_filter is stopped" in words(picture))
    lab.run(alert_filter, reads="sensor", writes="alert")
    lab.produce(per_second=20)
    eventually(lambda: words(picture).count("is running") == 2)
    lab.stop()  # and the picture with it
    assert words(picture).count("is stopped") == 2
    drawn = ElementTree.fromstring(picture.children[0].value.removesuffix("<p>This picture has ended.</p>"))
    assert [each.text for each in drawn.iter(f"{SVG}text") if "running" in (each.text or "")] == []


def test_a_still_of_the_picture_is_an_image_that_needs_no_trust(lab: Lab) -> None:
    lab.produce(per_second=20)
    picture = lab.picture()
    eventually(lambda: "producer of sensor is running" in words(picture))
    assert picture.still.picture().startswith("<img alt='producer of sensor is running")
    assert len(picture.still.picture()) < 10_000


def test_at_most_two_updates_a_second(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PERIOD", PERIOD)
    picture = lab.picture()
    begun = time.monotonic()
    sent: list[object] = []
    picture.children[0].observe(sent.append, "value")
    lab.produce(per_second=100)
    eventually(lambda: len(sent) >= 3)
    assert len(sent) <= (time.monotonic() - begun) / PERIOD + 1


def test_choosing_a_topic_peeks_into_it_until_another_is_chosen(lab: Lab) -> None:
    device = "<i>sensor</i>"
    lab.produce((each | {"device": device, "temperature": 35} for each in simulate()), per_second=50)
    lab.run(alert_filter, reads="sensor", writes="alert")
    picture = lab.picture()
    eventually(lambda: picture.choice.options == (NOTHING, "sensor", "alert"))
    assert table(picture) == ""
    choose(picture, "sensor")
    eventually(lambda: table(picture).count("&lt;i&gt;sensor&lt;/i&gt;") == 2 * 5)
    assert "<i>" not in table(picture)
    first = table(picture)
    eventually(lambda: table(picture) != first)
    choose(picture, "alert")
    eventually(lambda: "kelvin" in table(picture))
    choose(picture, NOTHING)
    eventually(lambda: table(picture) == "" and picture._tap is None)


def test_a_choice_stays_while_the_worker_is_replaced_and_others_come_and_go(lab: Lab) -> None:
    workers: list[WorkerFacts] = []
    picture = Picture(StubSystem(workers), lambda topic: lab._tap([topic], "peek"), lab._pacer)
    try:
        workers.append(worker("producer", (), "sensor"))
        eventually(lambda: "sensor" in picture.choice.options)
        choose(picture, "sensor")
        workers[:] = [worker("other", (), "elsewhere")]
        eventually(lambda: "elsewhere" in picture.choice.options)
        assert picture.choice.value == "sensor"
    finally:
        picture.close()


def test_no_choice_is_lost_while_new_topics_appear(lab: Lab) -> None:
    picture = Picture(StubSystem([]), lambda topic: lab._tap([topic], "peek"), lab._pacer)
    picture.close()  # the test is the one that ticks
    picture._offer(["sensor", "alert"])
    done = threading.Event()

    def follow() -> None:
        number = 0
        while not done.is_set():
            picture._offer([f"topic-{number}"])
            number += 1

    thread = threading.Thread(target=follow)
    with threads_in_each_others_way():
        thread.start()
        try:
            for number in range(200):
                topic = ("sensor", "alert", NOTHING)[number % 3]
                choose(picture, topic)
                assert picture.choice.value == topic
        finally:
            done.set()
            thread.join()


class StubSystem(System):
    """A system of which the test says what it is."""

    def __init__(self, workers: list[WorkerFacts]) -> None:
        self.workers = workers
        self.error: LabError | None = None

    def look(self) -> tuple[list[WorkerFacts], list[TopicFacts]]:
        if self.error:
            raise self.error
        return self.workers, topics(*self.workers)


def test_a_picture_says_when_kafka_has_gone_and_goes_on_when_it_is_back(lab: Lab) -> None:
    system = StubSystem([worker("producer", (), "sensor")])
    picture = Picture(system, lambda topic: lab._tap([topic], "peek"), lab._pacer)
    try:
        eventually(lambda: "producer" in words(picture))
        system.error = LabError("Kafka at <nowhere> does not answer.")
        eventually(lambda: picture.children[0].value == "Kafka at &lt;nowhere&gt; does not answer.")
        assert words(picture) == "Kafka at <nowhere> does not answer."
        system.error = None
        eventually(lambda: "producer" in words(picture))
    finally:
        picture.close()


def test_a_topic_that_cannot_be_peeked_into_does_not_end_the_picture(lab: Lab) -> None:
    lab.create_topic("sensor")
    refused: list[str] = []

    def tap_of(topic: str) -> Any:
        if topic == "alert":
            refused.append(topic)
            raise LabError("Kafka refused.")
        return lab._tap([topic], "peek")

    picture = Picture(StubSystem([worker("filter", ["sensor"], "alert")]), tap_of, lab._pacer)
    try:
        eventually(lambda: len(picture.choice.options) == 3)
        choose(picture, "sensor")
        eventually(lambda: picture._tap is not None)
        choose(picture, "alert")
        eventually(lambda: refused)
        lab.produce([next(simulate())], per_second=None).wait(10)
        choose(picture, "sensor")
        eventually(lambda: "sensor-1" in table(picture))
    finally:
        picture.close()


def test_a_picture_ends_with_its_lab_and_says_so(lab: Lab) -> None:
    lab.produce(per_second=20)
    picture = lab.picture()
    eventually(lambda: "sensor" in picture.choice.options)
    choose(picture, "sensor")
    eventually(lambda: picture._tap)
    lab.stop()
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("lab-picture")]
    assert picture._tap is None
    assert picture.choice.disabled
    assert picture.children[0].value.endswith("This picture has ended.</p>")
