"""Short answers in a normal form, and what stands for the right ones wherever a student could read them."""

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeGuard

from labkit.exercises.records import Sent

OTHERS = (str, bytes, bytearray, memoryview, Mapping)  # that can be looped over, but are no lists
BETWEEN = re.compile(r"(?:[,;&\s]|\band\b)+", re.IGNORECASE)
COST = {"n": 2**14, "r": 8, "p": 1}  # of scrypt: 0.03 s and 16 MB for each guess


def plain(answer: Any) -> Any:
    """Returns what a student has taken from a table as a list or number of Python's own; anything else as it is.

    Columns and values of pandas and NumPy have `tolist`: neither is imported for students who use none.
    """
    return answer.tolist() if hasattr(type(answer), "tolist") and not isinstance(answer, OTHERS) else answer


def is_many(answer: object) -> TypeGuard[Collection[Any]]:
    """Whether it is a list of answers, of any type."""
    return isinstance(answer, Collection) and not isinstance(answer, OTHERS) and not hasattr(answer, "columns")


def canonical(answer: Any, ordered: bool = False) -> str:
    """Normalises an answer, however people write it: "c", "(C)" and ["c"] are equal.

    Unless it is `ordered`, it is a set: then {6, 4}, "4 and 6.0" and [6, 4, 4] are equal too.
    """
    parts = [*_parts(plain(answer))]
    return ", ".join(parts if ordered else sorted({*parts}))


def _parts(answer: Any) -> Iterator[str]:
    if is_many(answer):
        for each in answer:
            yield from _parts(plain(each))
    elif answer is not None and answer is not ...:
        texts = (text.strip(".()[]{}\"' ").lower() for text in BETWEEN.split(str(answer)))
        yield from (re.sub(r"\.0+$", "", text) for text in texts if text)


def sealed(case: Sequence[Sent], answer: str) -> str:
    """Returns what stands for a normalised answer to a case.

    The same answer to another case is sealed differently, and each guess takes time: no table of answers opens it.
    """
    salt = b"\n".join(each.raw for each in case)
    return hashlib.scrypt(answer.encode(), salt=salt, dklen=8, **COST).hex()
