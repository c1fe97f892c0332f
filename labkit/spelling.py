"""What a user who misspelled a name has probably meant."""

import difflib
from collections.abc import Iterable


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Returns the most similar of these names; None if none is similar enough (`difflib.get_close_matches`)."""
    return next(iter(difflib.get_close_matches(name, list(names), n=1)), None)


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Returns the question `did you mean 'sensor'?`, or an empty text if no name is similar enough."""
    found = nearest(name, names)
    return f"did you mean {found!r}?" if found else ""
