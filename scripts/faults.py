"""Plant the faults of faults.toml, one at a time, in a copy of this clone, and write what finds them to docs/faults.md.

uv run --all-extras python -m scripts.faults          # all; or name some: the others stay in the table as they are
uv run --all-extras python -m scripts.faults --check  # run no test: do the faults still fit the code?
"""

import ast
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

from labkit.jvm import store
from tests.broker.lives import link_or_copy

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "docs/faults.md"
LIMIT = 120.0  # seconds that the tests of a fault may take
SURVIVED, TIMEOUT = "**survived**", f"no end within {LIMIT:g} s"


@dataclass(frozen=True)
class Fault:
    """In a file of labkit `old`, which occurs there once, becomes `new`. The `tests` ought to find it."""

    name: str
    file: str
    old: str
    new: str
    tests: list[str]

    def misfit(self) -> str:
        """Why it does not fit the code any more; empty if it does. Raises SyntaxError if it is no Python."""
        text = (ROOT / "labkit" / self.file).read_text()
        if self.file.endswith(".py"):
            ast.parse(text.replace(self.old, self.new), self.name)
        places = [each.partition("[")[0].partition("::") for each in self.tests]
        lost = [name for file, _, name in places if f"def {name}" not in (ROOT / file).read_text()]
        found = text.count(self.old)
        return "" if found == 1 and not lost else f"{self.name}: `old` is there {found} times; lost tests: {lost}"


FAULTS = [Fault(**each) for each in tomllib.loads(Path(__file__).with_suffix(".toml").read_text())["fault"]]


def table() -> tuple[str, dict[str, str]]:
    """The text above the rows of the table, and what has found each fault."""
    head, line, rows = TABLE.read_text().partition("|---|---|---|\n")
    return head + line, dict(re.findall(r"^\| (\S+) \| .* \| (.+) \|$", rows, re.MULTILINE))


def copy(to: Path) -> None:
    """A copy of this clone, and of what is linked there: an environment that imports the copy, and the cached jars."""
    shutil.copytree(ROOT, to, ignore=shutil.ignore_patterns(".git", ".venv", ".*_cache"), dirs_exist_ok=True)
    shutil.copytree(ROOT / ".venv", to / ".venv", symlinks=True, copy_function=link_or_copy)
    cache, locks = to / "cache" / "labkit", shutil.ignore_patterns("*.lock")
    shutil.copytree(store.root(), cache, ignore=locks, copy_function=link_or_copy)
    for file in [*to.glob(".venv/lib/python*/site-packages/*.pth"), *to.glob(".venv/bin/*")]:
        if not file.is_symlink() and file.is_file() and bytes(ROOT) in (content := file.read_bytes()):
            fresh = file.with_suffix(".new")  # nobody may write into a link
            fresh.write_bytes(content.replace(bytes(ROOT), bytes(to)))
            shutil.copymode(file, fresh)
            fresh.replace(file)
    command = [f"{to}/.venv/bin/python", "-Ic", "import labkit; print(labkit.__file__)"]
    assert subprocess.check_output(command).startswith(bytes(to)), "the copy imports another labkit"


def first_failure(where: Path, tests: list[str]) -> str:
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
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()
    failed = re.search(r"^(?:FAILED|ERROR) (\S.*?)(?: - .*)?$", log.read_text(), re.MULTILINE)
    assert failed or not code, log.read_text()
    return failed[1] if failed else SURVIVED


def found_by(fault: Fault, where: Path) -> str:
    """What finds a fault in the copy: something that passes without it."""
    sound, file = ROOT / "labkit" / fault.file, where / "labkit" / fault.file
    file.write_text(sound.read_text().replace(fault.old, fault.new))
    found = first_failure(where, fault.tests)
    shutil.copy2(sound, file)
    if found == SURVIVED or first_failure(where, fault.tests if found == TIMEOUT else [found]) == SURVIVED:
        return found
    return f"not tried: {found} also without it"


def main(names: list[str]) -> None:
    wrong = [each for fault in FAULTS if (each := fault.misfit())]
    if wrong or names == ["--check"]:
        raise SystemExit("\n".join(wrong) or None)
    head, found = table()
    with tempfile.TemporaryDirectory(prefix="faults-") as where:
        copy(Path(where))
        for fault in [each for each in FAULTS if not names or each.name in names]:
            begun = time.monotonic()
            found[fault.name] = found_by(fault, Path(where))
            rows = [f"| {each.name} | `{each.file}` | {found.get(each.name, 'not tried')} |\n" for each in FAULTS]
            TABLE.write_text(head + "".join(rows))
            print(f"{fault.name}: {found[fault.name]} ({time.monotonic() - begun:.0f} s)", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
