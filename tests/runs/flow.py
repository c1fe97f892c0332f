"""A flow of records whose numbers are known, some of which cannot be read, for runs that are killed."""

import contextlib
import itertools
import threading
from collections.abc import Iterator

import orjson

from labkit import Lab
from labkit.kafka import clients

START = 1_700_000_000_000
UNREADABLE = 50  # every so many records


@contextlib.contextmanager
def flow(lab: Lab, per_second: int = 300, keys: int = 3) -> Iterator[list[int]]:
    """Write to `sensor` in a thread until the context ends; the numbers of the records written.

    The timestamp of a record is START plus its number.
    """
    numbers: list[int] = []
    over = threading.Event()
    producer = clients.producer(lab.broker.address)

    def write() -> None:
        for number in itertools.count(1):
            if over.wait(1 / per_second):
                return
            value = {"device": f"sensor-{number % keys}", "temperature": 20.0, "humidity": 50.0}
            raw = orjson.dumps(value | {"timestamp": START + number}) if number % UNREADABLE else b"{broken"
            producer.produce(lab.full_name("sensor"), raw, value["device"], timestamp=START + number)
            numbers.append(number)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield numbers
    finally:
        over.set()
        writer.join()
        assert producer.flush(20) == 0
