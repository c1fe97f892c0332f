"""Short answers in a normal form, and the digests that stand for them wherever a student could read them."""

import hashlib
import re
from typing import Any


def canonical(answer: Any) -> str:
    """Normalises an answer, however people write it: "c", "(C)" and ["c"] are equal; so are [4, 6] and "6, 4.0"."""
    if isinstance(answer, list | tuple | set):
        parts = [canonical(each) for each in answer]
    else:
        parts = [part.strip(".()[]\"' ").lower() for part in re.split(r"[,;\s]+", str(answer).strip())]
    return ", ".join(sorted(re.sub(r"\.0+$", "", part) for part in parts if part))


def digest(exercise: str, answer: Any) -> str:
    """Returns what replaces an answer wherever a student could read it."""
    return hashlib.sha256(f"{exercise}: {canonical(answer)}".encode()).hexdigest()[:16]
