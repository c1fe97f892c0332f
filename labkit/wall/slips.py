"""The slips that the wall tells apart: a code for each, for the sentences of a diagnosis name a student's fields."""

import builtins
import re

# What a diagnosis, or the trouble that an answer met, looks like; its code; and what the wall says of it.
SLIPS = (
    (r"Nothing came out", "nothing", "nothing comes out"),
    (r"It did not finish within", "endless", "does not come to an end"),
    (r"After all readings it remembers", "growing", "its memory keeps growing"),
    (r"\d+ records came out with another key", "key", "another key"),
    (r"\d+ records came out with another time", "time", "another time"),
    (r"\d+ records came out with another", "elsewhere", "under another device or column"),
    (r"No late reading is counted|The grace is too short", "grace-short", "the grace is too short"),
    (r"The grace is too long", "grace-long", "the grace is too long"),
    (r"Only the last windows", "open", "the last windows stay open"),
    (r"The windows are .* ms long", "milliseconds", "durations are in milliseconds"),
    (r"\d+ records came out, but none", "none", "no expected record comes out"),
    (r"Values are null|The records have no key|'.*' is null", "null", "a value or key is null"),
    (r"A value is not JSON", "json", "a value is not JSON"),
    (r"No .* is right", "wrong", "one column is wrong everywhere"),
    (r"The field .* is one too many", "extra", "a field too many"),
    (r"There is no (field|header)", "missing", "a field is missing or misspelt"),
    (r"'.*' is text, not a number", "text", "text instead of a number"),
    (r"\d+ windows came out more than once", "current", "windows come out more than once"),
    (r"\d+ records came out more than once", "repeated", "records come out more than once"),
    (r"'.*' is (a |an |in |273|the )", "unit", "another unit or sign"),
)
RAISES = "raises "
WORDS = {code: words for _, code, words in SLIPS}


def code_of(sentence: str) -> str:
    """Returns the code of a sentence of a verdict; empty if it has none."""
    for pattern, code, _ in SLIPS:
        if re.match(pattern, sentence):
            return code
    name = re.match(r"\w+", sentence)
    return f"{RAISES}{name[0]}" if name and _is_exception(name[0]) else ""


def words_of(code: str) -> str:
    """Returns what the wall says of a code; empty for what is none."""
    return WORDS.get(code) or (code if _is_exception(code.removeprefix(RAISES)) else "")


def _is_exception(name: str) -> bool:
    """Whether it is an exception of Python's own: the name of another could be anything."""
    found = getattr(builtins, name, None)
    return isinstance(found, type) and issubclass(found, BaseException)
