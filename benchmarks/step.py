"""How long stepping through the hopping average takes, how large its page is, and how long `lab.why` takes.

One lab on a warm broker, ten devices, ten readings a second. Seconds from the call of `lab.step` until it returns, and
then until a notebook has the HTML that it shows. Imports are done. The aims are 5 s for 1,000 records, 1.5 s until 100
records are on screen, and 1,000 kB for their page.

`lab.why` is asked of a run that has read the 1,000 records: it steps through the newest 300. There is no cost of
counting to measure, because nothing is counted in a run: one that nobody asks about does what it did before.
"""

import os
import statistics
import time
from collections.abc import Sequence
from typing import NamedTuple

import report

from labkit import Lab
from labkit.pipelines import average_temperature
from labkit.runs import Run, quix

RECORDS = (100, 1000)


class Times(NamedTuple):
    stepped: float
    shown: float
    kilobytes: float


def stepped(lab: Lab, records: int) -> Times:
    began = time.perf_counter()
    steps = lab.step(average_temperature, reads="sensor", records=records)
    middle = time.perf_counter()
    page = steps._repr_html_()
    assert len(steps) == records
    return Times(middle - began, time.perf_counter() - began, len(page) / 1000)


def why(lab: Lab, run: Run) -> float:
    began = time.perf_counter()
    answer = lab.why(run)
    assert answer.sentences == ["Nothing is wrong."], answer
    return time.perf_counter() - began


def spread(name: str, found: Sequence[float]) -> tuple[object, ...]:
    return name, min(found), statistics.median(found), max(found)


def main() -> None:
    options = report.arguments(__doc__, repeats=5).parse_args()
    quix.load()
    with report.warm_broker() as address:
        os.environ["LAB_BROKER"] = address
        with Lab() as lab:
            start = 1_700_000_000_000
            rows = [
                {"device": f"sensor-{n % 10}", "temperature": 20 + n % 17, "humidity": 50, "timestamp": start + 100 * n}
                for n in range(max(RECORDS))
            ]
            assert lab.produce(rows, per_second=None).wait(30)
            run = lab.run(average_temperature, reads="sensor", writes="avg-temp")
            run.wait_until_caught_up()
            taken = report.take_turns({n: lambda n=n: stepped(lab, n) for n in RECORDS}, options.repeats)
            told = [why(lab, run) for _ in range(options.repeats)]
    lines = [
        spread(f"{records:,} records: {name}", [getattr(each, name) for each in found])
        for records, found in taken.items()
        for name in Times._fields
    ]
    lines.append(spread("lab.why", told))
    report.write(__file__, __doc__, options.repeats, report.table(["seconds, kB", "min", "median", "max"], lines))


if __name__ == "__main__":
    main()
