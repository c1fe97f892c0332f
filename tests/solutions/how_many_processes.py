from math import ceil


def answer(sent):
    partitions, in_all, rate, started = sent[0].fields.values()
    return [ceil(partitions / (rate * partitions // in_all)), started - partitions]


def divided(sent):
    _, in_all, rate, _ = sent[0].fields.values()
    return [ceil(in_all / rate), answer(sent)[1]]


def one_for_each_partition(sent):
    return [sent[0].fields["partitions"], *answer(sent)[1:]] if answer(sent)[0] < sent[0].fields["partitions"] else [1]


def no_one_is_idle(sent):
    return [answer(sent)[0], 0]


def idle_beyond_the_needed(sent):
    needed, idle = answer(sent)
    return [needed, sent[0].fields["started"] - needed] if needed < sent[0].fields["partitions"] else [needed, idle + 1]


WRONG = [
    (wrong, ("The answer",)) for wrong in (divided, one_for_each_partition, no_one_is_idle, idle_beyond_the_needed)
]
