"""Records that were damaged in transit, and such as never were one."""

import random

PUNCTUATION = b'{}[]",:.-+eE0123456789 \\u\n'


def damaged(raw: bytes, dice: random.Random) -> bytes:
    """The bytes with a few missing, changed or added."""
    at, gone, more = dice.randrange(len(raw) + 1), dice.randrange(4), dice.randrange(4)
    among = dice.choice([range(256), PUNCTUATION])
    return raw[:at] + bytes(dice.choices(among, k=more)) + raw[at + gone :]
