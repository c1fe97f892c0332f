"""Training an ahead-of-time cache, from which a JVM starts several times as fast (JEP 483 and 514)."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from labkit.errors import LabError
from labkit.jvm import store
from labkit.jvm.supervised import Supervised


@contextlib.contextmanager
def exclusive(installation: store.Installation) -> Iterator[Path | None]:
    """Yield a path for a JVM to write its cache to, or None if the cache exists, if another process is creating it, or
    if this user cannot write there.

    When the block ends without an error, the file becomes the cache. Raises LabError if there is no file.
    """
    try:
        locked = FileLock(f"{installation.directory}.training.lock", timeout=0).acquire()
    except (Timeout, OSError):
        yield None
        return
    with locked:
        if installation.aot:
            yield None
            return
        with store.scratch(installation.directory / "training") as directory:
            fresh = directory / installation.aot_file.name
            yield fresh
            if not fresh.exists():
                raise LabError(f"The JVM of {installation.what} wrote no ahead-of-time cache: starts stay slow.")
            store.replace_sealed(fresh, installation.aot_file)


def start(installation: store.Installation, module: str) -> Supervised:
    """Run a training module in a process of its own, which ends with this one."""
    trainer = Supervised()
    trainer.start([sys.executable, "-m", module, str(installation.directory.parent)])
    return trainer
