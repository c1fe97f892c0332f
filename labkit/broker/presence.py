"""Whether anything still listens where the Kafka of somebody else was."""

import contextlib
import datetime
import socket
import threading
import time

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from labkit.kafka import clients
from labkit.waiting import Deadline

LOOK = 0.5  # seconds between two looks
REFUSED = 2  # looks in a row that find nothing before it is said
SUSPECT = 10.0  # seconds after an error of the client for which it looks
REACH = 1.0  # seconds that a connection may take


class Presence:
    """Looks for a Kafka once a client has lost it, until it is back; before that it costs an idle connection.

    Only a refused connection says that nothing listens there: a slow network or a busy Kafka refuses none.
    """

    def __init__(self, address: str) -> None:
        self._looking = threading.Lock()
        self._refused = 0
        self._next, self._suspected = Deadline(0), Deadline(0)
        self._client = AdminClient(clients.common(address) | {"error_cb": self._suspect})
        self._addresses = {*address.split(","), *self._advertised()}
        self._first = 0.0  # when it was first missed, in seconds since the epoch

    def away(self) -> str:
        """Returns since when it has been away, in words; empty if it is there, or nobody can tell."""
        if self._refused < REFUSED:
            return ""
        return f"since {datetime.datetime.fromtimestamp(self._first, datetime.UTC):%H:%M:%S} UTC"

    def look(self) -> None:
        """Look whether it is there, if there is a reason to and the last look is some time ago."""
        if not self._looking.acquire(blocking=False):
            return
        try:
            self._client.poll(0)  # calls `_suspect`
            if (self._refused or not self._suspected.has_passed()) and self._next.has_passed():
                self._next = Deadline(LOOK)
                self._note(all(map(_is_refused, self._addresses)))
        finally:
            self._looking.release()

    def _suspect(self, _: object) -> None:
        self._suspected = Deadline(SUSPECT)

    def _note(self, is_refused: bool) -> None:
        if is_refused and not self._refused:
            self._first = time.time()
        self._refused = self._refused + 1 if is_refused else 0

    def _advertised(self) -> set[str]:
        """Returns the addresses of all its brokers."""
        with contextlib.suppress(KafkaException):
            return {f"{each.host}:{each.port}" for each in self._client.list_topics(timeout=REACH).brokers.values()}
        return set()


def _is_refused(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), REACH).close()
    except ConnectionRefusedError:
        return True
    except (OSError, ValueError):
        return False
    return False
