def answer(sent):
    return [sent[0].fields["newer"], sent[0].fields["read"]]


def none(sent):
    return "none"


def since_the_older(sent):
    return [sent[0].fields["older"], sent[0].fields["read"]]


def everything(sent):
    return [0, sent[0].fields["read"]]


def after_the_newer(sent):
    return [sent[0].fields["newer"] + 1, sent[0].fields["read"]]


WRONG = [(wrong, ("The answer",)) for wrong in (none, since_the_older, everything, after_the_newer)]
