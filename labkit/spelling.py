"""Names as people write them: one normal form, and what somebody who misspelled one has probably meant. And bytes as
people read them.
"""

import difflib
import unicodedata
from collections.abc import Iterable


def normal(name: str) -> str:
    """Returns a person's name in its one normal form: `Ek, Anna`, `anna  ek` and `ANNA EK` are all `anna ek`.

    Case, spaces, commas, the order of the words and the form of composed characters make no difference.
    """
    words = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()).replace(",", " ").split()
    return " ".join(sorted(words))


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Returns the most similar of these names, or the only one that begins so; None if none is similar enough."""
    names = [*names]
    longer = [each for each in names if len(name) > 2 and each.startswith(name)]
    return longer[0] if len(longer) == 1 else next(iter(difflib.get_close_matches(name, names, n=1)), None)


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Returns the question `did you mean 'sensor'?`, or an empty text if no name is similar enough."""
    found = nearest(name, names)
    return f"did you mean {found!r}?" if found else ""


def legible(raw: bytes) -> str:
    """Returns bytes, which may be anything, as text in one line: what has no shape as Python's escapes."""
    text = raw.decode(errors="backslashreplace")
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
