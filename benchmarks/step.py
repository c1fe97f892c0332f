"""How long stepping through the hopping average takes, how large and how quick its page is, and `lab.why`.

One lab on a warm broker, ten devices, ten readings a second. Seconds from the call of `lab.step` until it returns, and
then until a notebook has the HTML that it shows. Imports are done. The aims are 5 s for 1,000 records, 1.5 s until 100
records are on screen, and 1,000 kB for their page as it is saved.

"page" is what a step takes in Chromium with its layout, of a hundred records of one device with ten windows. The aim is
0.05 s.

`lab.why` is asked of a run that has read the 1,000 records: it steps through the newest 300. There is no cost of
counting to measure, because nothing is counted in a run: one that nobody asks about does what it did before.
"""

import os
import statistics
import time
from collections.abc import Sequence
from typing import NamedTuple

import report
from paint_latency import chromium

from labkit import Lab
from labkit.pipelines import average_temperature
from labkit.runs import Run, quix
from labkit.stepping import page

RECORDS = (100, 1000)
PACE = """() => records.map((_, number) => {
    const began = performance.now();
    show(number);
    document.querySelector("main").scrollHeight; // its layout
    return (performance.now() - began) / 1000;
})"""


class Times(NamedTuple):
    stepped: float
    shown: float
    kilobytes: float


def stepped(lab: Lab, records: int) -> Times:
    began = time.perf_counter()
    steps = lab.step(average_temperature, reads="sensor", records=records)
    middle = time.perf_counter()
    assert steps._repr_html_()
    ended = time.perf_counter()
    assert len(steps) == records
    return Times(middle - began, ended - began, len(page.of(steps)) / 1000)


def on_a_page(lab: Lab) -> list[float]:
    """Seconds for each step of a page."""
    steps = lab.step(average_temperature, reads="sensor", records=100, key="sensor-1")
    with chromium() as (browser, _):
        shown = browser.new_page(viewport={"width": 1280, "height": 800})
        shown.set_content(page.of(steps))
        shown.keyboard.press("End")
        assert shown.locator("#windows tbody tr").count() >= 10
        found: list[float] = shown.evaluate(PACE)
    return found


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
            moved = on_a_page(lab)
    lines = [
        spread(f"{records:,} records: {name}", [getattr(each, name) for each in found])
        for records, found in taken.items()
        for name in Times._fields
    ]
    lines += [spread("lab.why", told), spread("100 records: page", moved)]
    report.write(__file__, __doc__, options.repeats, report.table(["seconds, kB", "min", "median", "max"], lines))


if __name__ == "__main__":
    main()
