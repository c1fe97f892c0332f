"""Escapes text that a submission can influence, so that it harms no terminal, no file and no reader."""

import re

COLOURS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")  # as tracebacks have them
UNPRINTABLE = "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff"  # and half characters
IN_TEXT, IN_LINE = re.compile(f"[{UNPRINTABLE}]"), re.compile(f"[\t\n{UNPRINTABLE}]")


def printable(text: str) -> str:
    """Returns a text without colours, its unprintable characters as escapes such as \\x07."""
    return IN_TEXT.sub(_escape, COLOURS.sub("", text))


def one_line(text: str) -> str:
    """Returns a text as one line, with all unprintable characters as escapes: different texts stay different."""
    return IN_LINE.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()
