"""Answers of damp-rooms that are nearly right."""

# Pieces of the oracle, and what replaces each.
BY_HAND = {
    "60.00001 % is no more than 60": (('value["humidity"] > 60', 'value["humidity"] > 60.00001'),),
    "59.99999 % is more than 60": (('value["humidity"] > 60', 'value["humidity"] >= 59.99999'),),
    "in whole percents": (('value["humidity"] > 60', 'round(value["humidity"]) > 60'),),
    "in tenths": (('value["humidity"] > 60', 'round(value["humidity"], 1) > 60'),),
    "in thousandths": (('value["humidity"] > 60', 'round(value["humidity"], 3) > 60'),),
    "never more than 100 %": (('(100 - value["humidity"])', '(100 - min(100, value["humidity"]))'),),
}
