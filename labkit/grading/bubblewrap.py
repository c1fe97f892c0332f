"""The command line of the sandbox: bubblewrap with its own namespaces, where only the grader's runner is visible."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import labkit
from labkit.errors import LabError
from labkit.jvm import store

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc/ld.so.cache")
CACHE_THERE, TMP, SHM = Path("/cache"), Path("/tmp"), Path("/dev/shm")
PACKAGE = Path(labkit.__file__).parent
HIDDEN = PACKAGE / "grading"
RUNNER = HIDDEN / "runner"
RUN = (sys.executable, "-I", "-m", "labkit.grading.runner")
RECORDED = PACKAGE / "exercises" / "collection" / "recorded"  # what checks in notebooks expect
ETC = HIDDEN / "etc"  # the names of the machine and of the user in the sandbox
NOBODY = "65534"


def require() -> None:
    """Raises LabError, saying what to do, unless bubblewrap can make a sandbox here."""
    if not shutil.which("bwrap"):
        raise LabError(
            "Grading needs bubblewrap, which Linux has: `apt-get install bubblewrap` or `dnf install bubblewrap`. "
            "Without it nothing is run, unless you say --unsafe-no-sandbox."
        )
    command = [*_namespaces(), "--bind", "/", "/", "--dev", "/dev", "--proc", "/proc", *_unprivileged(), "true"]
    tried = subprocess.run(command, capture_output=True, text=True, check=False)
    if "disable-userns" in tried.stderr:
        raise LabError("This bubblewrap is too old: grading needs version 0.8 or newer.")
    if tried.returncode:
        raise LabError(
            f"bubblewrap cannot make a sandbox here ({tried.stderr.strip()[:200]}). On Ubuntu 24.04 AppArmor forbids "
            "it: allow it with a profile for /usr/bin/bwrap that has `userns,`, or run as root."
        )


def _namespaces() -> list[str]:
    """As root the mounts need no user namespace; it is created later, after the switch to an unprivileged user."""
    user = [] if _is_root() else ["--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000"]
    others = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    return [_program("bwrap"), *user, *others, "--die-with-parent", "--new-session", "--hostname", "grading"]


def _program(name: str) -> str:
    """Returns the path of a program, which is started without PATH."""
    return shutil.which(name) or name


def _is_root() -> bool:
    return os.geteuid() == 0


def command(disk: int, cpu: int, seccomp: int | None = None) -> list[str]:
    """Returns the command line of the sandbox around the runner.

    `disk` is the size of its temporary directory in bytes, `cpu` the number of the only CPU that it runs on, `seccomp`
    the descriptor of a file with a filter for system calls.
    """
    arguments = [
        _program("taskset"),
        "--cpu-list",
        str(cpu),
        *_namespaces(),
        "--clearenv",
        *(["--seccomp", str(seccomp)] if seccomp is not None else []),
    ]
    for name, value in _environment().items():
        arguments += ["--setenv", name, value]
    return [*arguments, *_mounts(disk), *_unprivileged(), *RUN]


def _mounts(disk: int) -> list[str]:
    """Returns the options for the file system of the sandbox: it contains only what is named here."""
    python = Path(sys.executable).resolve().parents[1]
    shown = _outermost([Path(sys.prefix), Path(sys.base_prefix), python, PACKAGE])
    arguments = ["--proc", "/proc", "--dev", "/dev"]
    for directory, size in ((TMP, disk), (SHM, disk // 8)):
        arguments += ["--perms", "1777", "--size", str(size), "--tmpfs", str(directory)]
    for path in _parents([*shown, CACHE_THERE / "labkit", Path("/etc/hosts")]):
        arguments += ["--perms", "0755", "--dir", str(path)]
    for path in filter(Path.exists, map(Path, SYSTEM)):
        how = ["--symlink", os.readlink(path)] if path.is_symlink() else ["--ro-bind", str(path)]
        arguments += [*how, str(path)]
    for path in shown:
        arguments += ["--ro-bind", str(path), str(path)]
    arguments += ["--tmpfs", str(HIDDEN), "--ro-bind", str(RUNNER), str(RUNNER), "--remount-ro", str(HIDDEN)]
    arguments += ["--tmpfs", str(RECORDED), "--remount-ro", str(RECORDED)]
    for file in sorted(ETC.iterdir()):
        arguments += ["--ro-bind", str(file), f"/etc/{file.name}"]
    arguments += ["--ro-bind", str(store.root()), str(CACHE_THERE / "labkit")]
    return [*arguments, "--remount-ro", "/dev", "--remount-ro", "/"]  # both are in memory


def _environment() -> dict[str, str]:
    return {
        "TMPDIR": str(TMP),
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(TMP),
        "XDG_CACHE_HOME": str(CACHE_THERE),
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _unprivileged() -> list[str]:
    """For root: irrevocably become the user nobody, then create a user namespace."""
    if not _is_root():
        return []
    drop = [_program("setpriv"), "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "--no-new-privs"]
    user = [
        _program("bwrap"),
        "--unshare-user",
        "--disable-userns",
        "--uid",
        "1000",
        "--gid",
        "1000",
        "--dev-bind",
        "/",
        "/",
    ]
    return [*drop, "--bounding-set=-all", "--inh-caps=-all", *user]


def _outermost(paths: Sequence[Path]) -> list[Path]:
    """Returns the paths that are not within others, nor in /usr, which is shown anyway."""
    found: list[Path] = []
    for path in sorted({*paths}):
        if not any(path.is_relative_to(other) for other in [*found, Path("/usr")]):
            found.append(path)
    return found


def _parents(paths: Sequence[Path]) -> list[Path]:
    """Returns the directories above the paths, outermost first: bubblewrap would make them readable by root only."""
    found = {parent for path in paths for parent in path.parents if parent not in (Path("/"), TMP)}
    return sorted(each for each in found if not each.is_relative_to("/usr"))
