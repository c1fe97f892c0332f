import itertools
import json

ODD = 4  # records behind: more is not normal


def read(sent):
    """The records by partition, as dicts, and by how many records each group is behind in each partition."""
    _, records, groups = sent[0].fields.values()
    names = ("partition", "offset", "key", "time", "text")
    rows = [dict(zip(names, each, strict=True)) for each in records]
    behind = {(group, partition): end - committed for group, partition, committed, end in groups}
    start = {(group, partition): committed for group, partition, committed, _ in groups}
    return rows, behind, start


def value(row):
    try:
        return json.loads(row["text"])
    except json.JSONDecodeError:
        return {}


def blamed(sent):
    """The letter of the cause, and all records to blame, the one that counts first."""
    rows, behind, start = read(sent)
    for partition in range(3):
        waits = [group for group in ("alerts", "averages", "archive") if behind[group, partition] > ODD]
        unread = [row for row in rows if row["partition"] == partition and row["offset"] >= start["archive", partition]]
        if len(waits) == 3:
            return "g", [row for row in unread if row["key"] == "backfill"]
        if waits:
            dry = [row for row in unread if value(row).get("humidity") == 0]
            return ("a", dry) if dry else ("h", unread)
    return among_the_records(rows)


def among_the_records(rows):
    if fahrenheit := [row for row in rows if value(row).get("unit") == "F"]:
        return "d", fahrenheit
    if no_json := [row for row in rows if not value(row)]:
        return "e", no_json
    newest = {partition: [row for row in rows if row["partition"] == partition][-1] for partition in range(3)}
    silent = min(newest.values(), key=lambda row: row["time"])
    others = [row for row in rows if row["partition"] != silent["partition"] and row["time"] > silent["time"] + 1000]
    times = sorted(row["time"] for row in rows)
    if ahead := [row for row in rows if row["time"] > times[0] + 30_000]:
        return "b", ahead
    first = {}
    for row in sorted(rows, key=lambda row: row["time"]):
        first.setdefault(row["key"], row["partition"])
    if moved := [row for row in rows if row["partition"] != first[row["key"]]]:
        return "c", moved
    return "f", [silent, *others]


def named(letter, row):
    return [letter, row["partition"], row["offset"]]


def answer(sent):
    letter, rows = blamed(sent)
    return named(letter, rows[0])


def as_a_text(sent):
    letter, partition, offset = answer(sent)
    return f"({letter.upper()}), {partition} and {offset}"


def beside(sent, step):
    rows, letter, first = read(sent)[0], *blamed(sent)
    place = rows.index(first[0]) + step
    return named(letter, rows[place % len(rows)])


def the_record_before(sent):
    return beside(sent, -1)


def the_record_after(sent):
    return beside(sent, 1)


def the_last_instead_of_the_first(sent):
    letter, rows = blamed(sent)
    return named(letter, rows[-1])


def the_record_without_its_cause(sent):
    return answer(sent)[1:]


def another_cause(letters):
    """The right record with another letter: `letters` says which is taken for which."""

    def wrong(sent):
        letter, partition, offset = answer(sent)
        return [letters.get(letter, "d" if letter != "d" else "e"), partition, offset]

    return wrong


stalled_for_poison = another_cause({"a": "h", "h": "a", "g": "h", "f": "g"})
late_for_fast = another_cause({"b": "f", "c": "b", "d": "a", "e": "a"})


def decoy(letter, is_odd):
    """The oldest record that looks odd, though it was always so, or is harmless."""

    def wrong(sent):
        rows = sorted(read(sent)[0], key=lambda row: (not is_odd(row), row["time"]))
        return named(letter, rows[0])

    return wrong


nearly_dry = decoy("a", lambda row: 0 < value(row).get("humidity", 50) < 1)
freezing = decoy("a", lambda row: value(row).get("temperature") == 0)
hot = decoy("d", lambda row: value(row).get("temperature", 0) > 60 and "unit" not in value(row))
a_unit = decoy("d", lambda row: value(row).get("unit") == "C")
a_comma_in_a_note = decoy("e", lambda row: value(row).get("note"))
nearly_the_same_name = decoy("c", lambda row: row["key"].endswith("-2"))
a_backfill_that_has_ended = decoy("g", lambda row: row["key"] == "backfill")


def a_late_reading(sent):
    rows, _, _ = read(sent)
    pairs = itertools.pairwise(rows)
    late = (x for x, y in pairs if x["partition"] == y["partition"] and 0 < x["time"] - y["time"] < 1000)
    return named("b", next(late, rows[0]))


def where_the_archive_begins_again(sent):
    _, behind, start = read(sent)
    partition = max(range(3), key=lambda each: behind["archive", each])
    return ["a", partition, start["archive", partition]]


def the_last_one_that_was_processed(sent):
    _, behind, start = read(sent)
    partition = max(range(3), key=lambda each: behind["archive", each])
    return ["h", partition, start["archive", partition] - 1]


RIGHT = [as_a_text]
WRONG = [
    (wrong, ("Cause and record",))
    for wrong in (
        the_record_before,
        the_record_after,
        the_last_instead_of_the_first,
        the_record_without_its_cause,
        stalled_for_poison,
        late_for_fast,
        nearly_dry,
        freezing,
        hot,
        a_unit,
        a_comma_in_a_note,
        nearly_the_same_name,
        a_backfill_that_has_ended,
        a_late_reading,
        where_the_archive_begins_again,
        the_last_one_that_was_processed,
    )
]
