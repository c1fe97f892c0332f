"""What a run and a producer say of themselves."""

import gc
import html
import re
import threading
import weakref

import pytest

from labkit import Lab
from labkit.kafka import clients
from labkit.live import panel
from labkit.live.buttons import Buttons
from labkit.readings import simulate
from labkit.runs.worker import Worker
from tests.waiting import eventually


def words(worker: Worker) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", panel.describe(worker)))


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
    panel.describe(run), run.facts(), run.rate(), run.stuck()
    eventually(lambda: len(asked) > 2)
    assert {*asked} == {"labkit-sampler"}


def test_a_failed_run_tells_the_error_and_the_students_line(lab: Lab) -> None:
    lab.create_topic("sensor")
    run = lab.run(lambda readings: readings.apply(lambda r: r["<b>"]), reads="sensor", writes="oops", name="oops")
    lab.produce([next(simulate())], per_second=None).wait(10)
    run.wait(10)
    assert "✖ failed" in words(run)
    assert "KeyError: '<b>'" in words(run)
    assert 'run = lab.run(lambda readings: readings.apply(lambda r: r["<b>"])' in words(run)
    assert "<b>'" not in panel.describe(run)


def test_prints_are_shown_the_newest_and_counted(lab: Lab) -> None:
    lab.create_topic("sensor")
    run = lab.run(lambda readings: readings.update(lambda r: print(r["device"])), reads="sensor", name="loud")
    lab.produce(devices=20, records=20, per_second=None).wait(10)
    run.wait_until_caught_up()
    assert "… 8 lines above: see .prints\nsensor-9" in words(run)
    assert len(run.prints) == 20


def test_tables_take_the_place_of_the_facts(lab: Lab) -> None:
    production = lab.produce(records=1)
    production.tables = lambda: [[("files", "rows"), ("<part-0>", "7")]]  # type: ignore[method-assign]
    assert re.search(r"producer of sensor\s+files\s+rows\s+<part-0>\s+7\s*$", words(production))


def test_a_panel_follows_its_worker_to_the_end(lab: Lab) -> None:
    production = lab.produce(per_second=100)
    shown = panel.of(production, lab._pacer)
    assert panel.of(production, lab._pacer) is shown
    eventually(lambda: "running" in shown.children[0].value and ": 0 readings" not in shown.children[0].value)
    production.stop()
    eventually(lambda: "stopped" in shown.children[0].value)
    assert f"{production.delivered} readings written to sensor" in shown.children[0].value
    assert shown.summary() == production.facts()
    assert shown.static_html() == shown.children[0].value


def test_a_panel_does_not_keep_a_worker_that_nobody_else_keeps(lab: Lab) -> None:
    production = lab.produce(per_second=100)
    gone = weakref.ref(production)
    shown = panel.Panel(production, lab._pacer)
    lab.stop()
    eventually(lambda: "stopped" in shown.children[0].value)
    del production
    eventually(lambda: gc.collect() >= 0 and gone() is None)
    assert "stopped" in shown.static_html()


def test_the_processes_of_a_run_can_be_killed_and_started_from_its_panel(lab: Lab) -> None:
    lab.create_topic("sensor", partitions=2)
    run = lab.run(lambda readings: readings, reads="sensor", writes="copy", name="copy", replicas=2)
    shown = panel.of(run, lab._pacer)
    first, second, start, said = shown.children[1].children

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
    eventually(lambda: "its process was killed (SIGKILL)" in shown.children[0].value)
    start.click()
    eventually(lambda: "running" in shown.children[0].value, 20)
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
