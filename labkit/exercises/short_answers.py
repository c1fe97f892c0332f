"""Short answers in a normal form, and the digests that stand for them wherever a student could read them."""

import hashlib
import re
from typing import Any

import numpy as np
import pandas as pd

MANY = (list, tuple, range, set, frozenset)
COLUMNS = (np.ndarray, np.generic, pd.Series, pd.Index, pd.api.extensions.ExtensionArray)  # of tables, and their values


def plain(answer: Any) -> Any:
    """Returns what a student has taken from a table as a list or number of Python's own; anything else as it is."""
    return answer.tolist() if isinstance(answer, COLUMNS) else answer


def canonical(answer: Any) -> str:
    """Normalises an answer, however people write it: "c", "(C)" and ["c"] are equal; so are [4, 6] and "6, 4.0"."""
    answer = plain(answer)
    if isinstance(answer, MANY):
        parts = [canonical(each) for each in answer]
    else:
        parts = [part.strip(".()[]\"' ").lower() for part in re.split(r"[,;\s]+", str(answer).strip())]
    return ", ".join(sorted(re.sub(r"\.0+$", "", part) for part in parts if part))


def digest(exercise: str, answer: Any) -> str:
    """Returns what replaces an answer wherever a student could read it."""
    return hashlib.sha256(f"{exercise}: {canonical(answer)}".encode()).hexdigest()[:16]
