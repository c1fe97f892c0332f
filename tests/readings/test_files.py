"""Files as people save them: read as they were meant, or refused in one line, and what was assumed is said."""

from pathlib import Path
from typing import Any

import pytest

from labkit import LabError
from labkit.readings import Columns, read
from labkit.readings.tables import Table

WHEN = "2025-03-01 12:00"
SAID = "levels.csv: UTF-8, separated by semicolons"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "levels.csv"


def table(file: Path, content: str | bytes, key: str | None = "station") -> Table:
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return read(file, Columns(key, "measured", of_readings=False))


def column(file: Path, *cells: str, separator: str = ";", more: str = "") -> tuple[list[Any], tuple[str, ...]]:
    """Returns the values of these cells in a column, and what was said of them; `more` is in another column."""
    rows = [separator.join(["K", f'"{cell}"', more, WHEN]) for cell in cells]
    found = table(file, "\n".join([separator.join(["station", "level", "more", "measured"]), *rows]))
    said = [each for each in found.notes if each.startswith(("level:", "level is", "decimal"))]
    return [each.value["level"] for each in found], tuple(said)


def refusal(file: Path, content: str | bytes) -> str:
    with pytest.raises(LabError) as error:
        table(file, content)
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


# ----------------------------------------------------------------------- numbers

COMMAS = "decimal commas in level"


@pytest.mark.parametrize(
    ("cells", "expected", "said"),
    [
        (["1,234", "12,5"], [1.234, 12.5], (COMMAS,)),
        (["1,234", "0,950"], [1.234, 0.95], (COMMAS,)),
        (["1,234", "1,234.5"], [1234, 1234.5], ("level: 1,234 is 1234",)),
        (["1,234", "950.5"], [1234, 950.5], ("level: 1,234 is 1234",)),
        (["1,234,567"], [1234567], ("level: 1,234,567 is 1234567",)),
        (["1.234", "1.234,5"], [1234, 1234.5], (COMMAS, "level: 1.234 is 1234")),
        (["1.234.567"], [1234567], ("level: 1.234.567 is 1234567",)),
        (["1,5E+03", "2"], [1500.0, 2], (COMMAS,)),
        (
            ["1\u00a0234,5", "1\u202f234", "12 345,6"],
            [1234.5, 1234, 12345.6],
            (COMMAS, "level: 1\u00a0234,5 is 1234.5"),
        ),
        (["1'234.5"], [1234.5], ("level: 1'234.5 is 1234.5",)),
        (["\u22122,5", "+3,5"], [-2.5, 3.5], (COMMAS,)),
        (["1.234", "21.125"], [1.234, 21.125], ()),
    ],
    ids=str,
)
@pytest.mark.parametrize("separator", [";", ","])
def test_the_other_numbers_of_a_column_tell_how_they_are_written(
    cells: list[str], expected: list[float], said: tuple[str, ...], separator: str, file: Path
) -> None:
    assert column(file, *cells, separator=separator) == (expected, said)


@pytest.mark.parametrize(("more", "expected"), [("2,5", [1.234]), ("2.5", [1234])])
def test_or_those_of_other_columns_do(more: str, expected: list[float], file: Path) -> None:
    found, said = column(file, "1,234", separator="\t", more=more)
    assert found == expected
    assert said
    assert column(file, "1.234", more="2,5")[0] == [1234]


def test_or_the_separator_does_and_if_nothing_tells_it_is_refused(file: Path) -> None:
    assert column(file, "1,234", "950") == ([1.234, 950], (COMMAS,))
    assert refusal(file, f'station,level,measured\nK,"1,234",{WHEN}\nK,950,{WHEN}\n') == (
        "level is '1,234': 1234 or 1.234? Nothing else in the file tells: write numbers without a mark for thousands, "
        "and with a decimal point."
    )


@pytest.mark.parametrize(
    "cells", [["0042", "42"], ["+49", "30"], ["123 456", "030 123"], ["192.168.100.200"], ["A7", "12"], ["9" * 20, "1"]]
)
def test_a_column_of_names_is_text_though_some_look_like_numbers(cells: list[str], file: Path) -> None:
    assert column(file, *cells)[0] == cells


def test_what_turns_a_column_into_text_is_said(file: Path) -> None:
    assert column(file, "0042", "42")[1] == ("level is text, as 0042 is no number",)


@pytest.mark.parametrize("gap", ["#DIV/0!", "#N/A", "#NV", "#WERT!", "n/a", "-", "\u2013", "<NA>", "k.A.", "inf"])
def test_gaps_are_null_among_numbers_even_beside_each_other_and_a_word(gap: str, file: Path) -> None:
    assert column(file, "3,4", gap, "-", "5", "6") == ([3.4, None, None, 5, 6], (COMMAS,))
    found, said = column(file, "3,4", gap, "defect", "5", "6")
    assert found == [3.4, None, "defect", 5, 6]
    assert said == (COMMAS, "level: 1 of 4 values is text, such as 'defect'")


# -------------------------------------------------------------------------- JSON

ROWS = [{"station": "K", "level": 3.4, "measured": WHEN}, {"station": "B", "level": None, "measured": WHEN}]
ONE = '{"station": "K", "level": 3.4, "measured": "2025-03-01 12:00"}'
TWO = '{"station": "B", "level": null, "measured": "2025-03-01 12:00"}'


@pytest.mark.parametrize(
    ("content", "written"),
    [
        (f"[{ONE},\n {TWO}]", "an array of objects"),
        (f"\ufeff[{ONE}, {TWO}]", "an array of objects"),
        (f"{ONE}\n\n{TWO}\n", "one object per line"),
        (f"{ONE}\r\n{TWO}".replace("null", "NaN"), "one object per line"),
        (f"{ONE},\n{TWO},\n", "one object per line"),
        (f"\x1e{ONE}\n\x1e{TWO}\n", "one object per line"),
        (f"{ONE}{TWO}", "objects one after another"),
        (f"{ONE}\n{TWO}".replace(", ", ",\n  "), "objects one after another"),  # as jq prints them
    ],
)
def test_rows_in_json_are_read(content: str, written: str, file: Path) -> None:
    found = table(file, content)
    assert [each.value for each in found] == ROWS
    assert found.notes[0] == f"levels.csv: JSON, {written}"


def test_one_line_of_json_is_one_row(file: Path) -> None:
    assert [each.value for each in table(file, ONE)] == ROWS[:1]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ('{"level": {"0": 3.4}}', "levels.csv is one JSON object, not an array of objects or an object per line: "),
        ('{"data": [1],\n "n": 1}', "levels.csv is one JSON object"),
        (f"[{ONE},", "levels.csv, line 1, is not JSON: "),
        (f"[{ONE},\n]", "levels.csv, line 2, is not JSON: Expecting value. There is a comma too many before ]."),
        (
            ONE.replace('"', "'"),
            "levels.csv, line 1, is not JSON: Expecting property name enclosed in double quotes. It ",
        ),
        (f"level/K {ONE}\nlevel/B {TWO}", "There is something before the JSON in each line, 'level/K'"),
        (f"CreateTime:1714557600000\tK\t{ONE}", "There is something before the JSON in each line, 'CreateTime:"),
        (f"K\t{ONE}", "There is something before the JSON in each line, 'K'"),
        (f"{ONE}\n{TWO[:-1]}", "levels.csv, line 2, is not JSON: "),
        ("[1, 2]", "Row 1 is a int, not a dict"),
    ],
)
def test_other_json_is_refused_with_what_to_do(content: str, why: str, file: Path) -> None:
    assert refusal(file, content).startswith(why)


# ---------------------------------------------------------------- other kinds of file


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (b"PK\x03\x04...", "save the table as CSV in UTF-8, or give lab.produce the DataFrame of pd.read_excel(...)"),
        (b"\xd0\xcf\x11\xe0...", "pd.read_excel(...)"),
        (b"PAR1...", "give lab.produce the DataFrame of pd.read_parquet(...)"),
        (b"ARROW1...", "pd.read_feather(...)"),
        (b"Obj\x01...", "fastavro.reader"),
        (b"ORC...", "pd.read_orc(...)"),
        (b"\x93NUMPY...", "np.load(...)"),
        (b"{\\rtf1...", "save the table as CSV"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a", "git lfs pull"),
        (b"BZh91AY...", "unpack it first"),
        (b"<!DOCTYPE html>\n<html>", "download the file itself"),
        (b"a,b\0\n1,2\n", "save it as CSV in UTF-8"),
    ],
)
def test_what_is_no_table_of_text_is_refused_with_what_to_do(content: bytes, advice: str, file: Path) -> None:
    message = refusal(file, content)
    assert message.startswith(str(file))
    assert advice in message


# ------------------------------------------------------------------ shapes of tables

HEAD = "station;level;measured"
ROW = f"Köln;3,4;{WHEN}"
VALUE = {"station": "Köln", "level": 3.4, "measured": WHEN}


@pytest.mark.parametrize(
    "content",
    [
        f"{HEAD}\r{ROW}\r",
        f"sep=;\r\n{HEAD}\r\n{ROW}\r\n",
        f'"sep=;"\n{HEAD}\n{ROW}\n',
        f"# made by a gauge, on 1 March; and so on\n#\n{HEAD}\n{ROW}\n",
        f"# made by a gauge\n# {HEAD}\n{ROW}\n",
        f"{HEAD}\n{ROW}\n".encode("utf-16-le"),
        f"{HEAD}\n{ROW}\n".encode("utf-16-be"),
        f"station;level\u00a0;\u00a0mea\u200bsured\n{ROW}\n",
        f"{HEAD}\n ; ; \n{ROW}\n",
    ],
    ids=range(9),
)
def test_a_table_is_read_as_it_was_meant(content: str | bytes, file: Path) -> None:
    assert [each.value for each in table(file, content)] == [VALUE]


def test_names_of_columns_are_composed_and_have_usual_spaces(file: Path) -> None:
    (item,) = table(file, f"sta\u00a0tion;Ho\u0308he;measured\nKöln;3;{WHEN}\n", key="sta tion")
    assert item.value == {"sta tion": "Köln", "Höhe": 3, "measured": WHEN}


def test_a_column_may_be_called_by_a_hash(file: Path) -> None:
    (item,) = table(file, f"#;{HEAD}\n1;{ROW}\n")
    assert item.value == {"#": 1} | VALUE


def test_the_separator_is_that_by_which_all_rows_have_as_many_cells(file: Path) -> None:
    (item,) = table(file, f"station;level (m, NN, new, 2025);measured\n{ROW}\n")
    assert item.value["level (m, NN, new, 2025)"] == 3.4


def test_what_is_above_the_columns_is_said(file: Path) -> None:
    assert table(file, f"# made\n# so\n{HEAD}\n{ROW}\n").notes[:2] == (SAID, "2 lines above the columns left out (#)")


@pytest.mark.parametrize(
    "content",
    ["station,level (m, mean),measured\na,1.5,2023-11-14\nb,2.5,2023-11-15\n", "a;b;c\n1;2\n"],
)
def test_a_head_with_more_names_than_any_row_has_cells_is_refused(content: str, file: Path) -> None:
    message = refusal(file, content)
    assert "names" in message
    assert "write it in quotes" in message


def test_rows_may_lack_their_last_cells_and_the_head_may_end_with_separators(file: Path) -> None:
    some = table(file, "station,measured,note\na,2023-11-14\nb,2023-11-15,wet\n")
    assert [item.value["note"] for item in some] == [None, "wet"]
    (row,) = table(file, "station,measured,,\na,2023-11-14\n")
    assert row.value == {"station": "a", "measured": "2023-11-14"}


def test_a_file_without_rows_says_so(file: Path) -> None:
    assert table(file, f"{HEAD}\n").notes == (SAID, "there are no rows below the names of the columns")
    assert read([]).notes == ("there are no rows",)


def test_a_file_without_names_of_columns_is_refused(file: Path) -> None:
    for content in ("", "\n \n", "sep=,\n", " ; ;\n"):
        assert refusal(file, content).endswith("levels.csv is empty: its first line must name the columns.")


@pytest.mark.parametrize(
    "rows", ['B;"2;{0}\nB;3;{0}\nB;4;{0}\n', 'B;"2;{0}\nB;3;{0}\nB;"4";{0}\nB;5;{0}\n', 'B;"2;{0}', '"B;2;{0}\n']
)
def test_a_quote_that_is_not_closed_is_refused_with_its_line(rows: str, file: Path) -> None:
    message = refusal(file, f"{HEAD}\n{ROW}\n{rows.format(WHEN)}")
    assert message == "levels.csv, line 3: a quote is opened and not closed: delete or double it."


def test_a_text_may_have_quotes_and_several_lines(file: Path) -> None:
    found = table(file, f'{HEAD}\nK;"say ""hi""\nthere";{WHEN}\nK;5";{WHEN}\nK;"a"b;{WHEN}')
    assert [each.value["level"] for each in found] == ['say "hi"\nthere', '5"', "ab"]


@pytest.mark.parametrize("gap", ["", "-", "n/a", "NaN", "#NV"])
def test_a_row_without_a_time_is_left_out_and_counted(gap: str, file: Path) -> None:
    found = table(file, f"{HEAD}\n{ROW}\nB;1;{gap}\n")
    assert [each.value for each in found] == [VALUE]
    assert found.notes[-1] == "1 row was left out, without station or measured"


# ------------------------------------------------------- what stands above and below a head

TABLE = "station,measured,level\nK,2025-03-01 12:00,3.4\nB,2025-03-01 12:10,3.5\n"


@pytest.mark.parametrize("above", ["Exported 2025-03-02", "Station: Köln\nLogger: X-200, serial 4711\n\n", "Köln\n\n"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_lines_above_the_names_of_the_columns_are_left_out_and_counted(above: str, separator: str, file: Path) -> None:
    found = table(file, f"{above}\n{TABLE.replace(',', separator)}")
    assert [each.value["level"] for each in found] == [3.4, 3.5]
    many = len([line for line in above.splitlines() if line])
    assert f"{many} {'line' if many == 1 else 'lines'} above the columns left out" in found.notes


@pytest.mark.parametrize(
    ("content", "left_out"),
    [
        ("Station:;Köln\nZeitraum:;Mai\n\nmeasured;level\n13.05.2024 00:00;1,5\n13.05.2024 01:00;1,7\n", 2),
        ('"Konto:";"DE02";\n\n"measured";"level";\n"13.05.2024";"1,5";\n"14.05.2024";"1,7";\n', 1),
        (
            '"Data Source","Indicators",\n\n"Last Updated","2024-05-30",\n\n"measured","code","2019","2020",\n'
            '"2024-01-01","A","1.3","1.5",\n"2024-01-02","B","1.6","1.7",\n',
            2,
        ),
    ],
)
def test_what_looks_like_a_table_above_an_empty_line_is_left_out_too(content: str, left_out: int, file: Path) -> None:
    file.write_text(content)
    found = read(file, Columns(None, "measured", of_readings=False))
    assert [[*each.value.values()][-1] for each in found] == [1.5, 1.7]
    assert f"{left_out} {'line' if left_out == 1 else 'lines'} above the columns left out" in found.notes


@pytest.mark.parametrize("content", ["a,b\nx,1\n\ny,2\nz,3\n", "a,b\nx,y\n\np,q\nr,s\n", "a,b\nx,1\nc,d\n\ny,2\n"])
def test_an_empty_line_in_a_table_ends_nothing(content: str, file: Path) -> None:
    file.write_text(content)
    rows = [*read(file, Columns(None, None, of_readings=False))]
    assert len(rows) == 3
    assert [*rows[0].value] == ["a", "b"]


def test_a_quote_that_is_never_closed_is_said_however_long_it_is(file: Path) -> None:
    content = 'station,measured,level\nK,2025-03-01 12:00,"3\n' + "x" * 200_000 + "\nB,2025-03-01 12:10,3\n"
    assert "a quote is opened and not closed" in refusal(file, content)


def test_a_column_without_a_name_is_kept_unless_it_counts_the_rows(file: Path) -> None:
    found = table(file, ",measured,station\nA,2025-03-01 12:00,K\nB,2025-03-01 12:10,K\n")
    assert [each.value["index"] for each in found] == ["A", "B"]
    assert "columns without a name are called index" in found.notes
    found = table(file, "station,measured,\nK,2025-03-01 12:00,5\nK,2025-03-01 12:10,\n")
    assert [each.value["column 3"] for each in found] == [5, None]
    found = table(file, ",measured,station\n0,2025-03-01 12:00,K\n1,2025-03-01 12:10,K\n")
    assert [[*each.value] for each in found] == [["measured", "station"]] * 2


def test_a_key_that_a_spreadsheet_has_rounded_is_refused(file: Path) -> None:
    rounded = refusal(file, "station,measured\n3.56938E+14,2025-03-01 12:00\n3.56938E+14,2025-03-01 12:10\n")
    assert rounded.startswith("Row 1: station is 3.56938E+14, which a spreadsheet has rounded")


def test_what_is_above_is_no_head_for_rows_of_numbers(file: Path) -> None:
    content = "station,measured\nK,2025-03-01 12:00,3.4\nB,2025-03-01 12:10,3.5\n"
    assert refusal(file, content).startswith("Row 1 has 3 cells")


@pytest.mark.parametrize(
    ("content", "cell"),
    [
        ("1740830400,nan,14.45\n1740830460,nan,12.35\n", "1740830400"),
        ("2025-03-01 12:00;K;14,45\n2025-03-01 12:01;K;12,35\n", "2025-03-01 12:00"),
        ("K,21.5\nB,21.6\n", "21.5"),
        ("USW00094728,20240501,PRCP,0,,,W,2400\nUSW00094728,20240501,TMAX,256,,,W,\n", "20240501"),
        ("2025-03-01 12:00,a,\n2025-03-01 12:01,b,5\n", "2025-03-01 12:00"),
        ("2025-03-01 12:00,ok,1\n2025-03-01 12:01,5,fail\n", "2025-03-01 12:00"),
        ("10:00:01,512\n10:00:02,513\n", "10:00:01"),
        ("0,512,33\n1,513,34\n", "0"),
        ("kitchen,21\nbath,22\n", "21"),
        ("true,5\nfalse,6\n", "true"),
    ],
)
def test_a_table_whose_first_line_is_a_row_is_refused(content: str, cell: str, file: Path) -> None:
    assert refusal(file, content).startswith(f"levels.csv: its first line does not name the columns, it has {cell!r}")


HEADS = [
    "station,2023,2024\nK,15,25\n", "station,2025-03-01\nK,1.5\n", "1,2\n3,4\n", "day,0,1,2,3\nmon,5,6,7,8\n",
    "station,0.05,0.5,0.95\nK,1.5,2.5,3.5\n", "name,room\nanna,kitchen\n",
]  # fmt: skip


@pytest.mark.parametrize("content", HEADS)
def test_names_may_be_numbers_or_dates(content: str, file: Path) -> None:
    file.write_text(content)
    assert len([*read(file, Columns(None, None, of_readings=False))]) == 1


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (TABLE.replace(",", ":").replace("12:00", "1200").replace("12:10", "1210"), "separated by colons"),
        (TABLE.replace(",", "~"), "separated by tildes"),
        ("station level more\nK  3.4   1\nB  3.5   2\n", "separated by spaces"),
        ("".join(f'"{line}"\n' for line in TABLE.splitlines()), "separated by commas, and each line is in quotes"),
        (TABLE.replace("station,measured,level", "'station','measured','level'"), "single quotes"),
        (TABLE.replace("3.4", "3,4").replace("3.5", "3,5"), "write decimal commas with a point"),
    ],
)
def test_cells_that_are_separated_in_another_way_are_refused(content: str, why: str, file: Path) -> None:
    assert why in refusal(file, content)


# ------------------------------------------------------------ what is written beside numbers


@pytest.mark.parametrize(
    ("cells", "expected", "said"),
    [
        (["21.5 °C", "-3 °C"], [21.5, -3], ("level: 21.5 °C is 21.5",)),
        (["45 %", "", "46 %"], [45, None, 46], ("level: 45 % is 45",)),
        (["12,5%", "13,1%"], [12.5, 13.1], (COMMAS, "level: 12,5% is 12.5")),
        (["$12.50", "$13.00"], [12.5, 13.0], ("level: $12.50 is 12.5",)),
        (["3.4 m", "3.5 m"], [3.4, 3.5], ("level: 3.4 m is 3.4",)),
        (["3.4 m", "35 cm"], ["3.4 m", "35 cm"], ("level is text, such as '3.4 m'",)),
        (["(3.4)", "3.5*"], ["(3.4)", "3.5*"], ()),
        (["12A", "14B"], ["12A", "14B"], ()),
        (["1E2", "2E3"], ["1E2", "2E3"], ()),
        (["1\u202f234,50 €", "12,00 €"], [1234.5, 12.0], (COMMAS, "level: 1\u202f234,50 € is 1234.5")),
        (["+0222,1", "-0005,5"], ["+0222,1", "-0005,5"], ()),
        (["21.5", "unavailable", "21.7", "unknown", "\\N"], [21.5, None, 21.7, None, None], ()),
        (
            ["1.5", "low", "2.5", "on"],
            ["1.5", "low", "2.5", "on"],
            ("level is text, though 2 of 4 values are numbers",),
        ),
        (["1E2", "3"], ["1E2", "3"], ("level is text, as 1E2 is no number",)),
        (["1.0E2", "2E-3"], [100.0, 0.002], ()),
        (["true", "False", ""], [True, False, None], ("level is true or false",)),
        (["true", "maybe"], ["true", "maybe"], ()),
    ],
    ids=str,
)
def test_units_are_left_out_and_truth_values_read(
    cells: list[str], expected: list[Any], said: tuple[str, ...], file: Path
) -> None:
    assert column(file, *cells) == (expected, said)


@pytest.mark.parametrize(
    ("cells", "many"),
    [(["20.5", "-999", "21"], "once"), (["3", "-9999", "-9999"], "2 times"), (["-40", "-99.9"], "once")],
)
def test_a_number_that_usually_says_that_there_is_none_is_said(cells: list[str], many: str, file: Path) -> None:
    _, (said,) = column(file, *cells)
    assert f" {many}: if that says that nothing was measured, leave it out" in said


@pytest.mark.parametrize("cells", [["-999", "-1200"], ["-99", "-98", "-70"], ["-999"], ["0", "5"]])
def test_other_low_numbers_need_no_word(cells: list[str], file: Path) -> None:
    assert column(file, *cells)[1] == ()


def test_a_table_with_the_newest_row_first_is_said_unless_it_is_replayed(file: Path) -> None:
    rows = [f"K,2025-03-01 12:{minute:02},{minute}" for minute in (30, 20, 20, 10)]
    content = "\n".join(["station,measured,level", *rows])
    words = "the newest row comes first, and windows leave out what is late: sort the table by time"
    assert words in table(file, content).notes
    assert words not in read(file, Columns("station", "measured", of_readings=False), replayed=True).notes
    assert words not in table(file, "\n".join(["station,measured,level", *reversed(rows)])).notes
