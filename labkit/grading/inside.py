"""Runs one notebook in the sandbox: a broker, the hidden readings, papermill, and then the records that came out.

    python inside.py < JOB > LINES

The job is one line of JSON: a nonce, the cells, the exercises with their readings, and limits in seconds and bytes.
Each line that is written begins with the nonce, so that lines of anybody else can be told from these. What comes out is
still what the notebook wrote: whoever reads it must expect anything.
"""

import base64
import ctypes
import json
import os
import re
import resource
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbformat.v4 import new_code_cell, new_notebook

from labkit.broker import OwnBroker
from labkit.kafka import clients, tap
from labkit.kafka.topics import Topics

HOME, SCRATCH = Path.home(), Path(tempfile.gettempdir())
EXECUTED = SCRATCH / "executed.ipynb"
PR_SET_DUMPABLE = 4


def main() -> None:
    job = json.loads(sys.stdin.readline())
    out = _private_output()
    HOME.mkdir()
    broker = OwnBroker()
    try:
        topics = Topics(broker.address)
        _fill(topics, job["exercises"])
        _limit(job)
        ended = run(job, broker.address)
        _end_all_others()
        _say(out, job, ended)
        for topic in (name for each in job["exercises"] for name in each["outputs"]):
            _hand_out(out, job, topics, topic)
        _say(out, job, {"done": True})
    finally:
        broker.close()


def _private_output() -> Any:
    """Standard output under another number, which no child gets, in a process whose files others cannot open."""
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    out = os.fdopen(os.dup(1), "w")
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    return out


def _say(out: Any, job: dict[str, Any], line: dict[str, Any]) -> None:
    out.write(f"{job['nonce']} {json.dumps(line)}\n")
    out.flush()


def _fill(topics: Topics, exercises: list[dict[str, Any]]) -> None:
    producer = clients.producer(topics.address)
    for exercise in exercises:
        topics.create(exercise["reads"], partitions=exercise["partitions"])
        topics.create(*exercise["outputs"])
        for key, value, timestamp in exercise["records"]:
            producer.produce(exercise["reads"], base64.b64decode(value), key, timestamp=timestamp)
    producer.flush(30)


def run(job: dict[str, Any], address: str) -> dict[str, Any]:
    """Run the notebook; as long as a cell kills the kernel, run it again without that cell.

    Checks that come before the cell write the same records again, those after it have their turn.
    """
    os.environ.update(LAB_BROKER=address, LAB_GRADED="1", LAB_PROGRESS=str(SCRATCH / "progress.json"))
    cells, deadline = list(job["cells"]), time.monotonic() + job["seconds"]
    left_out = 0
    while True:
        reason = _execute(cells, job, deadline)
        number = _last_begun(len(cells))
        if not reason or number is None or time.monotonic() > deadline or left_out > job["again"]:
            break
        del cells[number]
        left_out += 1
    late = time.monotonic() > deadline
    return {"ended": "timeout" if late else "crashed" if left_out or reason else "ok"}


def _execute(sources: list[str], job: dict[str, Any], deadline: float) -> str:
    """Execute the cells with papermill; why it could not get to the end, if it could not."""
    path = str(SCRATCH / "notebook.ipynb")
    cells: list[Any] = [new_code_cell(each) for each in sources]  # type: ignore[no-untyped-call]
    nbformat.write(new_notebook(cells=cells, metadata=KERNEL), path)  # type: ignore[no-untyped-call]
    EXECUTED.unlink(missing_ok=True)
    limit = max(min(job["cell_seconds"], deadline - time.monotonic()), 1)
    try:
        papermill.execute_notebook(
            path, str(EXECUTED), kernel_name="python3", progress_bar=False, log_output=False, store_widget_state=False,
            execution_timeout=int(limit), allow_errors=True, cwd=HOME,
        )  # fmt: skip
    except papermill.PapermillExecutionError:
        return ""
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:500]
    return ""


KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def _limit(job: dict[str, Any]) -> None:
    """Limits for each process that is started from now on: Kafka runs already."""
    resource.setrlimit(resource.RLIMIT_DATA, (job["memory"], job["memory"]))
    resource.setrlimit(resource.RLIMIT_FSIZE, (job["file_size"], job["file_size"]))
    resource.setrlimit(resource.RLIMIT_NPROC, (job["processes"], job["processes"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _last_begun(cells: int) -> int | None:
    """The number of the cell that papermill was executing when it broke off."""
    try:
        found = json.loads(EXECUTED.read_bytes())["cells"][:cells]
        begun = [n for n, each in enumerate(found) if each["metadata"].get("papermill", {}).get("start_time")]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return begun[-1] if begun else None


def _end_all_others() -> None:
    """Kill everything but this process, its ancestors, and Kafka with its keeper: what comes out must stand still."""
    mine = {os.getpid(), *_ancestors()}
    for each in Path("/proc").glob("[0-9]*"):
        command = _read(each / "cmdline")
        if int(each.name) not in mine and not re.search(rb"keeper\.py|kafka\.Kafka", command):
            try:
                os.kill(int(each.name), signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue


def _ancestors() -> set[int]:
    found, pid = set(), os.getppid()
    while pid > 0:
        found.add(pid)
        match = re.search(rb"^PPid:\s+(\d+)", _read(Path(f"/proc/{pid}/status")), flags=re.MULTILINE)
        pid = int(match[1]) if match else 0
    return found


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _hand_out(out: Any, job: dict[str, Any], topics: Topics, topic: str) -> None:
    """Every record of a topic, up to the limits."""
    size = 0
    for record in tap.everything(topics, topic, raw=True) if topics.partitions(topic) else []:
        value = record.value or b""
        line = {"topic": topic, "key": record.key, "time": record.timestamp, "headers": record.headers}
        line |= {"value": base64.b64encode(value[: job["record_size"] + 1]).decode()}
        size += len(json.dumps(line))
        if size > job["topic_size"]:
            _say(out, job, {"topic": topic, "cut": True})
            return
        _say(out, job, line)


if __name__ == "__main__":
    main()
