"""What tests of `lab.why` share: situations, planted in topics of their own of one lab."""

import contextlib
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pytest

from labkit import Lab, LabError
from labkit.runs import Run
from tests.stepping.records import Raw, send


class Planted(NamedTuple):
    """A run, and the topics that it reads and writes by their names in a situation."""

    run: Run
    topics: Mapping[str, str]


Plant = Callable[..., Planted]


_numbers = itertools.count(1)


@pytest.fixture
def plant(shared: Lab) -> Iterator[Plant]:
    """Sends records, and returns a run that has read them, or has failed."""
    number = next(_numbers)

    def planted(sent: Mapping[str, Sequence[Raw]], pipeline: Callable[..., Any], **options: Any) -> Planted:
        topics = {name: f"{name}-{number}" for name in [*sent, "out"]}
        for name, records in sent.items():
            send(shared, topics[name], *records)
        writes = options.pop("writes", topics["out"])
        run = shared.run(pipeline, reads=[topics[name] for name in sent], writes=writes, **options)
        with contextlib.suppress(LabError):  # it has failed
            run.wait_until_caught_up()
        return Planted(run, topics)

    yield planted
    shared.stop()
