"""What the hopping average costs in `lab.run`, against the same function in a bare Quix application.

The readings of `scale.py`, in a topic of four partitions, are there before anybody reads. Both work in so many
processes of one consumer group; `bare` has the defaults of Quix Streams, which commits every 5 s. `readings a second`
are those whose results came in the second half, by the broker's clock. `CPU` is the processor time of all processes,
until everything is committed and they have ended, less that of a run over a minute of one device: what starting costs
is not counted. Ratios are of medians, bare is 1. Aim: 0.95 by both measures.
"""

import os
import resource
import statistics
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import report
from scale import Bench, Work

WORKS = {
    "100 devices": Work(40_000, devices=100),
    "300 devices": Work(40_000, devices=300),
    "1,000 devices": Work(40_000, devices=1_000),
    "100 devices, 2 processes": Work(40_000, devices=100, processes=2),
}
MINUTE = Work(60, devices=1)


class Cost(NamedTuple):
    rate: float  # readings a second
    cpu: float  # seconds


def processor_time() -> float:
    """Seconds that this process and those of its children that have ended have used."""
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def cost(act: Callable[[str, Work], float], work: Work) -> Cost:
    begun = processor_time()
    rate = act("average", work)
    ended = processor_time()
    act("average", work._replace(readings=MINUTE.readings, devices=1))
    return Cost(rate, ended - begun - (processor_time() - ended))


def rows(samples: dict[str, list[Cost]]) -> list[tuple[object, ...]]:
    found = {
        name: Cost(*(statistics.median(values) for values in zip(*each, strict=True))) for name, each in samples.items()
    }
    return [
        (name, bare.rate, lab.rate, lab.rate / bare.rate, bare.cpu, lab.cpu, bare.cpu / lab.cpu)
        for name in WORKS
        for bare, lab in [(found[f"{name}, bare"], found[f"{name}, lab.run"])]
    ]


def main() -> None:
    options = report.arguments(__doc__, repeats=3).parse_args()
    with report.warm_broker() as address:
        os.environ["LAB_BROKER"] = address
        bench = Bench(address)
        for work in (*WORKS.values(), MINUTE):
            bench.filled(work)  # writing the readings is not counted
        samples = report.take_turns(
            {
                f"{name}, {who}": partial(cost, act, work)
                for name, work in WORKS.items()
                for who, act in (("bare", bench.of_bare), ("lab.run", bench.of_lab))
            },
            options.repeats,
        )
    heads = ("", "bare, readings a second", "lab.run", "ratio", "bare, CPU seconds", "lab.run", "ratio")
    report.write(__file__, __doc__, options.repeats, report.table(heads, rows(samples)))


if __name__ == "__main__":
    main()
