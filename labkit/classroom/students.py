"""Who is in a class, and what each of them logs in with."""

import csv
import io
import re
import secrets
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from labkit.errors import LabError

HEADS = ("name", "login", "user", "student", "id")  # of the column with the names, in files that have heads
UNDIVIDED = str.maketrans("øłđı", "oldi")  # letters that are no plain one with a mark
SHORTEST = 8  # characters of a password
SEPARATOR = "-"  # between a login and the name of a topic


def read(file: Path) -> dict[str, str | None]:
    """Returns the logins in a file, each with its password if there is one: lines `name` or `name,password`.

    A first line of heads, such as `name,password`, is passed over; semicolons and tabs separate as well. A name that is
    no login becomes one: `Bjørn Müller` is `bjorn.muller`. Raises LabError if the file cannot be read, or if two names
    become one login.
    """
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise LabError(f"Cannot read {file}: {reason}.") from None
    found: dict[str, str | None] = {}
    for number, (name, password) in _rows(text):
        login = login_of(name)
        if password is not None and len(password) < SHORTEST:
            raise LabError(
                f"Line {number} of {file}: {password!r} is too short for a password: it needs {SHORTEST} characters. "
                'A name with a comma goes in quotes: "Ek, Anna".'
            )
        if not login:
            raise LabError(f"Line {number} of {file}: {name!r} has no letter or digit that a login may have.")
        if login in found:
            raise LabError(f"Line {number} of {file}: there is a login {login} already; give one of them another name.")
        found[login] = password
    if not found:
        raise LabError(f"There is no student in {file}: write a name in each line.")
    return found


def _rows(text: str) -> Iterator[tuple[int, tuple[str, str | None]]]:
    first = text.partition("\n")[0]
    separator = next((each for each in (";", "\t") if each in first), ",")
    for number, row in enumerate(csv.reader(io.StringIO(text), delimiter=separator), 1):
        name, *rest = [each.strip() for each in row] or [""]
        if any(row) and not (number == 1 and name.casefold() in HEADS):
            yield number, (name, rest[0] if rest and rest[0] else None)


def login_of(name: str) -> str:
    """Returns the login of a person: small Latin letters and digits, with dots where there was something else."""
    plain = unicodedata.normalize("NFKD", name.casefold().translate(UNDIVIDED))
    letters = "".join(each for each in plain if not unicodedata.combining(each))
    return re.sub(r"[^a-z0-9_]+", ".", letters).strip(".")


def with_passwords(wanted: Mapping[str, str | None], known: Mapping[str, str]) -> dict[str, str]:
    """Returns a password for each login: the given one, or that from before, or else a new one of chance."""
    return {login: password or known.get(login) or new_password() for login, password in sorted(wanted.items())}


def new_password() -> str:
    return secrets.token_urlsafe(12)


def namespace(login: str) -> str:
    """Returns what the names of a student's topics and groups begin with. No login has a hyphen, so none of these is
    the beginning of another.
    """
    return login + SEPARATOR


def one_of(name: str, known: Collection[str]) -> str:
    """Returns the login of a student of the class. Raises LabError if nobody is called so."""
    if (login := login_of(name)) in known:
        return login
    raise LabError(f"Nobody in this class is called {name!r}: {_some(sorted(known))}.")


def _some(logins: Sequence[str]) -> str:
    shown, more = ", ".join(logins[:10]), len(logins) - 10
    return f"there are {shown}" + (f" and {more} others" if more > 0 else "") if logins else "it has no students yet"
