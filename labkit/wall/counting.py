"""The pipeline of the wall: what students have said goes in, and for each exercise and question a count comes out.

It remembers the newest word of each student and counts those: whoever repeats something changes nothing, nor does a
record that is read twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from labkit.wall.gate import Gate, Item
from labkit.wall.records import FAILS

if TYPE_CHECKING:
    from quixstreams import State
    from quixstreams.dataframe import StreamingDataFrame

ROUNDS = 3  # of a question; the last one goes on
NUMBERS = 12  # different answers, of a question that asks for a number, that come out

Said = dict[str, Any]  # by label


def counting(gate: Gate) -> Callable[[StreamingDataFrame], StreamingDataFrame]:
    """Returns the pipeline that counts what the gate lets through."""

    def counted(said: StreamingDataFrame) -> StreamingDataFrame:
        items = said.apply(gate.items, expand=True, metadata=True)
        return items.group_by("item").apply(count, stateful=True)

    return counted


def count(item: Item, state: State[str, Any]) -> Item:
    """Returns what is counted of an exercise or question, with this item; everything else as it is."""
    kind = item["item"].partition(" ")[0]
    if kind == "exercise":
        return {"item": item["item"], "time": item["time"]} | _verdicts(item, state)
    if kind == "question":
        return {"item": item["item"], "time": item["time"]} | _answers(item, state)
    return item


def _verdicts(item: Item, state: State[str, Any]) -> Item:
    """Counts who has tried, who has passed, who lacks which behaviour, and the slips."""
    newest: Said = state.get("newest", {})
    newest[item["who"]] = [item["passed"], item["holds"], item["slip"]]
    state.set("newest", newest)
    fails = Counter(n for _, holds, _ in newest.values() for n, each in enumerate(holds) if each == FAILS)
    slips = Counter(slip for _, _, slip in newest.values() if slip)
    return {
        "tried": len(newest),
        "passed": sum(passed for passed, _, _ in newest.values()),
        "fails": [[n, many] for n, many in fails.most_common()],
        "slips": [[slip, many] for slip, many in slips.most_common()],
    }


def _answers(item: Item, state: State[str, Any]) -> Item:
    """Counts, in each round, who says what; a round begins when the teacher says so."""
    rounds: list[Said] = state.get("rounds", [{}])
    if "round" in item:
        if rounds[-1] and len(rounds) < ROUNDS:
            rounds.append({})
    else:
        rounds[-1][item["who"]] = item["said"]
    state.set("rounds", rounds)
    return {"rounds": [[list(each) for each in Counter(said.values()).most_common(NUMBERS)] for said in rounds]}
