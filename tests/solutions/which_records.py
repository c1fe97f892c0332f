def chosen(sent, rule):
    return [each.key for each in sent if rule(each.fields["temperature"] > 29.85, each.fields["humidity"])]


def answer(sent):
    return chosen(sent, lambda hot, humidity: humidity < 40)


def both(sent):
    return chosen(sent, lambda hot, humidity: hot and humidity < 40)


def only_hot(sent):
    return chosen(sent, lambda hot, humidity: hot)


def up_to_40(sent):
    return chosen(sent, lambda hot, humidity: humidity <= 40)


WRONG = [(wrong, ("The answer",)) for wrong in (both, only_hot, up_to_40)]
