"""From the beginning of `Lab()` to the end of the first `lab.run`, in a notebook's kernel.

Three cells are executed one after the other, as fast as they go: `lab = Lab()`, `lab.produce()`, and a cell that
defines the alert filter and runs it. The kernel is new each time, has imported `labkit`, and Kafka is on disk with its
ahead-of-time cache. `bare` is the least that is needed: Kafka started by the same command until it answers, and then
the import of Quix Streams, in the same kind of kernel. Seconds; the aim is 2.
"""

from functools import partial

import report
from jupyter_client.manager import start_new_kernel

OURS = (
    "from time import perf_counter; from labkit import Lab; begun = perf_counter(); lab = Lab()",
    "lab.produce()",
    """def alert_filter(readings):
    readings["kelvin"] = readings["temperature"] + 273.15
    return readings[readings["kelvin"] > 303]
lab.run(alert_filter, reads="sensor", writes="alert")
seconds = perf_counter() - begun""",
)
BARE = (
    "from time import perf_counter; from labkit.broker import OwnBroker; begun = perf_counter(); broker = OwnBroker()",
    "import quixstreams; seconds = perf_counter() - begun",
)
LIMIT = 60.0  # seconds


def measure(cells: tuple[str, ...]) -> float:
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        for cell in cells:
            client.execute_interactive(cell, timeout=LIMIT, output_hook=lambda _: None)
        said: list[str] = []
        client.execute_interactive(
            "print(seconds)", timeout=LIMIT, output_hook=lambda message: said.append(message["content"].get("text", ""))
        )
        return float("".join(said))
    finally:
        client.stop_channels()
        manager.shutdown_kernel()


def main() -> None:
    options = report.arguments(__doc__, 7).parse_args()
    contestants = {"labkit": partial(measure, OURS), "bare": partial(measure, BARE)}
    taken = report.take_turns(contestants, options.repeats)
    report.write(__file__, __doc__, options.repeats, report.comparison("seconds", "bare", taken))


if __name__ == "__main__":
    main()
