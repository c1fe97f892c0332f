"""What a run and a producer say of themselves."""

import gc
import html
import re
import weakref

from labkit import Lab
from labkit.kafka import clients
from labkit.live import panel
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
    assert re.search(r"▶ running\s+copy\s*: sensor → copy, 1 in, 1 out, [\d.]+ a second, lag 0", words(run))
    assert "unreadable" not in words(run)
    spoiler = clients.producer(lab.broker.address)
    spoiler.produce(lab.full_name("sensor"), b"?")
    spoiler.flush(10)
    eventually(lambda: "1 unreadable, in sensor.dead-letter" in words(run))
    lab.stop()
    assert "■ stopped" in words(run)


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
