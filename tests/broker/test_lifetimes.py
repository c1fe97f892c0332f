"""Whatever becomes of the process that holds a lab, nothing of the lab stays: no process, port or directory."""

import ast
import contextlib
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import psutil
import pytest
from jupyter_client import KernelManager

from labkit.broker.installation import KafkaInstallation
from tests.broker.lives import Footprint, descendants, is_open, lives, python, wait_for_end
from tests.waiting import eventually

pytestmark = pytest.mark.usefixtures("installation")  # else a first start would begin to train

Watch = Callable[[Path], Footprint]


@pytest.fixture
def watch() -> Iterator[Watch]:
    """What a broker has on the machine, by its directory; should a test fail, this removes it in the end."""
    footprints: list[Footprint] = []

    def of(directory: Path) -> Footprint:
        footprints.append(Footprint.of(directory))
        assert len(footprints[-1].ports) == 2
        return footprints[-1]

    yield of
    for footprint in footprints:
        footprint.clear()


# ------------------------------------------------------------- a Python script

# It looks for signals again and again while it waits: one that arrives just before `input()` begins to read would set
# Python's flag and interrupt nothing, so that the read went on for ever.
SCRIPT = """
import select, sys
from labkit import Lab
lab = Lab()
print(lab.broker.directory, flush=True)
while not select.select([sys.stdin], [], [], 0.1)[0]:
    pass
"""


def test_a_script_that_ends_without_close_leaves_nothing(watch: Watch) -> None:
    with python(SCRIPT) as child:
        footprint = watch(Path(child.stdout.readline().strip()))
        _, errors = child.communicate("\n", timeout=20)
    assert (child.returncode, errors) == (0, "")
    assert footprint.vanishes()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=lambda each: each.name)
def test_a_script_ended_by_a_signal_leaves_nothing(watch: Watch, number: signal.Signals) -> None:
    with python(SCRIPT) as child:
        footprint = watch(Path(child.stdout.readline().strip()))
        child.send_signal(number)
        wait_for_end(child, 20)
    assert footprint.vanishes()


def test_a_script_that_does_not_end_shows_where_it_is() -> None:
    with python("def hang():\n    print(flush=True)\n    input()\nhang()") as child:
        child.stdout.readline()
        with pytest.raises(AssertionError, match="in hang"):
            wait_for_end(child, 0.1)


# ------------------------------------------------------------ a Jupyter kernel


class Kernel:
    """A real kernel, and what a front end does with it."""

    def __init__(self, errors: IO[str]) -> None:
        self.errors = errors
        self.manager = KernelManager()
        self.manager.start_kernel(stdout=subprocess.DEVNULL, stderr=errors)
        self.client = self.manager.blocking_client()
        self.client.start_channels()

    def wait_for_ready(self) -> None:
        try:
            self.client.wait_for_ready(timeout=30)
        except RuntimeError as error:
            self.errors.seek(0)
            raise AssertionError(f"{error}\n{self.errors.read()}") from error

    def execute(self, code: str, value: str = "None") -> Any:
        """Run a cell, and return what an expression is worth after it."""
        reply = self.client.execute(code, user_expressions={"value": value}, reply=True, timeout=60)["content"]
        assert reply["status"] == "ok", reply
        return ast.literal_eval(reply["user_expressions"]["value"]["data"]["text/plain"])

    def start_lab(self) -> Path:
        return Path(self.execute("from labkit import Lab\nlab = Lab()", "str(lab.broker.directory)"))


@pytest.fixture
def kernel(watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kernel]:  # noqa: ARG001
    """It ends before `watch` clears up: a lab's own supervisor goes first."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    with tempfile.TemporaryFile("w+") as errors:
        kernel = Kernel(errors)
        try:
            kernel.wait_for_ready()
            yield kernel
        finally:
            kernel.client.stop_channels()
            kernel.manager.shutdown_kernel(now=True)


@pytest.mark.slow
def test_an_interrupt_stops_the_cell_and_nothing_else(kernel: Kernel, watch: Watch) -> None:
    footprint = watch(kernel.start_lab())
    kernel.execute(
        "def copy(readings): return readings\n"
        "producer = lab.produce(per_second=100)\n"
        "run = lab.run(copy, reads='sensor', writes='copied')\n"
        "apart = lab.run(copy, reads='sensor', writes='copied-apart', in_process=True)\n"
        "lab.wait_for('copied-apart')"
    )
    # Without stop_on_error=False the kernel aborts what is asked right after the interrupt.
    kernel.client.execute("print('begun', flush=True)\nwhile True: pass", stop_on_error=False)
    eventually(lambda: kernel.client.get_iopub_msg(timeout=10)["content"].get("text") == "begun\n")

    kernel.manager.interrupt_kernel()

    assert kernel.client.get_shell_msg(timeout=10)["content"]["ename"] == "KeyboardInterrupt"
    assert all(map(lives, footprint.processes))
    assert all(map(is_open, footprint.ports))
    for run in ("run", "apart"):
        written = kernel.execute("", f"{run}.records_out")
        eventually(lambda run=run, written=written: kernel.execute("", f"{run}.records_out") > written)
    assert kernel.execute("", "{each.status for each in (producer, run, apart)}, lab.broker.alive") == (
        {"running"},
        True,
    )


ENDS: dict[str, Callable[[KernelManager], object]] = {
    "shutdown": lambda manager: manager.shutdown_kernel(),
    "restart": lambda manager: manager.restart_kernel(),
    "SIGKILL": lambda manager: manager.signal_kernel(signal.SIGKILL),
}


@pytest.mark.parametrize(
    "end", [pytest.param(each, id=name, marks=[pytest.mark.slow] * (name != "SIGKILL")) for name, each in ENDS.items()]
)
def test_a_kernel_leaves_no_process_port_or_directory(
    kernel: Kernel, watch: Watch, end: Callable[[KernelManager], object]
) -> None:
    footprint = watch(kernel.start_lab())
    start = "lab.produce()\nrun = lab.run(lambda each: each, reads='sensor', replicas=2)"
    kernel.execute(start, "run.wait_until_caught_up()")
    footprint.processes.extend(map(psutil.Process, kernel.execute("", "[each.pid for each in run.members]")))
    end(kernel.manager)
    assert footprint.vanishes()


@pytest.mark.slow
def test_processes_do_not_wait_for_a_silent_kafka_when_their_kernel_is_killed(kernel: Kernel, watch: Watch) -> None:
    """Each asks for its lag twice a second: the request that is under way gets no answer any more."""
    footprint = watch(kernel.start_lab())
    start = "lab.produce()\nrun = lab.run(lambda each: each, reads='sensor', replicas=2)"
    kernel.execute(start, "run.wait_until_caught_up()")
    footprint.processes.extend(map(psutil.Process, kernel.execute("", "[each.pid for each in run.members]")))
    (kafka,) = [each for each in footprint.processes if "java" in each.name()]
    kafka.suspend()
    unanswered = "from labkit.kafka.requests import within\nwith within(2):\n    lag = run.lag()"
    assert kernel.execute(unanswered, "lag is None")
    kernel.manager.signal_kernel(signal.SIGKILL)
    assert footprint.vanishes(limit=30)


# ----------------------------------------------------------------- the training


@pytest.mark.slow
def test_a_kernel_killed_while_the_cache_is_trained_leaves_nothing_running(
    own_installation: KafkaInstallation, tmp_path: Path
) -> None:
    """The JVM that is trained starts another to write the cache, and that one reads no pipe."""
    with python(SCRIPT, XDG_CACHE_HOME=str(tmp_path)) as child:
        directory = Path(child.stdout.readline().strip())
        writer = eventually(lambda: jvm_of_a_jvm(child.pid), limit=120)  # it trains at low priority
        writer.suspend()  # else it may be done before anybody ends it
        footprint = Footprint(descendants(child.pid), set(), directory)
        assert writer in footprint.processes
        child.kill()
    try:
        assert footprint.vanishes()
    finally:
        footprint.clear()
    assert own_installation.aot is None
    assert own_installation.is_whole()


def jvm_of_a_jvm(pid: int) -> psutil.Process | None:
    with contextlib.suppress(psutil.NoSuchProcess):
        return next((each for each in descendants(pid) if each.name() == each.parent().name() == "java"), None)
    return None
