"""From `lab.run` to the first record, and from `stop` to the end, against a bare Quix application.

Both run the alert filter on the same warm broker over topics that hold records already, in this process, which has
imported Quix Streams before. The bare application is written as in the documentation of Quix Streams, in a thread; it
is stopped with `app.stop()`. Seconds; the aims are 0.5 s to the first record and 0.3 s to stop.
"""

import os
import threading
import time
import uuid
from dataclasses import dataclass

from labkit import Lab
from labkit.broker import OwnBroker
from labkit.runs import quix

quix.load()

import report  # noqa: E402
from quixstreams import Application  # noqa: E402

from labkit.pipelines import alert_filter  # noqa: E402


@dataclass
class Times:
    first: float
    stop: float


def ours() -> Times:
    os.environ["LAB_NAMESPACE"] = f"{uuid.uuid4().hex[:8]}-"
    with Lab() as lab:
        lab.produce(records=100, per_second=None).wait(10)
        begun = time.perf_counter()
        run = lab.run(alert_filter, reads="sensor", writes="alert")
        while not run.records_in:
            time.sleep(0.001)
        first = time.perf_counter()
        run.stop()
        return Times(first - begun, time.perf_counter() - first)


class Threaded(Application):
    """Application.run() sets signal handlers, which only the main thread may: the least that must be changed."""

    def _setup_signal_handlers(self) -> None: ...


def bare() -> Times:
    os.environ["LAB_NAMESPACE"] = namespace = f"{uuid.uuid4().hex[:8]}-"
    with Lab() as lab:
        lab.produce(records=100, per_second=None).wait(10)
        seen = threading.Event()
        begun = time.perf_counter()
        app = Threaded(
            lab.broker.address,
            consumer_group=namespace,
            auto_offset_reset="earliest",
            loglevel=None,
            on_message_processed=lambda *_: seen.set(),
        )
        readings = app.dataframe(app.topic(f"{namespace}sensor"))
        alert_filter(readings).to_topic(app.topic(f"{namespace}alert"))
        thread = threading.Thread(target=app.run)
        thread.start()
        seen.wait()
        first = time.perf_counter()
        app.stop()
        thread.join()
        return Times(first - begun, time.perf_counter() - first)


def main() -> None:
    options = report.arguments(__doc__, 7).parse_args()
    broker = OwnBroker()
    os.environ["LAB_BROKER"] = broker.address
    taken = report.take_turns({"labkit": ours, "bare": bare}, options.repeats)
    broker.close()
    for_first = {name: [each.first for each in times] for name, times in taken.items()}
    to_stop = {name: [each.stop for each in times] for name, times in taken.items()}
    parts = (
        report.comparison("seconds to the first record", "bare", for_first),
        report.comparison("seconds to stop", "bare", to_stop),
    )
    report.write(__file__, __doc__, options.repeats, *parts)


if __name__ == "__main__":
    main()
