"""Plant the faults of faults.toml, one at a time, in a copy of this clone, and write what finds them to docs/faults.md.

uv run --all-extras python -m scripts.faults           # all; or name some, and the others stay in the table as they are
uv run --all-extras python -m scripts.faults --check   # runs no test: do the faults still fit the code?
"""

import ast
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from labkit.jvm import store
from tests.broker.lives import link_or_copy

ROOT = Path(__file__).parents[1]
DATA, TABLE = Path(__file__).with_suffix(".toml"), ROOT / "docs/faults.md"
LIMIT = 120.0  # seconds that the tests of a fault may take
SURVIVED, TIMEOUT = "**survived**", f"no end within {LIMIT:g} s"
HEAD = f"""\
# Planted faults

`python -m scripts.faults` plants each fault of `scripts/faults.toml` in a copy of the code, and runs the few tests that
ought to find it. Here is the test that failed first; it passes without the fault. A fault is also found if the tests
come to no end within {LIMIT:g} s.

| fault | file in labkit | found by |
|---|---|---|
"""


@dataclass(frozen=True)
class Fault:
    """In a file of labkit `old`, which occurs there once, becomes `new`. The `tests` ought to find it."""

    name: str
    file: str
    old: str
    new: str
    tests: list[str]

    def plant(self, root: Path) -> None:
        path = root / "labkit" / self.file
        path.write_text(path.read_text().replace(self.old, self.new))

    def misfit(self) -> str:
        """Why it does not fit the code any more; empty if it does. Raises SyntaxError if it is no Python."""
        text = (ROOT / "labkit" / self.file).read_text()
        if (times := text.count(self.old)) != 1:
            return f"{self.name}: `old` is {times} times in {self.file}"
        if self.file.endswith(".py"):
            ast.parse(text.replace(self.old, self.new), self.name)
        names = [(file, name.partition("[")[0]) for file, _, name in (each.partition("::") for each in self.tests)]
        lost = [name for file, name in names if f"def {name}" not in (ROOT / file).read_text()]
        return f"{self.name}: there is no {lost[0]}" if lost else ""


def copy(to: Path) -> None:
    """A copy of this clone, and of what is linked there: an environment that imports the copy, and the cached jars."""
    shutil.copytree(ROOT, to, ignore=shutil.ignore_patterns(".git", ".venv", ".*_cache"), dirs_exist_ok=True)
    shutil.copytree(ROOT / ".venv", to / ".venv", symlinks=True, copy_function=link_or_copy)
    unlocked = shutil.ignore_patterns("*.lock")
    shutil.copytree(store.root(), to / "cache/labkit", ignore=unlocked, copy_function=link_or_copy)
    for file in [*to.glob(".venv/lib/python*/site-packages/*.pth"), *to.glob(".venv/bin/*")]:
        if not file.is_symlink() and file.is_file() and bytes(ROOT) in (content := file.read_bytes()):
            fresh = file.with_suffix(".new")  # nobody may write into a link
            fresh.write_bytes(content.replace(bytes(ROOT), bytes(to)))
            shutil.copymode(file, fresh)
            fresh.replace(file)
    found = subprocess.check_output(
        [f"{to}/.venv/bin/python", "-Ic", "import labkit; print(labkit.__file__)"], text=True
    )
    assert found.startswith(str(to)), f"the copy imports {found}"


def first_failure(where: Path, tests: Sequence[str]) -> str:
    """The test that fails first, TIMEOUT if they come to no end, or SURVIVED if none fails."""
    command = [f"{where}/.venv/bin/python", "-m", "pytest", "-n0", "-xq", "--tb=no", "--hypothesis-seed=0", *tests]
    own = {"XDG_CACHE_HOME": str(where / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}  # nothing of a fault may stay
    with (log := where / "log").open("w") as out:
        run = subprocess.Popen(command, cwd=where, env=os.environ | own, stdout=out, stderr=out, start_new_session=True)
    try:
        code = run.wait(LIMIT)
    except subprocess.TimeoutExpired:
        return TIMEOUT
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)
        run.wait()
    failed = re.search(r"^(?:FAILED|ERROR) (\S.*?)(?: - .*)?$", log.read_text(), re.MULTILINE)
    assert failed or not code, log.read_text()
    return failed[1] if failed else SURVIVED


def found_by(fault: Fault, where: Path) -> str:
    """What finds a fault in the copy: something that passes without it."""
    fault.plant(where)
    found = first_failure(where, fault.tests)
    shutil.copy2(ROOT / "labkit" / fault.file, where / "labkit" / fault.file)
    if found == SURVIVED or first_failure(where, fault.tests if found == TIMEOUT else [found]) == SURVIVED:
        return found
    return f"not tried: {found} also without it"


def main() -> None:
    faults = [Fault(**each) for each in tomllib.loads(DATA.read_text())["fault"]]
    if wrong := [*filter(None, (each.misfit() for each in faults))]:
        raise SystemExit("\n".join(wrong))
    if sys.argv[1:] == ["--check"]:
        return
    found = dict(re.findall(r"^\| (\S+) \| .* \| (.+) \|$", TABLE.read_text() if TABLE.exists() else "", re.MULTILINE))
    with tempfile.TemporaryDirectory(prefix="faults-") as where:
        copy(Path(where))
        for fault in [each for each in faults if each.name in (sys.argv[1:] or [each.name])]:
            begun = time.monotonic()
            found[fault.name] = found_by(fault, Path(where))
            rows = [f"| {each.name} | `{each.file}` | {found.get(each.name, 'not tried')} |\n" for each in faults]
            TABLE.write_text(HEAD + "".join(rows))
            print(f"{fault.name}: {found[fault.name]} ({time.monotonic() - begun:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
