"""What a run and a producer say of themselves."""

import gc
import html
import re
import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, cast

import pytest

from labkit import Lab
from labkit.kafka import clients
from labkit.live import panel
from labkit.live.buttons import Buttons
from labkit.live.pacing import Pacer
from labkit.live.questions import Answer
from labkit.readings import simulate
from labkit.runs import Run
from labkit.runs.blame import Blame, Line
from labkit.runs.worker import Worker
from tests.waiting import eventually


def nobody_asks(run: Run) -> Answer:
    raise AssertionError(f"nobody asks about {run}")


def shown(worker: Worker) -> str:
    return panel.render(panel.collect(worker))


def words(worker: Worker) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", shown(worker)))


def test_a_run_tells_state_counts_and_dead_letters(lab: Lab) -> None:
    lab.create_topic("sensor")
    run = lab.run(lambda readings: readings, reads="sensor", writes="copy", name="copy")
    lab.produce([next(simulate())], per_second=None).wait(10)
    run.wait_until_caught_up()
    said = r"▶ running\s+copy\s*: sensor → copy, 1 in, 1 out, [\d.]+ a second, lag 0"
    eventually(lambda: re.search(said, words(run)))
    assert "unreadable" not in words(run)
    spoiler = clients.producer(lab.broker.address)
    spoiler.produce(lab.full_name("sensor"), b"?")
    spoiler.flush(10)
    eventually(lambda: "1 unreadable, in sensor.dead-letter" in words(run))
    lab.stop()
    assert "■ stopped" in words(run)


def test_what_shows_a_run_asks_kafka_nothing_but_reads_the_sample(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.create_topic("sensor")
    run = lab.run(lambda readings: readings, reads="sensor", writes="copy", name="copy")
    eventually(lambda: run.seen.lag == 0)
    asked: list[str] = []
    monkeypatch.setattr(run, "lag", lambda: asked.append(threading.current_thread().name))
    panel.collect(run), run.summary(), run.rate(), run.stuck()
    eventually(lambda: len(asked) > 2)
    assert {*asked} == {"labkit-sampler"}


@pytest.mark.parametrize("in_process", [False, True])
def test_a_failed_run_shows_the_record_at_which_it_failed_as_it_came(lab: Lab, in_process: bool) -> None:
    def spoil(record):
        record["n"] = 1 / record["n"]
        return record

    lab.create_topic("numbers", partitions=2)
    producer = clients.producer(lab.broker.address)
    for number in (2, 1, 0, 3):
        producer.produce(lab.full_name("numbers"), b'{"n": %d}' % number, b"<key>", partition=1)
    producer.flush(10)
    run = lab.run(
        lambda numbers: numbers.apply(spoil), reads="numbers", writes="out", name="spoil", in_process=in_process
    )
    assert run.wait(30)
    assert 'at the record numbers, partition 1, offset 2, key <key>: {"n": 0}' in " ".join(words(run).split())


def test_a_failed_run_tells_the_error_and_the_students_line(lab: Lab) -> None:
    lab.create_topic("sensor")
    run = lab.run(lambda readings: readings.apply(lambda r: r["<b>"]), reads="sensor", writes="oops", name="oops")
    lab.produce([next(simulate())], per_second=None).wait(10)
    run.wait(10)
    assert "✖ failed" in words(run)
    assert "KeyError: '<b>'" in words(run)
    assert 'run = lab.run(lambda readings: readings.apply(lambda r: r["<b>"])' in words(run)
    assert "<b>'" not in shown(run)


def test_a_panel_follows_its_worker_to_the_end(lab: Lab, running: Pacer) -> None:
    production = lab.produce(per_second=100)
    view = panel.of(production, running, lab.why)
    assert panel.of(production, running, lab.why) is view
    eventually(lambda: "running" in view.children[0].value and ": 0 records" not in view.children[0].value)
    production.stop()
    eventually(lambda: "stopped" in view.children[0].value)
    assert f"{production.delivered} records written to sensor" in view.children[0].value
    assert view.summary() == production.summary()
    assert view.static_html() == view.children[0].value


@pytest.mark.slow
def test_the_processes_of_a_run_can_be_killed_and_started_from_its_panel(lab: Lab, running: Pacer) -> None:
    lab.create_topic("sensor", partitions=2)
    run = lab.run(lambda readings: readings, reads="sensor", writes="copy", name="copy", replicas=2)
    view = panel.of(run, running, lab.why)
    first, second, start, said = view.children[1].children

    def enabled() -> list[bool]:
        return [not each.disabled for each in (first, second, start)]

    eventually(lambda: enabled() == [True, True, False])
    assert [each.description for each in (first, second, start)] == ["Kill process 1", "Kill process 2", "Start again"]
    eventually(lambda: re.search(r"1\s+\d+\s+running\s+[01]\s.+2\s+\d+\s+running\s+[01]\s", words(run), re.DOTALL), 20)
    second.click()
    assert enabled() == [True, False, True]
    assert [each.status for each in run.members] == ["running", "killed"]
    eventually(lambda: re.search(r"2\s+killed", words(run)))
    first.click()
    eventually(lambda: "its process was killed (SIGKILL)" in view.children[0].value)
    start.click()
    eventually(lambda: "running" in view.children[0].value, 20)
    eventually(lambda: enabled() == [True, True, False])
    lab.stop()
    eventually(lambda: enabled() == [False, False, False])
    start.click()
    assert (run.alive, said.value) == (False, "")


def test_what_a_button_cannot_do_is_said_beside_it(lab: Lab) -> None:
    lab.create_topic("sensor")
    run = lab.run(lambda readings: readings, reads="sensor", writes="copy", name="copy", in_process=True)
    kill, start, said = Buttons(run).children
    kill.click()
    assert run.wait(5)
    lab.run(lambda readings: readings, reads="sensor", writes="copy", name="copy")
    start.click()
    assert said.value == "copy cannot start again: a newer one has taken its place."


# -------------------------------------------------------------- without Kafka


class StubWorker(Worker):
    """A worker that does nothing until it is stopped."""

    def __init__(self) -> None:
        super().__init__("idle")
        self._told = threading.Event()

    def _work(self) -> None:
        self._is_running()
        self._told.wait()

    def _ask_to_stop(self) -> None:
        self._told.set()

    def _renew(self) -> None:
        self._told.clear()

    def total(self) -> int:
        return 0

    def summary(self) -> str:
        return "7 records written to <sensor>"


@pytest.fixture
def worker() -> Iterator[StubWorker]:
    worker = StubWorker()
    worker.start()
    eventually(lambda: worker.status == "running")
    yield worker
    worker.stop()


STATE = panel.State(
    name="<i>name</i>",
    status="failed",
    done="<i>done</i>",
    origin="<i>origin</i>",
    error=Blame("<i>reason</i>", Line("<i>where</i>", "<i>text</i>"), ""),
    stuck="<i>stuck</i>",
    notice="<i>notice</i>",
    note="<i>note</i>",
    tables=(),
    prints=("<i>one</i>", "<i>two</i>"),
    printed=2,
    members=(),
    ended=True,
)


def text(state: panel.State) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", panel.render(state)))


def test_whatever_a_panel_says_is_text_and_nothing_else() -> None:
    tables = replace(STATE, tables=((("<i>files</i>",), ("<i>part-0</i>",)),))
    for state, words in ((STATE, 11), (tables, 12)):
        assert "<i>" not in panel.render(state)
        assert text(state).count("<i>") == words


def test_prints_are_shown_the_newest_and_counted() -> None:
    assert "lines above" not in text(STATE)
    assert "… 8 lines above: see .prints\n<i>one</i>\n<i>two</i>" in text(replace(STATE, printed=10))


def test_tables_take_the_place_of_what_has_been_done() -> None:
    tables = ((("files", "rows"), ("part-0", "7")),)
    shown = text(replace(STATE, tables=tables))
    assert re.search(r"files\s+rows\s+part-0\s+7\s*$", shown)
    assert "done" not in shown


def test_a_panel_has_the_newest_prints_of_its_worker(worker: StubWorker) -> None:
    worker.prints.extend(f"sensor-{number}" for number in range(20))
    worker.printed = 20
    state = panel.collect(worker)
    assert (state.prints[0], len(state.prints), state.printed) == ("sensor-8", panel.PRINTS_SHOWN, 20)


def test_a_panel_ends_once_its_worker_can_never_start_again(worker: StubWorker, pacer: Pacer) -> None:
    view = panel.Panel(worker, pacer, nobody_asks)
    assert "▶ running" in view.children[0].value
    worker.stop()
    assert view.update() is not None
    assert view.state.status == "stopped"
    worker.start()
    view.update()
    assert not view.state.ended
    worker.retire("the test is over")
    assert view.update() is None
    assert "■ stopped" in view.children[0].value


def test_a_panel_does_not_keep_a_worker_that_nobody_else_keeps(pacer: Pacer) -> None:
    worker = StubWorker()
    worker.start()
    gone = weakref.ref(worker)
    view = panel.Panel(worker, pacer, nobody_asks)
    worker.retire("the test is over")
    view.update()
    del worker
    eventually(lambda: gc.collect() >= 0 and gone() is None)
    assert "stopped" in view.static_html()


class StubMember:
    """A process that is always alive; `meanwhile` happens whenever somebody asks."""

    def __init__(self, number: int, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.number, self._meanwhile = number, meanwhile

    @property
    def alive(self) -> bool:
        self._meanwhile()
        return True


class StubRun:
    """A run whose processes only count, and cannot be killed."""

    name = "stub"

    def __init__(self) -> None:
        self.members: tuple[StubMember, ...] = (StubMember(1),)

    def kill(self, number: int) -> None:
        raise RuntimeError(f"no process {number} <b>")


def test_what_fails_in_a_button_is_said_beside_it_too() -> None:
    kill, _, said = Buttons(cast("Any", StubRun())).children
    kill.click()
    assert said.value == "This has failed: no process 1 &lt;b&gt;"


def test_a_run_may_be_scaled_while_two_threads_follow_it() -> None:
    run = StubRun()
    buttons = Buttons(cast("Any", run))

    def scale() -> None:
        run.members = (StubMember(1), StubMember(2), StubMember(3))
        other = threading.Thread(target=buttons.follow)
        other.start()
        other.join(0.2)  # it waits, or else it has changed the buttons meanwhile

    run.members = (StubMember(1, scale), StubMember(2))
    buttons.follow()
    eventually(lambda: len(buttons.children) == 3 + 2)
