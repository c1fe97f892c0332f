"""Executes a notebook, again without each cell that kills the kernel, and sends what came of it."""

import base64
import contextlib
import json
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbformat.v4 import new_code_cell, new_notebook

from labkit.exercises import handing_in
from labkit.grading.runner.job import Job
from labkit.grading.runner.kernel import Kernel
from labkit.grading.runner.messages import Channel, Message
from labkit.grading.runner.processes import Reaper
from labkit.waiting import Deadline

SCRATCH = Path(tempfile.gettempdir())
EXECUTED = SCRATCH / "executed.ipynb"
WITHOUT = "; the other cells ran without it"
BUSY = 0.8  # of a CPU: who had that much was not kept waiting by others
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def run(job: Job, channel: Channel, reaper: Reaper) -> dict[str, bytes]:
    """Runs the notebook; whenever a cell kills the kernel, runs it again without that cell. Sends what came of it, and
    returns the packed answers by exercise.

    Checks before that cell write the same records again; those after it get their turn.
    """
    numbers, deadline = list(range(len(job.cells))), Deadline(job.limits.seconds)
    left_out: dict[int, str] = {}
    share, was_killed, was_late = _share_of_a_cpu(), False, False
    while True:
        reason = _execute([job.cells[number] for number in numbers], job, deadline)
        was_killed |= Kernel.was_killed
        reaper.end_all()  # before anything is reported or read
        executed = _executed(len(numbers))
        last = max((index for index, each in enumerate(executed) if _was_begun(each)), default=None)
        if not reason or last is None or deadline.has_passed() or len(left_out) > job.limits.again:
            break
        left_out[numbers.pop(last)] = _why(reason, job)
        was_late |= _is_late(reason)
    answers = _send_outputs(job, numbers, executed, channel)
    for number, why in left_out.items():
        channel.send(Message.CELL, number=number, text=why, error=why)
    late = deadline.has_passed()
    waited = late or was_late or (bool(reason) and not left_out)
    status = "timeout" if late else "crashed" if left_out or reason else "ok"
    channel.send(Message.ENDED, status=status, starved=was_killed or (waited and share() < BUSY))
    return answers


def _share_of_a_cpu() -> Callable[[], float]:
    """Returns a function for how much of a CPU those children have used since that have ended, 1 for all of it."""

    def used() -> float:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return children.ru_utime + children.ru_stime

    begun, before = time.monotonic(), used()
    return lambda: (used() - before) / (time.monotonic() - begun)


def _send_outputs(job: Job, numbers: list[int], executed: list[Any], channel: Channel) -> dict[str, bytes]:
    """Sends what the cells wrote, and what their checks came to. Returns the answers of these, the last of each."""
    answers: dict[str, bytes] = {}
    for number, cell in zip(numbers, executed, strict=False):
        if text := _text(cell)[: job.limits.shown]:
            channel.send(Message.CELL, number=number, text=text, error=_error(cell))
        for verdict, answer in verdicts(cell):
            channel.send(Message.VERDICT, **verdict)
            answers[verdict["exercise"]] = answer
    return answers


def _why(reason: str, job: Job) -> str:
    """Returns why a cell was left out, from what papermill has said."""
    return (f"it ran longer than {job.limits.cell_seconds} s" if _is_late(reason) else "it ended the kernel") + WITHOUT


def _is_late(reason: str) -> bool:
    return reason.startswith("CellTimeoutError")


def _execute(sources: list[str], job: Job, deadline: Deadline) -> str:
    """Executes the cells with papermill. Returns why it could not get to the end; empty if it could."""
    path = str(SCRATCH / "notebook.ipynb")
    cells: list[Any] = [new_code_cell(each) for each in sources]  # type: ignore[no-untyped-call]
    nbformat.write(new_notebook(cells=cells, metadata=KERNEL), path)  # type: ignore[no-untyped-call]
    EXECUTED.unlink(missing_ok=True)
    limit = int(max(min(job.limits.cell_seconds, deadline.left()), 1))
    try:
        with _fresh_home(job) as home:
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
def _fresh_home(job: Job) -> Iterator[Path]:
    """A working directory with the job's files, and others beside it for what IPython and Jupyter read at start-up.

    A notebook that is run again finds nothing from its earlier run.
    """
    with tempfile.TemporaryDirectory(prefix="run-", ignore_cleanup_errors=True) as folder:
        names = ["IPYTHONDIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", *(["HOME"] if job.isolated else [])]
        os.environ.update({name: str(Path(folder, name.lower())) for name in names})
        home = Path(folder, "home")
        home.mkdir()
        for name, content in job.files.items():
            with contextlib.suppress(OSError, ValueError):  # a name that no disk takes, or of a file and of a folder
                Path(home, name).parent.mkdir(parents=True, exist_ok=True)
                Path(home, name).write_bytes(base64.b64decode(content))
        yield home


def _executed(cells: int) -> list[Any]:
    """Returns the cells as papermill has saved them; none if the notebook has damaged that file."""
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


def _error(cell: Any) -> str:
    """Returns why a cell failed, in one line; empty if it did not."""
    with contextlib.suppress(KeyError, TypeError, AttributeError):
        found = [f"{each['ename']}: {each['evalue']}" for each in cell["outputs"] if each["output_type"] == "error"]
        return "".join(found[:1]).partition("\n")[0]
    return ""


def verdicts(cell: Any) -> list[tuple[dict[str, str], bytes]]:
    """Returns what the checks in a cell came to, each with the packed answer."""
    with contextlib.suppress(KeyError, TypeError, AttributeError):
        shown = [each["data"] for each in cell["outputs"] if each["output_type"] == "display_data"]
        return [(said, handing_in.answer(each)) for each in shown if (said := handing_in.read(each))]
    return []


def _text(cell: Any) -> str:
    """Returns what a cell wrote, as text."""
    found = []
    with contextlib.suppress(KeyError, TypeError, AttributeError):
        for each in cell["outputs"]:
            if each["output_type"] == "error":
                found += [f"{each['ename']}: {each['evalue']}"]
            else:
                found += [each["text"] if "text" in each else each["data"].get("text/plain", "")]
    return "\n".join(dict.fromkeys("".join(each).rstrip("\n") for each in found))  # a live view occurs twice
