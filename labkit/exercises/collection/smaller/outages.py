def outages(readings):
    def silence(reading, state):
        device, until = reading["device"], reading["timestamp"]
        since = state.get("newest", until)
        state.set("newest", until)
        if until - since <= 5000:
            return None
        return {"device": device, "from": since, "until": until, "seconds": (until - since) / 1000}

    return readings.apply(silence, stateful=True).filter(lambda each: each is not None)
