"""Running a cell again, in a real kernel that is told which cell it runs, as JupyterLab does."""

import re
from collections.abc import Iterator

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from labkit.broker import OwnBroker

WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def kernel(broker: OwnBroker, monkeypatch: pytest.MonkeyPatch) -> Iterator[BlockingKernelClient]:
    monkeypatch.setenv("LAB_BROKER", broker.address)
    monkeypatch.setenv("LAB_NAMESPACE", "cells-")
    manager = KernelManager()
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(30)
    yield client
    execute(client, "end", "lab.reset(); lab.close()")
    client.stop_channels()
    manager.shutdown_kernel()


def execute(client: BlockingKernelClient, cell: str, code: str) -> str:
    """Run code as the cell with this id; what it printed."""
    return outputs(client, cell, code)[0]


def outputs(client: BlockingKernelClient, cell: str, code: str) -> tuple[str, list[str]]:
    """Run code as the cell with this id; what it printed, and the words of each widget that it displayed."""
    content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
    content["stop_on_error"] = False  # or an error would cancel requests already sent
    request = client.session.msg("execute_request", content, metadata={"cellId": cell})
    client.shell_channel.send(request)
    text, widgets = "", []
    while True:
        message = client.get_iopub_msg(timeout=30)
        if message["parent_header"].get("msg_id") != request["header"]["msg_id"]:
            continue
        if message["msg_type"] == "stream":
            text += message["content"]["text"]
        if message["msg_type"] in ("display_data", "execute_result"):
            data = message["content"]["data"]
            if WIDGET in data:
                widgets.append(data["text/plain"])
            elif "lab-snapshot" not in data.get("text/html", ""):
                text += data["text/plain"]
        assert message["msg_type"] != "error", "\n".join(message["content"]["traceback"])
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            return text.strip(), widgets


NAMES = "print(*sorted(lab.workers.labels))"


def test_a_cell_that_is_run_again_replaces_what_it_started_even_under_another_name(
    kernel: BlockingKernelClient,
) -> None:
    execute(kernel, "a", "from labkit import Lab; lab = Lab(); lab.create_topic('sensor')")
    execute(kernel, "b", "def one(x): return x\nrun = lab.run(one, reads='sensor', writes='out')")
    execute(kernel, "c", "def other(x): return x\nlab.run(other, reads='sensor', writes='out')")
    assert execute(kernel, "d", NAMES) == "one other"
    execute(kernel, "b", "def renamed(x): return x\nlab.run(renamed, reads='sensor', writes='out')")
    assert execute(kernel, "d", NAMES) == "other renamed"
    assert execute(kernel, "e", "print(run.status)") == "stopped"
    assert execute(kernel, "f", "lab.produce(name='a'); lab.produce(name='b')\n" + NAMES) == "a b other renamed"


def test_a_cell_whose_topics_are_edited_replaces_what_it_started_and_no_other_cell_does(
    kernel: BlockingKernelClient,
) -> None:
    execute(kernel, "a", "from labkit import Lab; lab = Lab(); lab.create_topic('sensor')\ndef same(x): return x")
    execute(kernel, "b", "old = lab.run(same, reads='sensor', writes='one')")
    execute(kernel, "c", "lab.run(same, reads='sensor', writes='two'); lab.run(same, reads='sensor', writes='three')")
    routes = "print(*(each.writes for each in lab.workers))"
    assert execute(kernel, "d", routes) == "one two three"
    execute(kernel, "b", "new = lab.run(same, reads='sensor', writes='four')")
    assert execute(kernel, "d", routes) == "two three four"
    said = "replaces same (sensor → one), reads sensor from the start"
    assert execute(kernel, "e", "print(old.status, new.origin())") == f"stopped {said}"


def test_a_cell_that_fails_ends_only_what_it_has_started_anew_and_the_next_time_the_rest(
    kernel: BlockingKernelClient,
) -> None:
    execute(kernel, "a", "from labkit import Lab; lab = Lab(); lab.create_topic('sensor')")
    execute(kernel, "z", "def good(x): return x\ndef edited(x): return x")
    cell = """
for topic in "one", "two":
    lab.run(good, reads="sensor", writes=topic)
lab.run(edited, reads="sensor", writes="three")
"""
    execute(kernel, "b", cell)
    execute(kernel, "c", "before = list(lab.workers)\ndef edited(x): pass")
    states = "print(*(each.status == 'stopped' for each in before), len(lab.workers))"
    with pytest.raises(AssertionError, match="edited returned nothing"):
        execute(kernel, "b", cell)
    assert execute(kernel, "d", states) == "True True False 3"
    execute(kernel, "b", "run = lab.run(good, reads='sensor', writes='one')")
    assert execute(kernel, "d", states) == "True True True 1"
    said = "replaces good, good (sensor → two) and edited (sensor → three), continues in sensor at offset 0"
    assert execute(kernel, "e", "print(run.origin())") == said


@pytest.mark.slow
def test_where_the_front_end_names_no_cell_its_code_does(kernel: BlockingKernelClient) -> None:
    execute(kernel, "", "from labkit import Lab; lab = Lab(); lab.create_topic('sensor')")
    for _ in range(3):
        execute(kernel, "", "chart = lab.chart('sensor'); charts = [*globals().get('charts', []), chart]")
    execute(kernel, "", "another = lab.chart('sensor')")
    assert execute(kernel, "", "print(*(each.finished for each in (*charts, another)))") == "True True False False"


def panels(kernel: BlockingKernelClient, cell: str, code: str) -> list[str]:
    """The workers whose panels a cell shows, by the topic that they write to."""
    return [re.findall(r"(?:→|written to) (\w+)", words)[0] for words in outputs(kernel, cell, code)[1]]


def test_each_worker_that_a_cell_starts_has_one_panel_below_it(kernel: BlockingKernelClient) -> None:
    execute(kernel, "a", "from labkit import Lab; lab = Lab(); lab.create_topic('sensor')\ndef same(x): return x")
    runs = [f"lab.run(same, reads='sensor', writes='{topic}')" for topic in ("one", "two", "three")]
    assert panels(kernel, "b", "\n".join(runs)) == ["one", "two", "three"]
    assert panels(kernel, "b", "\n".join([f"first = {runs[0]}", "display(first)", runs[1], "2"])) == ["one", "two"]
    assert panels(kernel, "c", "sensors = lab.produce()") == ["sensor"]
    assert panels(kernel, "", "lab.produce(writes='other'); 3") == ["other"]  # papermill names no cell
    assert panels(kernel, "d", "3") == []
    assert panels(kernel, "e", "sensors") == ["sensor"]
    assert panels(kernel, "e", f"try:\n  {runs[2]}\n  1 / 0\nexcept ZeroDivisionError: pass") == ["three"]


def test_a_cell_that_fails_says_that_the_earlier_run_goes_on_and_shows_it(kernel: BlockingKernelClient) -> None:
    execute(kernel, "a", "from labkit import Lab; lab = Lab(); lab.create_topic('sensor')")
    execute(kernel, "b", "def same(x): return x\nrun = lab.run(same, reads='sensor', writes='one')")
    failing = "def same(x): {}\ntry: lab.run(same, reads='sensor', writes='one')\nexcept Exception as e: print({})"
    text, widgets = outputs(kernel, "b", failing.format("pass", "e"))
    assert text.endswith("The earlier same is still running.")
    assert len(widgets) == 1
    assert widgets[0].startswith("sensor → one, ")
    assert execute(kernel, "b", failing.format("1 / 0", "*e.__notes__")) == "The earlier same is still running."
    assert execute(kernel, "c", "print(run.status)") == "running"


def test_a_wait_shows_how_far_it_is_and_an_interrupt_of_it_is_one_line(kernel: BlockingKernelClient) -> None:
    execute(kernel, "a", "from labkit import Lab, waiting; lab = Lab(); waiting.SILENT = 0.1")
    execute(kernel, "b", "lab.produce(records=3, devices=1, per_second=None).wait(10)")
    interrupt = "import signal, threading; threading.Timer(1, signal.raise_signal, [signal.SIGINT]).start()\n"
    with pytest.raises(AssertionError) as interrupted:
        execute(kernel, "c", interrupt + "lab.wait_for('sensor', records=100_000)")
    said = "KeyboardInterrupt: wait_for was interrupted; what runs in the background goes on."
    assert str(interrupted.value).splitlines()[0] == said
    caught = interrupt + "try: lab.wait_for('sensor', records=100_000)\nexcept KeyboardInterrupt: pass"
    assert execute(kernel, "d", caught).rpartition(" (")[0].endswith("sensor: 3 of 100,000 records")
    slow = "import time\ndef slow(readings): return readings.apply(lambda each: time.sleep(1) or each)\n"
    execute(kernel, "e", slow + "run = lab.run(slow, reads='sensor'); lab.wait_for('sensor', 3)")
    assert execute(kernel, "f", "while not run.line(): pass\nrun.stop()").rpartition(" (")[0].endswith("slow is ending")


@pytest.mark.slow
def test_what_a_dashboard_starts_has_no_panel_beside_it_and_goes_on_when_its_cell_is_run_again(
    kernel: BlockingKernelClient,
) -> None:
    execute(kernel, "a", "from labkit import Lab; lab = Lab()")
    _, widgets = outputs(kernel, "b", "lab.dashboard()")
    assert len(widgets) == 1
    execute(kernel, "c", "before = list(lab.workers); before[1].stop()")
    execute(kernel, "b", "lab.dashboard()")
    assert execute(kernel, "d", "print(*(each.alive for each in before), len(lab.workers))") == "True False True True 4"


def test_what_print_table_prints_stands_in_no_cell_even_where_rich_knows_that_this_is_a_notebook(
    kernel: BlockingKernelClient,
) -> None:
    execute(kernel, "a", "import quixstreams; from labkit import Lab; lab = Lab(); lab.create_topic('sensor')")
    execute(kernel, "b", "def table(x): return x.print_table(size=2)\nrun = lab.run(table, reads='sensor')")
    execute(kernel, "c", "lab.produce(per_second=50, records=6).wait(10)")
    execute(kernel, "d", "run.wait_until_caught_up(); run.stop()")
    assert execute(kernel, "e", "print(run.printed // 6, 'tables')") == "3 tables"


def test_a_new_lab_in_the_same_kernel_closes_the_one_before(kernel: BlockingKernelClient) -> None:
    execute(kernel, "a", "from labkit import Lab; lab = Lab(); producer = lab.produce(); old = lab")
    execute(kernel, "a", "from labkit import Lab; lab = Lab()")
    assert execute(kernel, "b", "print(producer.status, 'closed' in repr(old))") == "stopped True"
