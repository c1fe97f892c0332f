def answer(sent):
    size, step, second = sent[0].fields.values()
    return [*range(second - size + step, second + 1, step)]


def with_the_end(sent):
    return [sent[0].fields["second"] - sent[0].fields["size"], *answer(sent)]


def without_the_start(sent):
    return answer(sent)[:-1]


def the_newest(sent):
    return answer(sent)[-1:]


WRONG = [(wrong, ("The answer",)) for wrong in (with_the_end, without_the_start, the_newest)]
