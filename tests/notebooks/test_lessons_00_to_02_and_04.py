"""What the lessons 00, 01, 02 and 04 say is what happens in them."""

from pathlib import Path

import nbformat

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def sources(name: str) -> dict[str, str]:
    """Each cell's text by its id, in the order of the notebook."""
    return {cell.id: cell.source for cell in nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4).cells}


def text(name: str) -> str:
    return "\n".join(sources(name).values())


def test_00_shows_the_whole_system() -> None:
    words = text("00_start_here")
    assert "arrows are programs" not in words
    for part in ("producer", "alert_filter", "[alert-count]", "average_temperature", "[avg-temp]", "Flink SQL"):
        assert part in words


def test_01_reads_with_a_deadline_and_says_every_two_seconds_in_a_whole_line_that_it_waits() -> None:
    read = sources("01_producer")["6f6f4412"]
    assert "silent < 10" in read
    assert "reader.poll(timeout=2.0)" in read
    assert "pd.DataFrame(rows" in read
    (said,) = [line for line in read.splitlines() if "print(" in line]
    assert said.endswith('\\n", end="")')  # two members may say so at the same time
    assert "treats a missing key as an empty one" in text("01_producer")


def test_02_compares_the_alerts_with_the_readings_of_one_snapshot() -> None:
    compare = sources("02_filter")["cee3b98c"]
    assert compare.count('lab.peek("kelvin"') == 1
    assert (
        compare.index('lab.peek("kelvin"') < compare.index("wait_until_caught_up") < compare.index('lab.peek("alert"')
    )
    assert 'hot["time"] <= readings["time"].max()' in compare


def test_02_waits_for_the_dead_letters_of_one_pipeline_only_and_shows_each_once() -> None:
    letters = sources("02_filter")["7a63b7cd"]
    assert 'lab.wait_for("sensor.dead-letter", records=alerts.dead_letters)' in letters
    assert 'drop_duplicates("value")' in letters


def test_04_shows_what_rises_first_as_three_times() -> None:
    cells = sources("04_live_charts")
    assert "lab.peek" not in cells["85219e68"] + cells["5e1c07aa"]
    assert '["sensor", "alert", "avg-temp"]' in cells["5e1c07aa"]
    assert 'r.value.get("end", r.timestamp)' in text("04_live_charts")


def test_04_says_the_times_of_tiles_as_they_are() -> None:
    words = text("04_live_charts")
    assert "after 5 seconds for the latest temperature and the 5 s window" not in words
    for part in ("2 s of grace, up to 1 s until the next step", "*after its end*", "only while readings are arriving"):
        assert part in words


def test_04_names_its_buttons_and_says_when_a_view_is_not_drawn() -> None:
    words = text("04_live_charts")
    assert "second row" not in words
    for part in (
        "*Send backlog* and *Corrupt record*",
        "out of sight is not drawn",
        "and turns grey",
    ):
        assert part in words
    assert words.index("`sensors.world` is") < words.index("lab.produce(sensors.world)")
    assert words.index("`lab.records(topic)`, known from") < words.index("in lab.records(")
