"""Windows that are open: what they hold, as Quix Streams' own operations compute it, and what closes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from quixstreams.dataframe.windows import Mean
from quixstreams.dataframe.windows.aggregations import BaseAggregator

from labkit.runs.windows import Shape

SESSION, SLIDING = "session_window", "sliding_window"


def closes(shape: Shape, start: int, end: int) -> int:
    """Returns the event time that closes a window, its end and its grace, in epoch milliseconds."""
    definition = shape.definition
    if shape.kind == SESSION:  # for so long a late record may still extend it
        return int(end + 2 * definition.inactivity_gap_ms + definition.grace_ms)
    if shape.kind == SLIDING:  # which holds what happens at its end, too
        return int(start + definition.duration_ms + definition.grace_ms + 1)
    return int(end + definition.grace_ms)


def holds(shape: Shape, state: Any, collected: Sequence[Any]) -> dict[str, Any]:
    """Returns what a window would emit if it closed now, by the state of its aggregations and its collected values."""
    found = {}
    for name, operation in shape.operations.items():
        if isinstance(operation, BaseAggregator):
            key = f"{name}/{operation.state_suffix}"
            found[name] = operation.result(state[key] if key in state else operation.initialize())
        elif operation:
            column = operation.column
            found[name] = operation.result([*collected] if column is None else [each[column] for each in collected])
        elif name == "collect":  # the methods of old, without a name for the result
            found["value"] = [*collected]
        else:
            found["value"] = Mean().result(state) if name == "mean" else state
    return found


def emitted(shape: Shape, windows: Mapping[tuple[int, int], Any], closed_up_to: int) -> dict[tuple[int, int], Any]:
    """Returns the state of the windows that are still to be emitted, by start and end."""
    if shape.kind != SLIDING:
        return {**windows}
    # One that another record begins is there for its aggregation alone; one that has closed stays for a while.
    return {
        (start, end): state
        for (start, end), (latest, state) in windows.items()
        if end == latest and start > closed_up_to
    }
