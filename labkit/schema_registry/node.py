"""The JVM of the lab's own schema registry."""

import json
import re
from http.client import HTTPException
from urllib.request import ProxyHandler, build_opener

from labkit.errors import LabError
from labkit.jvm.supervised import Supervised
from labkit.loopback import free_ports
from labkit.schema_registry import server
from labkit.schema_registry.installation import RegistryInstallation
from labkit.waiting import wait_until

START_LIMIT = 120.0  # seconds; it takes about three, and half a minute on a busy machine without a cache
ANSWER_LIMIT = 2.0  # seconds
PAUSE = 0.05  # seconds
STARTED = "Listening on: "
TAKEN = re.compile(r"in use|already bound", re.IGNORECASE)
CAUSE = re.compile(r"^(?:Caused by: )?[\w.$]+(?:Exception|Error): (.+)", re.MULTILINE)


class Node:
    """A registry that has been started and may not be ready yet; it ends with `process`."""

    def __init__(self, installation: RegistryInstallation, options: list[str]) -> None:
        ports = server.Ports(*free_ports(2))
        self.url = server.url(ports.api)
        self.process = Supervised()
        self.process.start(server.java(installation.runner, ports, self.process.directory, *options))

    def cause(self) -> str:
        """Returns why it has ended, by its log: the innermost exception, else its last line."""
        log = self.process.log()
        return next(reversed(CAUSE.findall(log) or log.splitlines()), "it logged nothing")

    def wait_until_ready(self) -> bool:
        """Wait until it answers; False if it ended instead, or took too long."""

        def is_over() -> bool:  # the port alone says nothing: another program may have taken it
            return not self.process.alive or (STARTED in self.process.log() and answers(self.url))

        starting = f"The schema registry at {self.url} is starting"
        return wait_until(is_over, START_LIMIT, PAUSE, lambda: starting) and self.process.alive


def answers(url: str) -> bool:
    """Whether a registry lists its subjects there; never through a proxy."""
    try:
        with build_opener(ProxyHandler({})).open(f"{url}/subjects", timeout=ANSWER_LIMIT) as answer:
            return isinstance(json.load(answer), list)
    except (OSError, HTTPException, ValueError):
        return False


def start(installation: RegistryInstallation, options: list[str]) -> Node:
    """Start a registry, and return it when it is ready. Raises LabError if it does not start."""
    log = cause = ""
    for _ in range(3):  # another program may take the port before it does
        node = Node(installation, options)
        is_ready = False
        try:
            is_ready = node.wait_until_ready()
            log, cause = ("", "") if is_ready else (node.process.log(), node.cause())
        finally:  # an interrupt must not leave it running
            if not is_ready:
                node.process.close()
        if is_ready:
            return node
        if not TAKEN.search(log):
            break
    raise LabError(f"The schema registry did not start: {cause} (`lab doctor` looks for the cause)")
