from datetime import timedelta

from quixstreams.dataframe.windows import Max, Min


def wide_swings(levels):
    known = levels.filter(lambda each: each["level"] is not None)
    hours = known.tumbling_window(timedelta(hours=1), timedelta(seconds=10))
    hours = hours.agg(low=Min("level"), high=Max("level")).final()
    hours["swing"] = hours["high"] - hours["low"]
    return hours[hours["swing"] >= 1]
