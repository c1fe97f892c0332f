"""Topics and workers as a drawing: records flow from left to right."""

from collections import Counter
from collections.abc import Sequence

from markupsafe import Markup

from labkit.live import svg
from labkit.live.theme import STATUSES
from labkit.runs.system import TopicState, WorkerState

BOX, PITCH_X, PITCH_Y, LINE = (172, 78), 198, 96, 17  # pixels
MARGIN = 6
BEND = 24  # of an arrow, in pixels
READABLE = 11  # pixels that its text has at least, however narrow its place is
LEAST = READABLE / svg.FONT_SIZE
SHOWN = 24  # characters of a name or an error
TIP = svg.element(
    "marker",
    svg.path("M", 0, 0, "L", 8, 4, "L", 0, 8, "z"),
    id="lab-tip",
    viewBox="0 0 8 8",
    refX=8,
    refY=4,
    markerWidth=8,
    markerHeight=8,
    orient="auto",
)

Positions = dict[str, tuple[int, int]]  # node -> column and row


def draw(workers: Sequence[WorkerState], topics: Sequence[TopicState]) -> Markup:
    """Returns a drawing of workers and topics; its label for screen readers is the same in words."""
    positions = _positions(workers, topics)
    arrows = [_arrow(positions, f"topic {topic}", f"worker {each.name}") for each in workers for topic in each.reads]
    arrows += [_arrow(positions, f"worker {each.name}", f"topic {each.writes}") for each in workers if each.writes]
    boxes = [_worker(each, *positions[f"worker {each.name}"]) for each in workers]
    boxes += [_topic(each, *positions[f"topic {each.name}"]) for each in topics]
    width = max((column for column, _ in positions.values()), default=0) * PITCH_X + BOX[0] + 2 * MARGIN
    height = max((row for _, row in positions.values()), default=0) * PITCH_Y + BOX[1] + 2 * MARGIN
    box = (-MARGIN, -MARGIN, width, height)
    return svg.document(words(workers, topics), box, svg.element("defs", TIP), *arrows, *boxes, scale=1.2, least=LEAST)


def words(workers: Sequence[WorkerState], topics: Sequence[TopicState]) -> str:
    """Returns workers and topics in words, one line for each."""
    lines = [
        f"{each.name} is {each.status}: {' and '.join(each.reads) or 'readings'} to {each.writes or 'nowhere'}, "
        + (each.error or ", ".join(_numbers(each)))
        for each in workers
    ]
    lines += [f"topic {each.name}: {', '.join(_counts(each))}" for each in topics]
    return "\n".join(lines)


def _numbers(worker: WorkerState) -> list[str]:
    if worker.error:
        return [_short(worker.error)]
    return [f"{worker.per_second:.1f} records/s", *([f"lag {worker.lag}"] if worker.lag is not None else [])]


def _counts(topic: TopicState) -> list[str]:
    letters = [f"✉ {topic.dead_letters} dead letters"] if topic.dead_letters else []
    return [f"{topic.per_second:.1f} records/s", f"{topic.records} records", *letters]


def _positions(workers: Sequence[WorkerState], topics: Sequence[TopicState]) -> Positions:
    """Returns places: a column per step of the data flow, and below each worker its topic, unless an earlier one
    writes it too.
    """
    columns = {each.name: 0 for each in workers}
    writers = {each.writes: each.name for each in reversed(workers) if each.writes}
    for _ in workers:  # a path has at most one step per worker, unless it goes in circles
        for each in workers:
            before = [columns[writers[name]] if name in writers else 0 for name in each.reads]
            columns[each.name] = min(max(before, default=-1) + 1, len(workers))
    positions: Positions = {}
    rows: Counter[int] = Counter()

    def put(node: str, column: int) -> None:
        positions[node] = (column, rows[column])
        rows[column] += 1

    for topic in topics:
        if topic.name not in writers:  # no worker of this lab writes it
            put(f"topic {topic.name}", 0)
    for each in workers:
        put(f"worker {each.name}", columns[each.name])
        if each.writes and writers[each.writes] == each.name:
            put(f"topic {each.writes}", columns[each.name])
    return positions


def _worker(worker: WorkerState, column: int, row: int) -> Markup:
    mark, colour = STATUSES[worker.status]
    lines = [f"{mark} {worker.status}", *_numbers(worker)]
    return _box(column, row, _shortened(worker.name), lines, stroke=colour, stroke_width=2, rx=3)


def _topic(topic: TopicState, column: int, row: int) -> Markup:
    title = f"[{_short(topic.name)}]"
    return _box(column, row, title, _counts(topic), stroke="#000", stroke_dasharray="5 3", rx=16)


def _shortened(name: str) -> str:
    """Returns the start and the end of a long name: labels of workers with the same name differ at the end."""
    return name if len(name) <= SHOWN else f"{name[: SHOWN // 2 - 1]}…{name[-SHOWN // 2 :]}"


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _box(column: int, row: int, title: str, lines: list[str], **style: object) -> Markup:
    x, y = column * PITCH_X, row * PITCH_Y
    frame = svg.rect(x, y, BOX[0], BOX[1], fill="#fff", **style)
    name = svg.text(x + 10, y + 20, title, font_weight="bold")
    texts = (svg.text(x + 10, y + 20 + number * LINE, each) for number, each in enumerate(lines, start=1))
    return frame + name + Markup().join(texts)


def _arrow(positions: Positions, source: str, target: str) -> Markup:
    (from_column, from_row), (to_column, to_row) = positions[source], positions[target]
    left, top = from_column * PITCH_X, from_row * PITCH_Y
    style = {"fill": "none", "stroke": "#000", "stroke_width": 1.5, "marker_end": "url(#lab-tip)"}
    if (to_column, to_row) == (from_column, from_row + 1):  # down to the topic below
        return svg.path("M", left + BOX[0] / 2, top + BOX[1], "V", to_row * PITCH_Y, **style)
    x, y = left + BOX[0], top + BOX[1] / 2
    to_x, to_y = to_column * PITCH_X, to_row * PITCH_Y + BOX[1] / 2
    return svg.path("M", x, y, "C", x + BEND, y, to_x - BEND, to_y, to_x, to_y, **style)
