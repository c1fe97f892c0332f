from quixstreams.dataframe.windows import Count


def visits(motions):
    sessions = motions.session_window(inactivity_gap_ms=30_000).agg(motions=Count()).final()
    sessions["seconds"] = (sessions["end"] - 1 - sessions["start"]) / 1000
    return sessions
