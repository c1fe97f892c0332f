def answer(sent):
    case = sent[0].fields
    waiting = 60 * case["rate"] * case["kept"]
    return [waiting, waiting // (case["handled"] - case["rate"])]


def nothing_new_meanwhile(sent):
    waiting, _ = answer(sent)
    return [waiting, round(waiting / sent[0].fields["handled"])]


def new_ones_of_the_first_round_only(sent):
    rate, handled = sent[0].fields["rate"], sent[0].fields["handled"]
    waiting, _ = answer(sent)
    first = waiting / handled
    return [waiting, round(first + first * rate / handled)]


def nothing_is_deleted(sent):
    case = sent[0].fields
    waiting = 60 * case["rate"] * case["stood"]
    return [waiting, waiting / (case["handled"] - case["rate"])]


def what_is_lost(sent):
    case = sent[0].fields
    lost = 60 * case["rate"] * (case["stood"] - case["kept"])
    return [lost, lost / (case["handled"] - case["rate"])]


def in_minutes(sent):
    return [each / 60 for each in answer(sent)]


def as_long_as_it_stood(sent):
    return [answer(sent)[0], 60 * sent[0].fields["stood"]]


def with_those_that_come_meanwhile(sent):
    waiting, seconds = answer(sent)
    return [waiting + seconds * sent[0].fields["rate"], seconds]


def at_the_rate_of_the_topic(sent):
    return [answer(sent)[0], 60 * sent[0].fields["kept"]]


WRONG = [
    (wrong, ("The answer",))
    for wrong in (
        nothing_new_meanwhile,
        new_ones_of_the_first_round_only,
        nothing_is_deleted,
        what_is_lost,
        in_minutes,
        as_long_as_it_stood,
        with_those_that_come_meanwhile,
        at_the_rate_of_the_topic,
    )
]
