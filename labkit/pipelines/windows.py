"""What the windows of the lab's pipelines share."""

from typing import Any

GRACE_MS = 2_000  # how long a window waits for late records after its end, in event time


def with_device(window: dict[str, Any], key: Any, timestamp: int, headers: Any) -> dict[str, Any]:  # noqa: ARG001
    """Add the name of its device to a closed window: Quix Streams passes it only as the key.

    A key is bytes from Kafka or, after `group_by`, the value of the field. Bytes that are not UTF-8 must not end the
    pipeline for all other devices. Records without a key are in no window.
    """
    device = key.decode(errors="backslashreplace") if isinstance(key, bytes) else key
    return {"device": device, "start": window["start"], "end": window["end"], **window}
