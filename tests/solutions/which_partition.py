def answer(sent):
    before, after, partition = sent[0].fields.values()
    return [*range(partition, after, before)]


def stays(sent):
    return [sent[0].fields["partition"]]


def moves(sent):
    return [sent[0].fields["partition"] + sent[0].fields["before"]]


def anywhere(sent):
    return [*range(sent[0].fields["after"])]


WRONG = [(wrong, ("The answer",)) for wrong in (stays, moves, anywhere)]
