"""Answers that are nearly right, besides those in `near_misses`, whose text is part of every proof: see there."""

import pytest

from labkit.grading import proof
from tests.exercises import near_misses, proving
from tests.exercises.proving import COLLECTION

AGE, MEAN = 'each.fields["age"]', "sum(map(celsius, records)) / len(records)"
UNIT, DRY, NAME = 'record.fields.get("unit") == "F"', "if humidity else", '(?P<name>"(?:temperature|humidity)":)'

KEY, FIELDS = '"key": value["device"]', "**value}"
NO_NULL = "**{name: each for name, each in value.items() if each is not None}}"
NUMBER, TIME = "(int, float):", 'each.fields["timestamp"]'

BY_HAND: dict[str, dict[str, near_misses.Replaced]] = {
    "keyed-readings": {
        "the key in lower case": ((KEY, f"{KEY}.lower()"),),
        "the key as a title": ((KEY, f"{KEY}.title()"),),
        "without fields that are null": ((FIELDS, NO_NULL),),
    },
    "dead-letters": {
        "no room is so hot": ((NUMBER, '(int, float) or value["temperature"] > 1000:'),),
        "no room is so cold": ((NUMBER, '(int, float) or value["temperature"] < -273.15:'),),
    },
    "retries": {
        "by the temperature too": ((TIME, f'{TIME}, each.fields["temperature"]'),),
        "by the humidity too": ((TIME, f'{TIME}, each.fields["humidity"]'),),
    },
    "repaired-averages": {
        "ahead in whole seconds": ((f"{AGE} >= -1000", f"int({AGE} / 1000) >= -1"),),
        "ahead in rounded seconds": ((f"{AGE} >= -1000", f"round({AGE} / 1000) >= -1"),),
        "ahead by half a second": ((AGE, f"2 * {AGE}"),),
        "late ones are left out": ((AGE, f"-abs({AGE})"),),
        "to two decimals": ((MEAN, f"round({MEAN}, 2)"),),
        "every unit is Fahrenheit": ((UNIT, '"unit" in record.fields'),),
        "no unit is Fahrenheit": ((UNIT, 'record.fields.get("unit") != "C"'),),
        "what is hot is Fahrenheit": ((UNIT, f"{UNIT} and temperature > 50"),),
        "what is hot is always Fahrenheit": ((UNIT, f"{UNIT} or temperature > 90"),),
    },
    "repaired-archive": {
        "no dryness below 1 %": ((DRY, "if humidity >= 1 else"),),
        "no dryness at 0 °C": ((DRY, 'if humidity and reading["temperature"] else'),),
        "only the temperature has a comma": ((NAME, '(?P<name>"temperature":)'),),
        "only the humidity has a comma": ((NAME, '(?P<name>"humidity":)'),),
        "no number below 0 has a comma": (("-?", ""),),
        "one decimal": ((r"\d+)')", r"\d)(?=\D)')"),),
        "after any colon": ((NAME, "(?P<name>:)"),),
        "any comma": ((NAME, "(?P<name>)"),),
        "the first comma only": ((", text)", ", text, count=1)"),),
    },
}


@pytest.mark.parametrize("name", BY_HAND)
def test_no_answer_that_comes_near_earns_everything_with_any_seed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(near_misses.BY_HAND, name, BY_HAND[name])
    passed = proving.near_misses_that_pass(COLLECTION.folder.exercise(name), (0, *proof.SEEDS))
    assert passed <= {*near_misses.RIGHT.get(name, {})}
