"""What the notebooks on windows and on Flink promise, their cells keep."""

from pathlib import Path

import nbformat

from labkit.live.fields import Field

ROOT = Path(__file__).parents[2]


def text(notebook: str, kind: str = "") -> str:
    cells = nbformat.read(ROOT / "notebooks" / notebook, as_version=4).cells
    return "\n".join(cell.source for cell in cells if kind in cell.cell_type)


def test_readings_without_a_bar_and_five_in_a_sliding_window_are_explained_where_they_are_seen() -> None:
    told = text("03_windows.ipynb").partition("lab.windows(")[2].partition("## 3.")[0]
    assert "their windows are still open" in told
    assert "both ends of a sliding window belong to it" in told


def test_the_waiting_pipeline_is_shown_before_the_heartbeat_is_sent() -> None:
    sources = [cell.source for cell in nbformat.read(ROOT / "notebooks" / "03_windows.ipynb", as_version=4).cells]
    assert next(i for i, each in enumerate(sources) if each.endswith("\npatient")) < next(
        i for i, each in enumerate(sources) if "heartbeat = {" in each
    )


def test_a_heartbeat_is_told_from_a_tombstone() -> None:
    told = text("03_windows.ipynb", "markdown")
    assert "and no value" not in told
    assert "**tombstone**" in told


def test_delays_are_in_seconds_in_code_chart_and_text() -> None:
    assert "/ 1000\n    return readings" in text("03_windows.ipynb", "code")
    assert "how many seconds later it was processed" in text("03_windows.ipynb", "markdown")
    assert Field.of("delay").axis == "Delay (s)"


def test_a_late_walk_is_tried_again_in_a_fresh_topic() -> None:
    assert "def send_walk(topic, order)" in text("03_windows.ipynb", "code")
    assert 'send_walk("porch-2", ' in text("03_windows.ipynb", "markdown")


def test_words_are_introduced_before_they_are_used() -> None:
    windows, flink = text("03_windows.ipynb"), text("05_flink.ipynb")
    assert windows.index("A window is **state**") < windows.index("tumbling_window(duration_ms")
    assert windows.index("`sensors.world` is where") < windows.index("= sensors.world.devices")
    assert flink.index("**at-least-once**") < flink.index("| results after a kill |")
    assert "**bounded out-of-orderness**" in flink


def test_the_refused_resume_names_the_folder_of_the_job_that_was_killed() -> None:
    last = text("05_flink.ipynb", "markdown").rpartition("**Try this.**")[2]
    assert "into=job.folder, resume=True)" in last


def test_what_is_said_of_the_datastream_api_has_its_source() -> None:
    words = text("05_flink.ipynb", "markdown")
    assert "`docs/flink_datastream.md` in the repository" in words
    assert "](../" not in words, "a link out of JupyterLab's folder leads nowhere"
    assert "timers did not survive" in (ROOT / "docs" / "flink_datastream.md").read_text()


def test_what_the_exercises_ask_for_has_been_shown() -> None:
    assert "`Min`" in text("03_windows.ipynb")


def test_a_slow_consumer_has_no_backlog_but_its_own() -> None:
    code = text("06_when_things_break.ipynb", "code")
    assert code.count('reads="fresh", writes="stored"') == 2


def test_lanes_are_kept_in_sight_in_the_way_of_jupyterlab() -> None:
    assert "*Create New View for Cell Output*" in text("07_scale_out.ipynb")
