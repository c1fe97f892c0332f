"""Which devices a view still shows: a topic whose keys are ids could have any number."""

MOST = 50
CROWDED = f"Only the {MOST} devices heard last are shown."


class Devices:
    """The devices that were heard last; `crowded` once one had to be forgotten."""

    def __init__(self) -> None:
        self._heard: dict[str, None] = {}  # the one heard last is the last
        self.crowded = False

    def hear(self, device: str) -> str | None:
        """Notes a device. Returns the one that is to be forgotten, if there are too many."""
        self._heard.pop(device, None)
        self._heard[device] = None
        if len(self._heard) <= MOST:
            return None
        self.crowded = True
        oldest = next(iter(self._heard))
        del self._heard[oldest]
        return oldest
