"""Who grades: root, as in a container, and an ordinary user, as most instructors are. From root, tests are both."""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.jvm import store

ROOT = Path(__file__).parents[2]
USERS = ("root", "user") if os.geteuid() == 0 else ("user",)
UID = 1234
CALL = (
    "import pickle, sys; function, arguments = pickle.load(sys.stdin.buffer); out = sys.stdout.buffer; "
    "sys.stdout = sys.stderr; pickle.dump(function(*arguments), out)"
)


@dataclass
class User:
    """Somebody with a folder of their own, who calls functions of the tests."""

    name: str
    folder: Path

    @property
    def is_first(self) -> bool:
        """Whether it is the one with whom everything is tried; the others try what may depend on the user."""
        return self.name == USERS[0]

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Returns what a function returns to this user; it is called in another process if that takes another user."""
        if self.is_first:
            return function(*arguments)
        become = self._become()
        for each in (self.folder, *self.folder.rglob("*")):
            os.chown(each, UID, UID)
        called = subprocess.run(
            [*become, sys.executable, "-c", CALL], cwd=ROOT, input=pickle.dumps((function, arguments)),
            stdout=subprocess.PIPE, check=True,
        )  # fmt: skip
        return pickle.loads(called.stdout)

    def _become(self) -> list[str]:
        """Returns the command line before one of this user, who sees of root's home only Python and these tests."""
        home, cache = Path.home(), self.folder / "cache"
        (cache / "labkit").mkdir(parents=True, exist_ok=True)
        shown = [ROOT, Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parents[1]]
        command = ["bwrap", "--dev-bind", "/", "/", "--perms", "0755", "--tmpfs", str(home)]
        for folder in sorted({above for each in shown for above in each.parents if home in above.parents}):
            command += ["--perms", "0755", "--dir", str(folder)]
        for source, there in (*((each, each) for each in shown), (store.root(), cache / "labkit")):
            command += ["--ro-bind", str(source), str(there)]
        drop = ["setpriv", "--reuid", str(UID), "--regid", str(UID), "--clear-groups"]
        return [*command, *drop, "env", f"HOME={self.folder}", f"XDG_CACHE_HOME={cache}"]
