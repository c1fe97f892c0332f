"""A table as a chart, in a browser's figure and in words."""

import pandas as pd
import pytest

from labkit import Lab, LabError
from labkit.live import theme
from labkit.live.fields import Field
from labkit.live.plot import Plot

TABLE = pd.DataFrame(
    {
        "sensor_id": ["b", "a", "a"],
        "window_end": ["2026-11-22T10:00:02Z", "2026-11-22T10:00:01Z", "2026-11-22T10:00:00Z"],
        "average": [7.0, 21.256, 20],
    }
)


def plot_of(table: pd.DataFrame, y: str = "average") -> Plot:
    return Plot(table, theme.Styles(), "window_end", Field.of(y), "sensor_id")


@pytest.mark.parametrize(
    "convert",
    [
        lambda times: times,
        lambda times: pd.to_datetime(times, utc=True),
        lambda times: pd.to_datetime(times, utc=True).map(lambda time: int(time.timestamp() * 1000)),
        lambda times: pd.to_datetime(times, utc=True).map(lambda time: time.timestamp()),
        lambda times: pd.to_datetime(times, utc=True).map(lambda time: int(time.timestamp() * 1_000_000)),
        lambda times: pd.to_datetime(times, utc=True).map(lambda time: time.value),
    ],
)
def test_each_value_is_a_line_in_the_order_of_time_with_the_style_of_its_device(convert) -> None:
    plot = plot_of(TABLE.assign(window_end=convert(TABLE["window_end"])))
    first, second = plot.children[0].data
    assert (first.name, list(first.x), list(first.y)) == ("a", [1795341600000, 1795341601000], [20, 21.256])
    assert (second.name, list(second.x), list(second.y)) == ("b", [1795341602000], [7])
    assert first.line.color == theme.Styles().of("a").colour != second.line.color
    assert plot.summary() == "Average, 3 points; the last of a: 21.26, b: 7.00."
    assert plot.children[0].layout.template.layout.xaxis.type == "date"
    assert plot.summary() in plot.snapshot.html()


def test_devices_look_the_same_in_all_plots_of_a_lab(lab: Lab) -> None:
    devices = TABLE.assign(sensor_id="porch")
    first, second = (
        lab.plot(each, x="window_end", y="average", by="sensor_id")
        for each in (devices, pd.concat([TABLE, devices], ignore_index=True))
    )
    assert first.children[0].data[0].line == next(each.line for each in second.children[0].data if each.name == "porch")


def test_a_table_without_the_column_or_without_rows_is_refused_in_one_line(lab: Lab) -> None:
    with pytest.raises(LabError, match="no column mean; it has sensor_id, window_end, average"):
        lab.plot(TABLE, x="window_end", y="mean", by="sensor_id")
    with pytest.raises(LabError, match="no rows yet"):
        lab.plot(TABLE[:0], x="window_end", y="average", by="sensor_id")


def test_names_in_a_table_are_text_and_nothing_else() -> None:
    table = TABLE.assign(sensor_id="<b>porch</b>", average=1.0).rename(columns={"average": "<i>mean</i>"})
    plot = plot_of(table, "<i>mean</i>")
    for html in (plot.children[1].value, plot.snapshot.html()):
        assert "&lt;b&gt;porch&lt;/b&gt;" in html
        assert "<b>" not in html
        assert "<i>" not in html


@pytest.mark.parametrize(
    "written",
    [
        ["2026-11-22T10:00:02Z", "2026-11-22T10:00:01.250Z", "2026-11-22 10:00"],
        ["22.11.2026 10:00:02", "22.11.2026 10:00:01.250", "22.11.2026 10:00"],
        [
            pd.Timestamp("2026-11-22T10:00:02"),
            pd.Timestamp("2026-11-22T10:00:01.250"),
            pd.Timestamp("2026-11-22 10:00"),
        ],
    ],
)
def test_times_may_be_written_in_any_usual_form_even_differently(written: list[object]) -> None:
    first, second = plot_of(TABLE.assign(window_end=written)).figure.data
    assert list(first.x) == [1795341600000, 1795341601250]
    assert list(second.x) == [1795341602000]


def test_rows_without_time_are_not_drawn() -> None:
    assert plot_of(TABLE.assign(window_end=[None, *TABLE["window_end"][1:]])).summary().startswith("Average, 2 points")


def test_what_is_no_time_or_no_number_is_refused_in_one_line(lab: Lab) -> None:
    for column, why in (("window_end", "which is no time: write times such as"), ("average", "no number")):
        with pytest.raises(LabError, match=f"^Column {column} has .*{why}"):
            lab.plot(TABLE.assign(**{column: "noon"}), x="window_end", y="average", by="sensor_id")
    with pytest.raises(LabError, match=r"no column averge; .*: did you mean 'average'\?"):
        lab.plot(TABLE, x="window_end", y="averge", by="sensor_id")


def test_times_in_the_index_are_a_column() -> None:
    assert plot_of(TABLE.set_index("window_end")).summary() == plot_of(TABLE).summary()
    assert plot_of(TABLE.set_index(["sensor_id", "window_end"])).summary() == plot_of(TABLE).summary()
    nameless = TABLE.set_index(pd.to_datetime(TABLE["window_end"])).rename_axis(index=None).drop(columns="window_end")
    with pytest.raises(LabError, match=r"no column window_end; .*: table.reset_index\(\) makes a column of its index"):
        plot_of(nameless)


def test_what_is_infinite_is_a_gap_and_the_last_number_is_said() -> None:
    plot = plot_of(TABLE.assign(average=[float("nan"), float("inf"), 20]))
    assert plot.summary() == "Average, 3 points; the last of a: 20.00, b: no number."


def test_categories_without_rows_are_no_lines() -> None:
    devices = pd.Categorical(["b", "a", "a"], categories=["a", "b", "c"])
    assert plot_of(TABLE.assign(sensor_id=devices)).summary() == plot_of(TABLE).summary()


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(LabError, match="Two columns of the table are called 'average': rename one of them"):
        plot_of(pd.concat([TABLE, TABLE["average"]], axis=1))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("show", "it is shown by its name in the last line of a cell"),
        ("savefig", r"view.figure.write_html\('view.html'\) saves its figure"),
        ("write_html", "its figure has it, view.figure.write_html"),
        ("update_layout", "its figure has it, view.figure.update_layout"),
        ("colour", "'Plot' object has no attribute 'colour'$"),
    ],
)
def test_what_a_figure_has_is_said_where_it_is(name: str, words: str) -> None:
    with pytest.raises(AttributeError, match=words):
        getattr(plot_of(TABLE), name)
