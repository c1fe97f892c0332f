"""The evidence: the records that show why a behaviour does not hold."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from labkit.exercises import formatting
from labkit.exercises.behaviours import Behaviour, Comparison, Identity
from labkit.exercises.exercise import Exercise
from labkit.exercises.lateness import Late, late
from labkit.exercises.records import Row, Sent

ROWS, LINES = 5, 24  # shown at most, but always one row
EARLIER = 2  # records of the same key that are shown where an answer must remember them


@dataclass(frozen=True)
class Line:
    """One row of the evidence, as text: the input records, the expected record and the actual one."""

    sent: tuple[str, ...]
    expected: tuple[str, ...]
    got: tuple[str, ...]
    wrong: bool

    @property
    def height(self) -> int:
        return max(map(len, (self.sent, self.expected, self.got)))


@dataclass(frozen=True)
class Wrong:
    """A wrong row of an output, expected or actual, and the last of the input records that it was made from."""

    output: str
    row: Row
    source: Sent | None


@dataclass(frozen=True)
class Shortfall:
    """A behaviour that does not hold, with the records that went in and the output by which it was judged."""

    exercise: Exercise
    sent: Sequence[Sent]
    behaviour: Behaviour
    comparison: Comparison

    @property
    def first_wrong(self) -> "Wrong | None":
        """The first wrong row by which the behaviour is judged."""
        wrong = {*self.behaviour.wrong(self.comparison)}
        found = next((each for each in self._concerned() if each in wrong), None)
        if found is None:
            return None
        sources = self.exercise.sources(self.row(found), self.sent)
        return Wrong(self.behaviour.output, self.row(found), sources[-1] if sources else None)

    @property
    def evidence(self) -> tuple[Line, ...]:
        """The first wrong rows, after the right one before them: that one only if it is short."""
        wrong, rows = {*self.behaviour.wrong(self.comparison)}, self._concerned()
        first = next((index for index, each in enumerate(rows) if each in wrong), 0)
        before = [self._line(each, False) for each in rows[max(first - 1, 0) : first]]
        shown = [each for each in before if each.height == 1]
        for each in [each for each in rows[first:] if each in wrong][:ROWS]:
            line = self._line(each, True)
            if shown and sum(other.height for other in shown) + line.height > LINES:
                break
            shown.append(line)
        return tuple(shown)

    def _concerned(self) -> list[Identity]:
        """The rows by which the behaviour is judged, in the order in which their records went in."""
        return sorted(self.behaviour.concerned(self.comparison), key=self._place)

    def row(self, identity: Identity) -> Row:
        """The expected row of an identity, or else an actual one."""
        return self.comparison.expected.get(identity) or self.comparison.got[identity][0]

    def sources(self, identity: Identity) -> list[int]:
        """The numbers of the input records that a row was made from."""
        found = {id(each) for each in self.exercise.sources(self.row(identity), self.sent)}
        return [number for number, each in enumerate(self.sent) if id(each) in found]

    def _place(self, identity: Identity) -> int:
        """The number of the input record nearest to a row in time: one that it was made from, if there is any."""
        time, numbers = self.row(identity)["time"], self.sources(identity) or range(len(self.sent))
        return min(numbers, key=lambda number: abs(self.sent[number].timestamp - time), default=0)

    def _line(self, identity: Identity, wrong: bool) -> Line:
        expected, got = self.comparison.expected.get(identity), self.comparison.got.get(identity, [])
        columns = self.behaviour.fields
        return Line(
            tuple(self._went_in(identity, wrong)),
            (formatting.row(expected, columns),) if expected else (formatting.NOTHING,),
            formatting.rows(got, columns) or (formatting.NOTHING,),
            wrong,
        )

    def _went_in(self, identity: Identity, wrong: bool) -> Iterator[str]:
        """Yields the input records of a row; for a wrong one also which of them it missed, or what came before."""
        numbers = self.sources(identity)
        remarks = {each.number: str(each) for each in self.late(identity) if each.mistake}
        yield from formatting.input_records(numbers, self.sent, self.exercise.shows, remarks)
        if wrong and numbers and self.exercise.answer_type.remembers:
            for number in self._earlier(numbers[0]):
                record = formatting.input_record(self.sent[number], self.exercise.shows)
                yield f"before it: #{number} {record}"

    def _earlier(self, number: int) -> list[int]:
        """The numbers of the last records with the same key, the latest first."""
        same = [n for n in range(number) if self.sent[n].key == self.sent[number].key]
        return same[: -EARLIER - 1 : -1]

    def late(self, identity: Identity) -> list[Late]:
        """The late readings in an expected window that came out."""
        expected, got = self.comparison.expected.get(identity), self.comparison.got.get(identity)
        if not expected or not got:
            return []
        return late(self.sources(identity), self.sent, expected, got[0], self.behaviour.fields)
