"""Answers of repaired-averages that are nearly right."""

# Pieces of the oracle, and what replaces each.
BY_HAND = {
    "ahead in whole seconds": (('each.fields["age"] >= -1000', 'int(each.fields["age"] / 1000) >= -1'),),
    "ahead in rounded seconds": (('each.fields["age"] >= -1000', 'round(each.fields["age"] / 1000) >= -1'),),
    "ahead by half a second": (('each.fields["age"]', '2 * each.fields["age"]'),),
    "late ones are left out": (('each.fields["age"]', '-abs(each.fields["age"])'),),
    "to two decimals": (
        ("sum(map(celsius, records)) / len(records)", "round(sum(map(celsius, records)) / len(records), 2)"),
    ),
    "every unit is Fahrenheit": (('record.fields.get("unit") == "F"', '"unit" in record.fields'),),
    "no unit is Fahrenheit": (('record.fields.get("unit") == "F"', 'record.fields.get("unit") != "C"'),),
    "what is hot is Fahrenheit": (
        ('record.fields.get("unit") == "F"', 'record.fields.get("unit") == "F" and temperature > 50'),
    ),
    "what is hot is always Fahrenheit": (
        ('record.fields.get("unit") == "F"', 'record.fields.get("unit") == "F" or temperature > 90'),
    ),
}
