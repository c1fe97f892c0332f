def one_turbine_again(partials):
    def collect(partial, state):
        window = partial["timestamp"]
        parts = state.get(window, {}) | {str(partial["part"]): partial}
        if len(parts) < partial["parts"]:
            state.set(window, parts)
            return []
        state.delete(window)
        return [list(parts.values())]

    def average(parts):
        temperature = sum(each["temperature"] for each in parts) / len(parts)
        return {"device": parts[0]["device"], "timestamp": parts[0]["timestamp"], "temperature": temperature}

    return partials.group_by("device").apply(collect, stateful=True, expand=True).apply(average)
