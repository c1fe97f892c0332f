"""Which missing field a pipeline asked a record for, and which fields the record has."""

import ast
import linecache
from collections.abc import Mapping
from types import FrameType, TracebackType

from labkit.runs import blame
from labkit.spelling import did_you_mean

SHOWN = 12  # maximum number of field names in a message


def missing(error: KeyError) -> str | None:
    """Say that a record has no such field; None if the failing expression is not `variable[...]`."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    name = _asked(trace) if trace else None
    if not (trace and name):
        return None
    record = trace.tb_frame.f_locals.get(name)
    if not isinstance(record, Mapping) or error.args[0] in record:
        return None
    owner = name if blame.is_students(trace.tb_frame) else "the record"
    hint = did_you_mean(str(error.args[0]), map(str, record))
    return f"{error} is not a field of {owner}, which has {_listed(record)}{hint and ': '}{hint}"


def _listed(record: Mapping[object, object]) -> str:
    shown = [str(each) for each in record][:SHOWN]
    shown += [f"{len(record) - SHOWN} more"] if len(record) > SHOWN else []
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]])) or "none"


def _asked(trace: TracebackType) -> str | None:
    """Returns the name of the variable if the failing expression is `variable[...]`, else None."""
    try:
        found = ast.parse(_source(trace.tb_frame, trace.tb_lasti), mode="eval").body
    except SyntaxError:
        return None
    return found.value.id if isinstance(found, ast.Subscript) and isinstance(found.value, ast.Name) else None


def _source(frame: FrameType, instruction: int) -> str:
    """Returns the source of the expression that an instruction belongs to; empty if it spans several lines."""
    first, last, begin, end = [*frame.f_code.co_positions()][instruction // 2]
    if first is None or first != last:
        return ""
    line = linecache.getline(frame.f_code.co_filename, first, frame.f_globals)
    return line.encode()[begin:end].decode(errors="replace")
