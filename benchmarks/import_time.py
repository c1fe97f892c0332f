"""Importing labkit against importing Quix Streams, each in a fresh Python.

`nothing` is Python's own start. `labkit, runs ready` also imports Quix Streams, as a lab does in the background while
the student reads on. Wall time of the whole process; aim: `from labkit import Lab` under 1.5 s.
"""

import subprocess
import sys
import time
from functools import partial

import report

STATEMENTS = {
    "import quixstreams": "import quixstreams",
    "from labkit import Lab": "from labkit import Lab",
    "labkit, runs ready": "from labkit import Lab; from labkit.runs import quix; quix.load()",
    "nothing": "pass",
}


def seconds(statement: str) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begun


def main() -> None:
    repeats = report.arguments(__doc__, repeats=10).parse_args().repeats
    for statement in STATEMENTS.values():
        seconds(statement)  # bytecode and disk cache
    samples = report.take_turns({name: partial(seconds, code) for name, code in STATEMENTS.items()}, repeats)
    report.write(__file__, __doc__, repeats, report.comparison("seconds", "import quixstreams", samples))


if __name__ == "__main__":
    main()
