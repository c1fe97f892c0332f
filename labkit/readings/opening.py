"""What a user gives as a table: the path of a file, a DataFrame, or any iterable of rows."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any

from labkit.errors import LabError
from labkit.readings import files, jsons, sheets
from labkit.readings.columns import Columns


@dataclass(frozen=True)
class Opened:
    """The rows of a source; of a file or a DataFrame also the names of its columns."""

    rows: Iterable[Any]
    names: Collection[str] = ()
    notes: Sequence[str] = ()
    is_file: bool = False


def opened(source: Any, columns: Columns) -> Opened:
    """Returns the rows of a source, unchecked. Raises LabError, saying what to do, if it is none."""
    if isinstance(source, str | PathLike):
        return _of_file(_path(source), columns)
    if hasattr(source, "to_dict") and hasattr(source, "columns"):
        return _of_frame(source, columns)
    if isinstance(source, Mapping):
        raise LabError(
            "A dict is one row, or has columns: give the list [row], or the DataFrame pd.DataFrame(columns)."
        )
    if hasattr(source, "read") or type(source).__module__ in ("csv", "_csv"):
        raise LabError("An open file is read as lines: give the path of the file itself.")
    if not isinstance(source, Iterable) or isinstance(source, bytes):
        call = ", or call the function, rows()" if callable(source) else ""
        raise LabError(
            f"Cannot read rows from an object of type {type(source).__name__}: give the path of a CSV file, a "
            f"DataFrame or dicts{call}."
        )
    return Opened(source)


def _path(source: str | PathLike[str]) -> Path:
    """Returns the path of a file, without the quotes and spaces with which it was copied. Raises LabError for what is
    an address, or the table itself.
    """
    if not isinstance(source, str):
        return Path(source)
    if "\n" in source.strip() or source.lstrip().startswith(("{", "[")):
        raise LabError("This is the text of a table, not the path of a file: give the rows, or save it to a file.")
    if re.match(r"[a-z]+://", source):
        raise LabError(f"{source} is an address: download the file, or give the DataFrame of pd.read_csv(...).")
    path = Path(source).expanduser()
    return path if path.exists() else Path(source.strip().strip("\"'")).expanduser()


def _of_file(path: Path, columns: Columns) -> Opened:
    text = files.read(path)
    if jsons.is_json(text.content):
        rows, written = jsons.rows(text.content, path.name)
        return Opened(rows, (), [f"{path.name}: {written}"], is_file=True)
    sheet = sheets.read(text, path.name)
    sheet = replace(sheet, columns=columns.named(sheet.columns))
    rows, notes = sheet.records(texts=columns.keys_among(sheet.columns))
    return Opened(rows, sheet.columns, [*sheet.notes, *notes], is_file=True)


def _of_frame(frame: Any, columns: Columns) -> Opened:
    frame = _with_whole_keys(_with_index(frame, columns), columns)
    if frame.columns.nlevels > 1:
        raise LabError(
            "The columns have names on several levels: join them first, as in "
            "frame.columns = ['_'.join(map(str, names)).strip('_') for names in frame.columns]."
        )
    names = [*map(str, frame.columns)]
    sheets.require_different(names)
    names = columns.named(names)
    return Opened(frame.set_axis(names, axis=1).to_dict("records"), names)


def _with_whole_keys(frame: Any, columns: Columns) -> Any:
    """Returns a DataFrame with whole keys such as 1, not 1.0: pandas makes floats of them if one is missing."""
    for name in columns.keys_among([*map(str, frame.columns)]):
        if name in frame.columns and frame[name].dtype == "float64" and (frame[name].dropna() % 1 == 0).all():
            return frame.assign(**{str(name): frame[name].astype("Int64")})
    return frame


def _with_index(frame: Any, columns: Columns) -> Any:
    """Returns a DataFrame with its index as columns, if that has the key or the time."""
    wanted = {each for each in (columns.key, columns.time) if isinstance(each, str)} - set(frame.columns)
    if wanted & set(frame.index.names):
        return frame.reset_index()
    if columns.time in wanted and hasattr(frame.index, "tz_localize"):
        return frame.rename_axis(index=columns.time).reset_index()
    return frame
