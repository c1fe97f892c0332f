"""What Tab completion offers: what a student needs of an object, and not the other public names of its class."""

_OFFERED = {  # by a class's name, beside what its parents offer
    "Worker": (
        *("name", "status", "error", "note", "prints", "reads", "writes", "alive"),
        *("start", "stop", "wait", "rate"),
    ),
    "Producer": ("accepted", "delivered", "failed", "per_second", "world"),
    "Run": ("records_in", "records_out", "dead_letters", "group", "lag", "stuck", "wait_until_caught_up"),
    "Replicas": ("kill", "members", "scale", "wait_until_assigned"),
    "FlinkJob": ("progress", "folder", "web", "group", "lag", "kill", "wait_until_caught_up"),
    "LiveView": ("close", "summary"),  # of a widget's hundred names
    "Chart": ("figure", "threshold"),
    "Dashboard": ("tiles", "chart", "controls", "topology"),
}


def names(instance: object) -> list[str]:
    """Returns the names that an object's `__dir__` gives, which is all that Tab asks (Jedi too)."""
    return [name for kind in type(instance).__mro__ for name in _OFFERED.get(kind.__name__, ())]
