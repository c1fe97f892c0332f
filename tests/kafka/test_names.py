"""Names that Kafka allows."""

import re

from hypothesis import given
from hypothesis import strategies as st

from labkit.kafka.names import LONGEST, allowed

NAMES = st.text(min_size=1, max_size=300) | st.text("ab-. ", min_size=245, max_size=255)


@given(NAMES)
def test_each_name_becomes_one_that_kafka_allows(name: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,249}", allowed(name))


@given(NAMES, NAMES)
def test_different_names_stay_different(one: str, other: str) -> None:
    assert (allowed(one) == allowed(other)) == (one == other)


@given(st.from_regex(r"[A-Za-z0-9._-]{1,249}", fullmatch=True))
def test_a_name_that_is_allowed_stays_as_it_is(name: str) -> None:
    assert allowed(name) == name


def test_a_name_is_as_long_as_wanted() -> None:
    assert len(allowed("x" * 300)) == LONGEST
    assert len(allowed("x" * 300, 40)) == 40
