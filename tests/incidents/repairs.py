"""What an engineer does about each fault, a few lines of ordinary Quix Streams, and what only hides its symptom."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from confluent_kafka import Producer
from quixstreams.dataframe.windows import Count, Mean

from labkit import Lab
from labkit.incidents import Incident
from labkit.incidents.reports import OneOf
from labkit.readings import now
from labkit.runs import Replicas
from tests.waiting import eventually

Found = Mapping[str, Any]
Repair = Callable[[Lab, Incident, Found], object]


def told(evidence: Found) -> dict[str, Any]:
    """Evidence as a student reports it: of several that are right the last."""
    return {name: each[-1] if isinstance(each, OneOf) else each for name, each in evidence.items()}


def replaced(lab: Lab, incident: Incident, name: str, pipeline: Callable[..., Any], **options: Any) -> None:
    """Run another program in place of one of the system."""
    old = incident.runs[name]
    lab.run(pipeline, reads=old.reads, writes=old.writes, name=name, **options)


def averaged(readings: Any, grace: int = 1000) -> Any:
    return readings.tumbling_window(1000, grace_ms=grace).agg(temperature=Mean("temperature"), n=Count()).final()


def with_dryness(readings: Any) -> Any:
    readings["dryness"] = readings["temperature"] / readings["humidity"]
    return readings


# ------------------------------------------------------------------ right ones


def no_dryness_without_humidity(lab: Lab, incident: Incident, _: Found) -> None:
    def archive(readings: Any) -> Any:
        readings["dryness"] = readings.apply(lambda each: each["humidity"] and each["temperature"] / each["humidity"])
        return readings

    replaced(lab, incident, "archive", archive, from_start=True)


def believe_no_future(lab: Lab, incident: Incident, _: Found) -> None:
    def averages(readings: Any) -> Any:
        return averaged(readings.filter(lambda each: each["timestamp"] <= now() + 5000))

    replaced(lab, incident, "averages", averages)


def celsius(reading: dict[str, Any]) -> dict[str, Any]:
    if reading.get("unit") == "F":
        return {**reading, "temperature": (reading["temperature"] - 32) * 5 / 9}
    return reading


def alerted(readings: Any) -> Any:
    readings["kelvin"] = readings["temperature"] + 273.15
    return readings[readings["kelvin"] > 303]


def convert(lab: Lab, incident: Incident, _: Found) -> None:
    replaced(lab, incident, "alerts", lambda readings: alerted(readings.apply(celsius)))
    replaced(lab, incident, "averages", lambda readings: averaged(readings.apply(celsius)))


def agreed_limit(lab: Lab, incident: Incident, _: Found) -> None:
    replaced(lab, incident, "alerts", alerted)


def by_device(lab: Lab, incident: Incident, _: Found) -> None:
    replaced(lab, incident, "averages", lambda readings: averaged(readings.group_by("device")))


def longer_grace(lab: Lab, incident: Incident, _: Found) -> None:
    replaced(lab, incident, "averages", averaged)


def mend_letters(lab: Lab, incident: Incident, found: Found) -> None:
    def mended(letters: Any) -> Any:
        return letters.apply(lambda raw: json.loads(re.sub(rb"(\d),(\d)", rb"\1.\2", raw)))

    lab.run(mended, reads=found["topic"], writes=incident.topics["sensor"], raw=True)


def wake(lab: Lab, incident: Incident, found: Found) -> None:
    where = {each.key: each.partition for each in lab.records(incident.topics["sensor"])}
    for device, partition in where.items():
        if partition == found["partition"]:
            incident.sensors.world.wake(str(device), backlog_first=True)


def fence(lab: Lab, incident: Incident, _: Found) -> None:
    name = lab.full_name(f"{incident.topics['sensor'].removesuffix('.sensor')}.backfill")
    assert name in repr(incident)
    Producer(lab.connection.as_librdkafka_dict() | {"transactional.id": name}).init_transactions(30)


def kill_the_stalled(lab: Lab, incident: Incident, found: Found) -> None:  # noqa: ARG001
    archive = incident.runs["archive"]
    assert isinstance(archive, Replicas)
    archive.kill(found["member"])
    archive.start()


def finer_key(lab: Lab, incident: Incident, _: Found, processes: int = 3) -> None:
    import time

    def store(reading: dict[str, Any]) -> None:  # noqa: ARG001
        time.sleep(0.02)

    def archive(readings: Any) -> Any:
        parts = readings.group_by(lambda each: f"{each['device']} {each['part']}", name="part")
        return with_dryness(parts).update(store)

    replaced(lab, incident, "archive", archive, replicas=processes)


RIGHT: dict[str, Repair] = {
    "poison record": no_dryness_without_humidity,
    "fast clock": believe_no_future,
    "schema change": convert,
    "mistyped threshold": agreed_limit,
    "another partitioner": by_device,
    "grace too short": longer_grace,
    "full dead-letter topic": mend_letters,
    "silent partition": wake,
    "open transaction": fence,
    "stalled member": kill_the_stalled,
    "hot key": finer_key,
}


# ------------------------------------- wrong ones, which only hide the symptom


def start_again(lab: Lab, incident: Incident, _: Found) -> None:  # noqa: ARG001
    for run in incident.runs.values():
        run.stop()
        run.start()


def leave_out(name: str) -> Repair:
    """Drop the readings of the device to blame."""

    def repair(lab: Lab, incident: Incident, found: Found) -> None:
        programs = {"alerts": alerted, "averages": averaged, "archive": with_dryness}
        device = found["device"]
        replaced(lab, incident, name, lambda readings: programs[name](readings[readings["device"] != device]))

    return repair


def skip_all(lab: Lab, incident: Incident, found: Found) -> None:  # noqa: ARG001
    """Leave out the whole past, with the poison in it."""
    since = now()
    replaced(
        lab,
        incident,
        "archive",
        lambda readings: with_dryness(readings[(readings["humidity"] > 0) & (readings["timestamp"] > since)]),
    )


def leave_out_zeros(lab: Lab, incident: Incident, _: Found) -> None:
    right = lambda readings: with_dryness(readings[readings["humidity"] > 0])  # noqa: E731
    replaced(lab, incident, "archive", right, from_start=True)


def invent_humidity(lab: Lab, incident: Incident, _: Found) -> None:
    def archive(readings: Any) -> Any:
        readings["humidity"] = readings["humidity"].apply(lambda each: each or 0.1)
        return with_dryness(readings)

    replaced(lab, incident, "archive", archive, from_start=True)


def endless_grace(lab: Lab, incident: Incident, _: Found) -> None:
    replaced(lab, incident, "averages", lambda readings: averaged(readings, 3_600_000))


def alert_always(lab: Lab, incident: Incident, _: Found) -> None:
    replaced(lab, incident, "alerts", lambda readings: readings[readings["temperature"] > -300])


def two_degrees_too_high(lab: Lab, incident: Incident, _: Found) -> None:
    """It does no harm, as long as it is either hot or cool."""
    replaced(lab, incident, "alerts", lambda readings: readings[readings["temperature"] + 273.15 > 305])


def half_of_them(lab: Lab, incident: Incident, found: Found) -> None:
    """Leave out what is in the other partition, so that there is one average."""
    device = found["device"]

    def is_first(reading: Any, key: Any, timestamp: int, headers: Any) -> bool:  # noqa: ARG001
        return reading["device"] != device or reading["timestamp"] // 250 % 2 == 0

    replaced(lab, incident, "averages", lambda readings: averaged(readings.filter(is_first, metadata=True)))


def wake_only(lab: Lab, incident: Incident, found: Found) -> None:
    """The readings that were kept are never sent."""
    measuring = incident._system.measuring
    since = measuring.now
    eventually(lambda: measuring.now > since + 3000)
    where = {each.key: each.partition for each in lab.records(incident.topics["sensor"])}
    for device, partition in where.items():
        if partition == found["partition"]:
            incident.sensors.world.wake(str(device))


def archive_zeros(lab: Lab, incident: Incident, _: Found) -> None:
    """Something for each reading."""
    zeros = lambda readings: readings.apply(lambda each: {**each, "temperature": 0.0})  # noqa: E731
    replaced(lab, incident, "archive", zeros, from_start=True)


def more_processes(lab: Lab, incident: Incident, found: Found) -> None:  # noqa: ARG001
    archive = incident.runs["archive"]
    assert isinstance(archive, Replicas)
    archive.scale(5)


def finer_key_for_one(lab: Lab, incident: Incident, found: Found) -> None:
    """Shared among partitions, which all have the same process."""
    finer_key(lab, incident, found, processes=1)


WRONG: dict[str, tuple[Repair, ...]] = {
    "poison record": (skip_all, leave_out_zeros, invent_humidity, archive_zeros),
    "fast clock": (endless_grace,),
    "schema change": (leave_out("alerts"),),
    "mistyped threshold": (alert_always, two_degrees_too_high),
    "another partitioner": (half_of_them,),
    "grace too short": (leave_out("averages"),),
    "full dead-letter topic": (start_again,),
    "silent partition": (wake_only,),
    "open transaction": (start_again,),
    "stalled member": (more_processes,),
    "hot key": (more_processes, finer_key_for_one),
}
