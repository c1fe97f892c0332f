def answer(sent):
    case = sent[0].fields
    records = case["last"] + 1
    return [records + case["written"] - case["committed"] + 1, records]


def without_the_one_at_the_committed_offset(sent):
    at_least_once, exactly_once = answer(sent)
    return [at_least_once - 1, exactly_once]


def the_same_for_both(sent):
    return [answer(sent)[1]] * 2


def repeated_under_both(sent):
    return [answer(sent)[0]] * 2


def counted_from_one(sent):
    return [each - 1 for each in answer(sent)]


WRONG = [
    (wrong, ("The answer",))
    for wrong in (
        without_the_one_at_the_committed_offset,
        the_same_for_both,
        repeated_under_both,
        counted_from_one,
    )
]
