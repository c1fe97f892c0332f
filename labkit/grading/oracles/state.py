"""How much a pipeline may remember."""

from labkit.exercises.records import BASE, Row

MOST = 1.5  # times as much at the end as halfway; a state that grows with the readings has nearly twice as much


def bounded() -> dict[str, list[Row]]:
    """A state that does not grow."""
    return {"remembered": [{"key": None, "time": BASE, "growth": MOST}]}
