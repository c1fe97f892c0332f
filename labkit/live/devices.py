"""Which devices a view shows: whose a record is, and how many of them, as there could be any number."""

from labkit.kafka.tap import Record

MOST = 50
CROWDED = f"Only the {MOST} devices heard last are shown."


def name_of(record: Record, by: str | None = None) -> str:
    """Returns whose record this is: what its field `by` says, else its key, else the device that it names."""
    fields = record.value if isinstance(record.value, dict) else {}
    named = (fields.get(by) if by else None, record.key, fields.get("device"), fields.get("sensor_id"))
    return next((str(each) for each in named if isinstance(each, str | int | float) and each != ""), "no key")


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
