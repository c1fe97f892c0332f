def answer(alerts, acks):
    def overdue(record, state):
        waiting = state.get("waiting", [])
        late = [alert for alert in waiting if record["timestamp"] - alert["timestamp"] > 60_000]
        left = [alert for alert in waiting if alert not in late]
        state.set("waiting", [] if "by" in record else [*left, record])
        return late

    return alerts.concat(acks).apply(overdue, stateful=True, expand=True)


def watch(alerts, acks, limit=60_000, answers=lambda ack, alert: True):
    def overdue(record, state):
        waiting, now = state.get("waiting", []), record["timestamp"]
        late = [alert for alert in waiting if now - alert["timestamp"] > limit]
        left = [alert for alert in waiting if alert not in late]
        if "by" in record:
            state.set("waiting", [alert for alert in left if not answers(record, alert)])
        else:
            state.set("waiting", [*left, record])
        return late

    return alerts.concat(acks).apply(overdue, stateful=True, expand=True)


def left_join(alerts, acks):
    both = alerts.join_interval(acks[["by"]], how="left", forward_ms=60_000)
    return both[~both.contains("by")]


def from_60_s_on(alerts, acks):
    return watch(alerts, acks, limit=59_999)


def within_a_minute_and_a_bit(alerts, acks):
    return watch(alerts, acks, limit=61_000)


def one_each(alerts, acks):
    def overdue(record, state):
        waiting, now = state.get("waiting", []), record["timestamp"]
        late = [alert for alert in waiting if now - alert["timestamp"] > 60_000]
        left = [alert for alert in waiting if alert not in late]
        state.set("waiting", left[1:] if "by" in record else [*left, record])
        return late

    return alerts.concat(acks).apply(overdue, stateful=True, expand=True)


def an_ack_answers_whatever_waits(alerts, acks):
    def overdue(record, state):
        waiting = state.get("waiting", [])
        if "by" in record:
            state.set("waiting", [])
            return []
        late = [alert for alert in waiting if record["timestamp"] - alert["timestamp"] > 60_000]
        state.set("waiting", [*(alert for alert in waiting if alert not in late), record])
        return late

    return alerts.concat(acks).apply(overdue, stateful=True, expand=True)


def only_the_last(alerts, acks):
    def overdue(record, state):
        waiting = state.get("waiting")
        state.set("waiting", None if "by" in record else record)
        return [waiting] if waiting and record["timestamp"] - waiting["timestamp"] > 60_000 else []

    return alerts.concat(acks).apply(overdue, stateful=True, expand=True)


def never_forgotten(alerts, acks):
    def overdue(record, state):
        waiting = state.get("waiting", [])
        state.set("waiting", [] if "by" in record else [*waiting, record])
        return [alert for alert in waiting if record["timestamp"] - alert["timestamp"] > 60_000]

    return alerts.concat(acks).apply(overdue, stateful=True, expand=True)


def forgets_the_acks(alerts, acks):
    return watch(alerts, acks, answers=lambda ack, alert: False)


def all_alerts(alerts, acks):
    return alerts


def with_how_late(alerts, acks):
    return answer(alerts, acks).apply(lambda alert: {**alert, "overdue": True})


def in_a_list(alerts, acks):
    return answer(alerts, acks)[["device", "temperature", "timestamp"]]


def for_all_devices(alerts, acks):
    waiting = []

    def overdue(record):
        late = [alert for alert in waiting if record["timestamp"] - alert["timestamp"] > 60_000]
        waiting[:] = [] if "by" in record else [*(alert for alert in waiting if alert not in late), record]
        return late

    return alerts.concat(acks).apply(overdue, expand=True)


WRONG = [
    (left_join, ("One that is acknowledged", "An acknowledgement after", "One acknowledgement", "An alert that may")),
    (from_60_s_on, ("An acknowledgement after", "An alert that may")),
    (within_a_minute_and_a_bit, ("An alert that nobody", "One that comes later")),
    (one_each, ("One acknowledgement",)),
    (an_ack_answers_whatever_waits, ("One that comes later", "It does not")),
    (forgets_the_acks, ("One that is acknowledged", "An acknowledgement after", "One acknowledgement")),
    (all_alerts, ("One that is acknowledged", "An acknowledgement after", "One acknowledgement", "An alert that may")),
    (only_the_last, ("An alert that nobody", "One that comes later")),
    (never_forgotten, ("No alert comes",)),
    (
        for_all_devices,
        ("An alert that nobody", "One that comes later", "It does not", "An alert that may", "Key and value"),
    ),
    (with_how_late, ("Key and value",)),
    (in_a_list, ("Key and value",)),
]
REPAIR = ("[*waiting, record]", "[*(each for each in waiting if each not in found), record]")
