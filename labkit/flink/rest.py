"""Flink's REST API: the status of a running job, and how to stop it."""

import json
import re
import time
from http.client import HTTPException
from typing import Any
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

from labkit.flink.checkpoints import Checkpoints

LIMIT = 5.0  # seconds that an answer may take
OFFSET = re.compile(r"\.partition\.(\d+)\.currentOffset$")


ENDED = ("FINISHED", "FAILED", "CANCELED")  # states of a job


class Rest:
    """Flink's REST API at an address such as http://127.0.0.1:8081. Its methods raise OSError if nothing answers."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._open = build_opener(ProxyHandler({})).open  # never through a proxy
        self._offsets: list[tuple[str, str]] = []  # where to ask for them: vertex and metric

    def version(self) -> str:
        return str(self._get("/config")["flink-version"])

    def free_slots(self) -> int:
        return int(self._get("/overview")["slots-available"])

    def job(self, name: str) -> str | None:
        """The id of the job of this name once all its tasks are running."""
        for job in self._get("/jobs/overview")["jobs"]:
            if job["name"] == name and job["state"] == "RUNNING" and job["tasks"]["running"] == job["tasks"]["total"]:
                return str(job["jid"])
        return None

    def unfinished(self, name: str) -> list[str]:
        """The ids of all jobs of this name that have not ended."""
        jobs = self._get("/jobs/overview")["jobs"]
        return [str(job["jid"]) for job in jobs if job["name"] == name and job["state"] not in ENDED]

    def cancel(self, job: str) -> None:
        """Request that a job end without a last checkpoint."""
        self._answer(Request(f"{self.address}/jobs/{job}?mode=cancel", method="PATCH"))

    def keep_alive(self, job: str, seconds: float) -> None:
        """Send a heartbeat for a job on a cluster, which cancels the job if none follows within so many seconds."""
        body = json.dumps({"expiredTimestamp": round((time.time() + seconds) * 1000)}).encode()
        where = f"{self.address}/jobs/{job}/clientHeartbeat"
        self._answer(Request(where, body, {"Content-Type": "application/json"}, method="PATCH"))

    def checkpoints(self, job: str) -> Checkpoints:
        found = self._get(f"/jobs/{job}/checkpoints")
        newest = (found["latest"] or {}).get("completed") or {}
        duration, size = newest.get("end_to_end_duration", 0), newest.get("state_size", 0)
        return Checkpoints(found["counts"]["completed"], duration, size)

    def positions(self, job: str) -> dict[int, int]:
        """Returns the offset after the last record read in each partition; empty until Flink has measured it."""
        self._offsets = self._offsets or self._find_offsets(job)
        found = {}
        for vertex, metric in self._offsets:
            for each in self._get(f"/jobs/{job}/vertices/{vertex}/metrics?get={quote(metric)}"):
                match = OFFSET.search(each["id"])
                if match and int(each["value"]) >= 0:
                    found[int(match[1])] = int(each["value"]) + 1
        return found

    def stop(self, job: str, folder: str) -> None:
        """Request a savepoint in a folder; the job then stops, and what it has written is committed."""
        body = json.dumps({"drain": False, "targetDirectory": folder}).encode()
        self._answer(Request(f"{self.address}/jobs/{job}/stop", body, {"Content-Type": "application/json"}))

    def _find_offsets(self, job: str) -> list[tuple[str, str]]:
        vertices = [each["id"] for each in self._get(f"/jobs/{job}")["vertices"]]
        return [
            (vertex, each["id"])
            for vertex in vertices
            for each in self._get(f"/jobs/{job}/vertices/{vertex}/metrics")
            if OFFSET.search(each["id"])
        ]

    def _get(self, path: str) -> Any:
        return self._answer(Request(f"{self.address}{path}"))

    def _answer(self, request: Request) -> Any:
        try:
            with self._open(request, timeout=LIMIT) as answer:
                return json.loads(answer.read() or "{}")
        except (HTTPException, ValueError) as error:  # it is just starting, or just ending; URLError is an OSError
            raise OSError(str(error)) from error
