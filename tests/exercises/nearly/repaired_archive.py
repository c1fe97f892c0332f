"""Answers of repaired-archive that are nearly right."""

# Pieces of the oracle, and what replaces each.
BY_HAND = {
    "no dryness below 1 %": (("if humidity else", "if humidity >= 1 else"),),
    "no dryness at 0 °C": (("if humidity else", 'if humidity and reading["temperature"] else'),),
    "only the temperature has a comma": (('(?P<name>"(?:temperature|humidity)":)', '(?P<name>"temperature":)'),),
    "only the humidity has a comma": (('(?P<name>"(?:temperature|humidity)":)', '(?P<name>"humidity":)'),),
    "no number below 0 has a comma": (("-?", ""),),
    "one decimal": (("\\d+)')", "\\d)(?=\\D)')"),),
    "after any colon": (('(?P<name>"(?:temperature|humidity)":)', "(?P<name>:)"),),
    "any comma": (('(?P<name>"(?:temperature|humidity)":)', "(?P<name>)"),),
    "the first comma only": ((", text)", ", text, count=1)"),),
}
