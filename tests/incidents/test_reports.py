"""Reports: two of them count, however evidence is written."""

import numpy
import pytest

from labkit import LabError
from labkit.incidents import causes
from labkit.incidents.reports import OneOf, Reports, canonical
from labkit.incidents.verdict import Part, Verdict


def states(reports: Reports, cause: str, **right: object) -> list[str]:
    return [each.state for each in reports.judged(cause, lambda: right)]


def test_a_right_report_holds_however_it_is_written() -> None:
    reports = Reports()
    reports.add("Another Partitioner", {"device": " Hall", "partitions": {2, numpy.int64(0)}})
    assert states(reports, "another partitioner", device="hall", partitions=[0, 2]) == ["holds", "holds"]


@pytest.mark.parametrize(("one", "other"), [(2, "2"), (2.0, 2), (330.0, "330"), ([1, 0], "0, 1"), ("A", "a")])
def test_evidence_in_a_normal_form(one: object, other: object) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize("field", ["unit", "Temperature"])
def test_several_pieces_of_evidence_may_be_right(field: str) -> None:
    reports = Reports()
    reports.add("schema change", {"device": "hall", "field": field})
    assert states(reports, "schema change", device="hall", field=OneOf(("unit", "temperature"))) == ["holds", "holds"]


def test_a_wrong_cause_with_the_right_evidence_holds_nothing() -> None:
    reports = Reports()
    reports.add("poison record", {"partition": 1, "offset": 306})
    assert states(reports, "open transaction", partition=1, offset=306) == ["falls short", "open"]


def test_wrong_evidence_is_named_but_not_told() -> None:
    reports = Reports()
    reports.add("poison record", {"partition": 1, "offset": 306})
    _, evidence = reports.judged("poison record", lambda: {"partition": 1, "offset": 77})
    assert evidence == Part("evidence", "falls short", "not the right offset; 1 report is left")


def test_the_third_report_does_not_count() -> None:
    reports = Reports()
    for member in (1, 2, 3):
        said = reports.add("stalled member", {"member": member})
    assert "too late" in said
    assert states(reports, "stalled member", member=3) == ["holds", "falls short"]


def test_after_two_wrong_causes_the_right_one_is_told() -> None:
    reports = Reports()
    reports.add("hot key", {"device": "hall"})
    assert "stalled" not in reports.judged("stalled member", dict)[0].words
    reports.add("lost replica", {"broker": 1})
    assert "it was 'stalled member'" in reports.judged("stalled member", dict)[0].words


def test_a_report_again_costs_nothing() -> None:
    reports = Reports()
    reports.add("stalled member", {"member": 1})
    assert "already" in reports.add("stalled member", {"member": "1"})
    assert len(reports) == 1


def test_incomplete_and_unknown_reports_say_what_is_needed() -> None:
    reports = Reports()
    with pytest.raises(LabError, match="needs evidence: offset"):
        reports.add("poison record", {"partition": 1})
    with pytest.raises(LabError, match="has no device"):
        reports.add("stalled member", {"member": 1, "device": "hall"})
    with pytest.raises(LabError, match="did you mean 'hot key'"):
        reports.add("hot keys", {})
    assert len(reports) == 0


def test_a_verdict_as_text_and_escaped() -> None:
    verdict = Verdict("incident <7>", Part("cause", "holds", "hot key"), Part("evidence", "falls short", "<b>"))
    assert repr(verdict).startswith("✗ 1 of 2 parts hold: incident <7>")
    assert "&lt;b&gt;" in verdict._repr_html_()
    assert "<7>" not in verdict._repr_html_()


def test_all_causes_in_words() -> None:
    assert all(f"\n{name} " in f"\n{causes.in_words()}" for name in (*causes.CAUSES, *causes.EVIDENCE))
