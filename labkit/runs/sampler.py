"""One thread that samples all workers of a lab twice a second; every view shows those samples."""

import threading
from collections.abc import Callable, Iterable

from labkit.kafka.clients import LOGGER
from labkit.kafka.requests import within
from labkit.runs.worker import Worker

PERIOD = 0.5  # seconds
LIMIT = 5.0  # seconds that a silent Kafka may delay the sample of the next worker


class Sampler:
    """Takes a sample of each worker in turn, until it is closed."""

    def __init__(self, workers: Callable[[], Iterable[Worker]]) -> None:
        self._workers = workers
        self._closed = threading.Event()
        threading.Thread(target=self._run, name="labkit-sampler", daemon=True).start()

    def close(self) -> None:
        """End the thread; it may still be waiting for an answer from Kafka."""
        self._closed.set()

    def _run(self) -> None:
        while not self._closed.wait(PERIOD):
            self._sample_all()

    def _sample_all(self) -> None:
        """Sample in a frame of its own: the loop must keep no worker alive while it waits."""
        for worker in self._workers():
            try:
                with within(LIMIT):
                    worker.sample()
            except Exception:  # a failure of one worker must not stop the samples of the others
                LOGGER.exception("no sample of %s", worker.name)
