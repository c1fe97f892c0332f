"""What the windows of the lab's pipelines share."""

from typing import Any

GRACE_MS = 2_000  # how long a window waits for late records after its end, in event time


def with_device(window: dict[str, Any], key: Any, timestamp: int, headers: Any) -> dict[str, Any]:  # noqa: ARG001
    """A closed window with the name of its device, which Quix Streams gives as the key alone.

    That is the bytes that came from Kafka, or, after `group_by`, what the field held. Bytes may be no text: that must
    not end the pipeline of all others. Records without a key are in no window.
    """
    device = key.decode(errors="backslashreplace") if isinstance(key, bytes) else key
    return {"device": device, "start": window["start"], "end": window["end"], **window}
