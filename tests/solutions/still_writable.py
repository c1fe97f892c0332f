def topics(sent, takes_records):
    """The topics for which this function of the replicas that are alive, all replicas, and the least number holds."""
    killed, found = sent[0].fields.values()
    alive = {name: [each for each in topic["replicas"] if each not in killed] for name, topic in found.items()}
    return [name for name, topic in found.items() if takes_records(alive[name], topic["replicas"], topic["least"])]


def answer(sent):
    return topics(sent, lambda alive, _, least: len(alive) >= least)


def as_a_text(sent):
    return f"{', '.join(answer(sent)).upper()}."


def backwards(sent):
    return [*reversed(answer(sent))]


def led_by_a_live_broker(sent):
    return topics(sent, lambda alive, replicas, _: replicas[0] in alive)


def led_by_a_live_broker_with_enough_in_sync(sent):
    return topics(sent, lambda alive, replicas, least: replicas[0] in alive and len(alive) >= least)


def any_replica_left(sent):
    return topics(sent, lambda alive, *_: alive)


def more_than_half_left(sent):
    return topics(sent, lambda alive, replicas, _: 2 * len(alive) > len(replicas))


def none_lost(sent):
    return topics(sent, lambda alive, replicas, _: alive == replicas)


def the_leader_not_counted(sent):
    return topics(sent, lambda alive, replicas, least: len([each for each in alive if each != replicas[0]]) >= least)


def more_than_the_least(sent):
    return topics(sent, lambda alive, _, least: len(alive) > least)


def by_the_brokers_alive(sent):
    return topics(sent, lambda *each: each[-1] <= 3)


def each_has_lost_all_that_were_killed(sent):
    return topics(sent, lambda _, replicas, least: len(replicas) - 2 >= least)


def those_that_stopped(sent):
    return topics(sent, lambda alive, _, least: len(alive) < least)


def at_least_two_left(sent):
    return topics(sent, lambda alive, *_: len(alive) >= 2)


RIGHT = [as_a_text, backwards]
WRONG = [
    (wrong, ("The answer",))
    for wrong in (
        led_by_a_live_broker,
        led_by_a_live_broker_with_enough_in_sync,
        any_replica_left,
        more_than_half_left,
        none_lost,
        the_leader_not_counted,
        more_than_the_least,
        by_the_brokers_alive,
        each_has_lost_all_that_were_killed,
        those_that_stopped,
        at_least_two_left,
    )
]
