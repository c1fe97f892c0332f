"""An error of the lab in a script is one line, as in a notebook."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from labkit.errors import Interruption, interruptible

SCRIPT = """from labkit import Lab


def main():
    Lab(brokers=2)


main()
"""
LINE = r"LabError: A lab's own Kafka has 1 or 3 brokers: [^\n]+ \([^\n]*script\.py, line 5\)\n"


def fails(script: Path, text: str, **environment: str) -> str:
    """Runs a script that fails; returns what it writes to stderr."""
    script.write_text(text)
    command = [sys.executable, "-W", "error", str(script)]
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert not done.stdout
    return done.stderr


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return tmp_path / "script.py"


def test_it_is_one_line_with_that_of_the_script(script: Path) -> None:
    assert re.fullmatch(LINE, fails(script, SCRIPT))


def test_the_whole_traceback_is_there_for_whoever_asks(script: Path) -> None:
    told = fails(script, SCRIPT, LAB_TRACEBACK="1")
    assert told.startswith("Traceback (most recent call last):")
    assert "find_or_start" in told


def test_other_errors_keep_their_traceback(script: Path) -> None:
    told = fails(script, "import labkit\n1 / 0\n")
    assert told.startswith("Traceback (most recent call last):")
    assert told.endswith("ZeroDivisionError: division by zero\n")


def test_an_interrupt_in_c_code_that_has_no_error_of_its_own_for_it_is_one_too() -> None:
    """CPython's words when a call returned a result although a signal's handler had raised: so Confluent's clients."""

    @interruptible
    def ask() -> None:
        raise SystemError("<built-in method list_offsets> returned a result with an exception set") from cause

    cause: BaseException = KeyboardInterrupt()
    with pytest.raises(Interruption, match=r"^ask was interrupted; what runs in the background goes on.$"):
        ask()
    cause = ValueError()
    with pytest.raises(SystemError):
        ask()
