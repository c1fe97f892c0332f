"""Short answers in a normal form, and what stands for the right ones wherever a student could read them."""

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeGuard

from labkit.exercises.records import Sent

OTHERS = (str, bytes, bytearray, memoryview, Mapping)  # that can be looped over, but are no lists
AND = r"\b(?:and|und|et|en|og|och)\b|(?<=\d)\s+[yeia]\s+(?=\d)"  # a letter between others may be an answer
BETWEEN = re.compile(rf"(?:{AND}|[,;&、\s])+", re.IGNORECASE)
KINDS = r"set|frozenset|list|tuple|array|deque|dict_keys|dict_values|Index|Series|u?int\d+|float\d+|str_"
CALLED = re.compile(rf"\b(?:\w+\.)*(?:{KINDS})\(")
TYPE = re.compile(r",\s*dtype=[^,)]*")
MOST = 1000  # answers that are read from what never ends
COST = {"n": 2**14, "r": 8, "p": 1}  # of scrypt: 0.03 s and 16 MB for each guess


def read_once(answer: Any) -> Any:
    """Returns a list of what can be read only once, such as a generator; anything else as it is."""
    return [*islice(answer, MOST)] if isinstance(answer, Iterator) else answer


def plain(answer: Any) -> Any:
    """Returns what a student has taken from a table as a list or number of Python's own; anything else as it is.

    Columns and values of pandas and NumPy have `tolist`: neither is imported for students who use none. A table of one
    column is that column.
    """
    if hasattr(type(answer), "columns") and hasattr(type(answer), "iloc") and answer.shape[1] == 1:
        answer = answer.iloc[:, 0]
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
        texts = (text.strip(".()[]{}\"' ").lower() for text in BETWEEN.split(_bare(str(answer))))
        yield from (re.sub(r"\.0+$", "", text) for text in texts if text)


def _bare(text: str) -> str:
    """Returns a text without what Python writes around a list, such as array(...), and with the digits 0 to 9."""
    text = unicodedata.normalize("NFKC", text)
    text = "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in text)
    return CALLED.sub("(", TYPE.sub("", text))


def sealed(case: Sequence[Sent], answer: str) -> str:
    """Returns what stands for a normalised answer to a case.

    The same answer to another case is sealed differently, and each guess takes time: no table of answers opens it.
    """
    salt = b"\n".join(each.raw for each in case)
    return hashlib.scrypt(answer.encode(), salt=salt, dklen=8, **COST).hex()
