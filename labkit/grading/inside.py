"""Runs one notebook in the sandbox: a broker, the hidden readings, papermill, and then the records that came out.

    python inside.py < JOB > LINES

The job is one line of JSON: a nonce, the cells, the exercises with their readings, and limits in seconds and bytes.
Each line written here begins with the nonce, which distinguishes it from lines of any other origin. Its content still
comes from the notebook, so the reader must be prepared for anything.
"""

import base64
import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

begun = time.monotonic()
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]  # papermill's import takes 1.3 s longer with it

import nbformat  # noqa: E402
import papermill  # noqa: E402
import psutil  # noqa: E402
from jupyter_client.kernelspec import KernelSpec  # noqa: E402
from jupyter_client.manager import AsyncKernelManager  # noqa: E402
from nbformat.v4 import new_code_cell, new_notebook  # noqa: E402

from labkit.broker import OwnBroker  # noqa: E402
from labkit.kafka import clients, properties, tap  # noqa: E402
from labkit.kafka.requests import within  # noqa: E402
from labkit.kafka.topics import Topics  # noqa: E402

SCRATCH = Path(tempfile.gettempdir())
EXECUTED = SCRATCH / "executed.ipynb"
LONGEST = 10.0  # seconds that requests for records may take: the notebook may have killed Kafka
PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 4, 36


def main() -> None:
    job = json.loads(sys.stdin.readline())
    out = Lines(job["nonce"])
    out.say(phase="imports", seconds=time.monotonic() - begun)
    with out.phase("broker"):
        broker = OwnBroker()
    spared = set(psutil.pids())  # Kafka and its supervisor, this process, and bubblewrap
    try:
        topics = Topics(broker.address, check=broker.check)
        with out.phase("readings"):
            _fill(topics, job["exercises"])
        _limit(job)
        with out.phase("notebook"), _kept_small(spared, job):
            ended = run(job, broker.address, out, spared)
        out.say(ended=ended)
        with out.phase("records"), within(LONGEST):
            for topic in (name for each in job["exercises"] for name in each["outputs"]):
                with contextlib.suppress(Exception):  # an unreadable topic must not cost other exercises
                    _hand_out(out, job, topics, topic)
        out.say(done=True)
    finally:
        broker.close()


class Lines:
    """Lines for the grader, each beginning with the nonce.

    They go to the original standard output through a descriptor that no child inherits, in a process whose files others
    cannot open. Processes that the notebook orphans become its children.
    """

    def __init__(self, nonce: str) -> None:
        self._nonce = nonce
        if sys.platform == "linux":
            prctl = ctypes.CDLL(None).prctl
            prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
            prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self._file = _private_output()

    def say(self, **line: Any) -> None:
        self._file.write(f"{self._nonce} {json.dumps(line)}\n")
        self._file.flush()

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Say how long something took."""
        start = time.monotonic()
        yield
        self.say(phase=name, seconds=time.monotonic() - start)


def _private_output() -> Any:
    out = os.fdopen(os.dup(1), "w")
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    return out


def _fill(topics: Topics, exercises: list[dict[str, Any]]) -> None:
    producer = clients.producer(topics.address)
    for exercise in exercises:
        topics.create(exercise["reads"], *exercise["outputs"])
        for key, value, timestamp in exercise["records"]:
            producer.produce(exercise["reads"], base64.b64decode(value), key, timestamp=timestamp)
    producer.flush(30)


def run(job: dict[str, Any], address: str, out: Lines, spared: Collection[int]) -> str:
    """Run the notebook; whenever a cell kills the kernel, run it again without that cell. Returns how it ended.

    Checks before that cell write the same records again; those after it get their turn.
    """
    os.environ.pop(properties.FILE, None)  # that is for another Kafka
    os.environ.update(LAB_BROKER=address, LAB_GRADED="1", LAB_PROGRESS=str(SCRATCH / "progress.json"))
    numbers, deadline = list(range(len(job["cells"]))), time.monotonic() + job["seconds"]
    left_out = 0
    while True:
        reason = _execute([job["cells"][number] for number in numbers], job, deadline)
        _end_all(spared, job["enclosed"])  # before anything is reported or read
        executed = _executed(len(numbers))
        last = max((place for place, each in enumerate(executed) if _was_begun(each)), default=None)
        if not reason or last is None or time.monotonic() > deadline or left_out > job["again"]:
            break
        del numbers[last]
        left_out += 1
    _say_what_cells_wrote(job, numbers, executed, out)
    late = time.monotonic() > deadline
    return "timeout" if late else "crashed" if left_out or reason else "ok"


def _say_what_cells_wrote(job: dict[str, Any], numbers: list[int], executed: list[Any], out: Lines) -> None:
    for number, cell in zip(numbers, executed, strict=False):
        if text := _text(cell)[: job["shown"]]:
            out.say(cell=number, text=text, trouble=_trouble(cell))
    for number in {*range(len(job["cells"]))} - {*numbers}:
        out.say(cell=number, text=ENDED, trouble=ENDED)


def _execute(sources: list[str], job: dict[str, Any], deadline: float) -> str:
    """Execute the cells with papermill. Returns why it could not get to the end; empty if it could."""
    path = str(SCRATCH / "notebook.ipynb")
    cells: list[Any] = [new_code_cell(each) for each in sources]  # type: ignore[no-untyped-call]
    nbformat.write(new_notebook(cells=cells, metadata=KERNEL), path)  # type: ignore[no-untyped-call]
    EXECUTED.unlink(missing_ok=True)
    limit = int(max(min(job["cell_seconds"], deadline - time.monotonic()), 1))
    try:
        with _fresh_home(job["enclosed"]) as home:
            papermill.execute_notebook(
                path, str(EXECUTED), kernel_name="python3", progress_bar=False, log_output=False, allow_errors=True,
                store_widget_state=False, execution_timeout=limit, start_timeout=limit, cwd=home,
                kernel_manager_class=Kernel,
            )  # fmt: skip
    except papermill.PapermillExecutionError:
        return ""
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:500]
    return ""


@contextlib.contextmanager
def _fresh_home(enclosed: bool) -> Iterator[Path]:
    """A working directory, with others beside it for what IPython and Jupyter read at start-up.

    A notebook that is run again finds nothing from its earlier run.
    """
    with tempfile.TemporaryDirectory(prefix="run-", ignore_cleanup_errors=True) as place:
        names = ["IPYTHONDIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", *(["HOME"] if enclosed else [])]
        os.environ.update({name: str(Path(place, name.lower())) for name in names})
        home = Path(place, "home")
        home.mkdir()
        yield home


ENDED = "it ended the kernel, or never finished; the other cells ran without it"
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


class Kernel(AsyncKernelManager):
    """Runs the Python of this process as the kernel, whatever the notebook wrote where Jupyter looks for kernels.

    Only the kernel has a thread limit: if the notebook uses it up, this process can still start threads.
    """

    threads: int | None = None

    @property
    def kernel_spec(self) -> KernelSpec:
        command = [sys.executable, "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=command, display_name="Python 3", language="python")

    async def start_kernel(self, **settings: Any) -> None:  # type: ignore[override]
        def limit() -> None:
            if self.threads is None:
                return
            _lower(resource.RLIMIT_NPROC, self.threads)

        await super().start_kernel(preexec_fn=limit, **settings)


def _limit(job: dict[str, Any]) -> None:
    """Set limits for each process started from now on: Kafka is already running."""
    _lower(resource.RLIMIT_DATA, job["memory"])
    _lower(resource.RLIMIT_FSIZE, job["file_size"])
    if job["enclosed"]:  # outside a sandbox all of the user's processes would count
        Kernel.threads = job["threads"]
    _lower(resource.RLIMIT_CORE, 0)


def _lower(kind: int, limit: int) -> None:
    """Set a limit, unless a lower one is in force, which cannot be raised."""
    _, hard = resource.getrlimit(kind)
    lowest = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(kind, (lowest, lowest))


def _executed(cells: int) -> list[Any]:
    """The cells as papermill has saved them; none if the notebook has damaged that file."""
    try:
        found = json.loads(EXECUTED.read_bytes())["cells"]
        return [each for each in found if each["cell_type"] == "code"][:cells]  # papermill adds others about errors
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []


def _was_begun(cell: Any) -> bool:
    try:
        return bool(cell["metadata"]["papermill"]["start_time"])
    except (KeyError, TypeError):
        return False


def _trouble(cell: Any) -> str:
    """Why a cell failed, in one line; empty if it did not."""
    with contextlib.suppress(KeyError, TypeError, AttributeError):
        found = [f"{each['ename']}: {each['evalue']}" for each in cell["outputs"] if each["output_type"] == "error"]
        return "".join(found[:1]).partition("\n")[0]
    return ""


def _text(cell: Any) -> str:
    """What a cell wrote, as text."""
    found = []
    with contextlib.suppress(KeyError, TypeError, AttributeError):
        for each in cell["outputs"]:
            if each["output_type"] == "error":
                found += [f"{each['ename']}: {each['evalue']}"]
            else:
                found += [each["text"] if "text" in each else each["data"].get("text/plain", "")]
    return "\n".join(dict.fromkeys("".join(each).rstrip("\n") for each in found))  # a live view occurs twice


@contextlib.contextmanager
def _kept_small(spared: Collection[int], job: dict[str, Any]) -> Iterator[None]:
    """Kill the notebook's processes as soon as there are too many: a fork bomb slows other sandboxes too."""
    over = threading.Event()

    def watch() -> None:
        while job["enclosed"] and not over.wait(0.1):
            with _ending:
                if len(psutil.pids()) > job["processes"]:
                    _end_all(spared, enclosed=True)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _end_all(spared: Collection[int], enclosed: bool) -> None:
    """Kill what the notebook left running, for at most 5 s: its output must not change while it is read."""
    deadline = time.monotonic() + 5
    with _ending:
        while (killed := _killed(spared, enclosed)) and time.monotonic() < deadline:
            for pid in killed:
                with contextlib.suppress(OSError):  # not a child of this process
                    os.waitpid(pid, os.WNOHANG)
            time.sleep(0.01)


_ending = threading.RLock()


def _killed(spared: Collection[int], enclosed: bool) -> list[int]:
    """Kill everything, and return what that was. In the sandbox one call first stops everything, because processes that
    fork faster than they are killed would never end."""
    with contextlib.ExitStack() as stack:
        if enclosed:
            os.kill(-1, signal.SIGSTOP)
            stack.callback(os.kill, -1, signal.SIGCONT)
        there = psutil.pids() if enclosed else [each.pid for each in psutil.Process().children(recursive=True)]
        found = [pid for pid in there if pid not in spared]
        for pid in found:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
    return found


def _hand_out(out: Lines, job: dict[str, Any], topics: Topics, topic: str) -> None:
    """Write every record of a topic, up to the limits; none if an endless loop has filled the topic."""
    size = 0
    if not topics.partitions(topic) or topics.count(topic) > job["records"]:
        return
    for record in tap.everything(topics, topic, raw=True):
        value = record.value or b""
        line = {"topic": topic, "key": record.key, "time": record.timestamp, "headers": record.headers}
        line |= {"value": base64.b64encode(value[: job["record_size"] + 1]).decode()}
        size += len(json.dumps(line))
        if size > job["topic_size"]:
            return
        out.say(**line)


if __name__ == "__main__":
    main()
