"""What reads submissions and writes marks does the same for an ordinary user as for root: from root, its tests are run
by one, too. (Tests with sandboxes have the fixture `user` for that.)
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.grading.users import ROOT, USERS, User

NAMES = ("copies", "files", "gradebook", "layouts", "lms", "results", "submissions", "times")


def result(folder: Path) -> int:
    """Runs these tests, with all that they write in a folder. Returns pytest's exit code."""
    files = [str(ROOT / "tests" / "grading" / f"test_{name}.py") for name in NAMES]
    options = ["-q", "-n0", "-p", "no:cacheprovider", f"--basetemp={folder / 'tests'}"]
    here = os.environ | {"HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis")}
    return subprocess.run([sys.executable, "-m", "pytest", *options, *files], env=here, stdout=sys.stderr).returncode


if "root" in USERS:

    @pytest.mark.slow
    @pytest.mark.usefixtures("sandboxes")
    def test_an_ordinary_user_reads_and_marks_the_same() -> None:
        with tempfile.TemporaryDirectory() as folder:
            assert User("user", Path(folder)).call(result, Path(folder)) == pytest.ExitCode.OK
