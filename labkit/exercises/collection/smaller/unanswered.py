def unanswered(alerts, acks):
    def too_old(record, state):
        waiting, now = state.get("waiting", []), record["timestamp"]
        found = [alert for alert in waiting if now - alert["timestamp"] > 60_000]
        state.set("waiting", [] if "by" in record else [*waiting, record])
        return found

    return alerts.concat(acks).apply(too_old, stateful=True, expand=True)
