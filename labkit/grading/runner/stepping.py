"""What answers did with their first wrong records: told when the grader has judged what came out, which nothing can
change any more.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from labkit.grading.runner.kernel import limit_threads
from labkit.grading.runner.messages import Channel, Message

COMMAND = (sys.executable, "-I", "-m", "labkit.exercises.steps")
LIMIT = 30.0  # seconds for all of a notebook's answers
LONGEST = 4_000  # characters of a step
LARGEST = 200_000  # bytes that are read of what the process says


def tell(wanted: Mapping[str, Any], answers: Mapping[str, bytes], channel: Channel) -> None:
    """Steps through the answers that are wanted, in a process like the notebook's own, and sends the steps."""
    asked = {name: places for name, places in wanted.items() if answers.get(name)}
    if asked:
        for name, text in _read(_said(asked, answers)):
            channel.send(Message.STEP, exercise=name, text=text[:LONGEST])


def _said(asked: Mapping[str, Any], answers: Mapping[str, bytes]) -> bytes:
    """Returns what the process says within the time limit. It runs answers, so it may say anything."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, tempfile.TemporaryFile() as out:
        for name in asked:
            Path(folder, name).write_bytes(answers[name])
        process = subprocess.Popen(
            [*COMMAND, folder], stdin=subprocess.PIPE, stdout=out, stderr=subprocess.DEVNULL, preexec_fn=limit_threads
        )
        try:
            process.communicate(json.dumps(asked).encode(), timeout=LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        out.seek(0)
        return out.read(LARGEST)


def _read(said: bytes) -> Iterator[tuple[str, str]]:
    """Yields the exercises with their steps, as far as they are said."""
    for line in said.splitlines():
        try:
            match json.loads(line):
                case [str(name), str(text)]:
                    yield name, text
        except (ValueError, RecursionError):
            continue
