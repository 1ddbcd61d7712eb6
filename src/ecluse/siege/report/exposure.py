"""The chart of exposure: for each attacker the persons it got, and the bound as a tick (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ecluse.siege.report.figures import grouped, worst
from ecluse.siege.report.scale import Scale
from ecluse.siege.report.svg import line, mark, picture, text


if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecluse.siege.report.figures import Row
    from ecluse.siege.report.peers import Exposure
    from ecluse.siege.report.words import Words


_ROW, _HEAD, _FOOT = 26.0, 34.0, 30.0
#: On a narrow screen a bar's name stands above it.
_NARROW_ROW = 42.0
_VALUE = 110.0


class Bar(NamedTuple):
    """One bar: how far, and where the bound's tick stands; None: there is none."""

    name: str
    persons: float
    value: str
    bound: int | None
    #: `here` or `elsewhere`.
    kind: str


class Layout(NamedTuple):
    """Where things stand, for one width."""

    name: str
    width: float
    labels: float
    row: float

    @property
    def above(self) -> bool:
        """Whether a bar's name stands above it."""
        return self.row == _NARROW_ROW


WIDE = Layout("exposure-wide", 1000.0, 330.0, _ROW)
NARROW = Layout("exposure-narrow", 360.0, 6.0, _NARROW_ROW)


def groups(
    rows: Sequence[Row], peers: Sequence[Exposure], words: Words
) -> list[tuple[str, list[Bar]]]:
    """Return the bars in groups, each with its heading."""
    parted = grouped(worst(rows))
    elsewhere = [_bar(row, words, "elsewhere") for row in parted.baseline]
    elsewhere += [
        Bar(words.peer(peer).name, peer.persons, words.number(peer.persons), None, "elsewhere")
        for peer in peers
    ]
    return [
        (words("group_elsewhere"), elsewhere),
        (words("group_outsiders"), [_bar(row, words, "here") for row in parted.outsiders]),
        (words("group_insiders"), [_bar(row, words, "here") for row in parted.insiders]),
    ]


def _bar(row: Row, words: Words, kind: str) -> Bar:
    name = words.attacker(row.strategy).name
    if row.days > 1:
        name = words("over_days", name=name, days=row.days)
    value = words.number(row.persons, 0 if row.persons == int(row.persons) else 1)
    return Bar(name, row.persons, value, row.bound if kind == "here" else None, kind)


def draw(rows: Sequence[Row], peers: Sequence[Exposure], words: Words, layout: Layout) -> str:
    """Draw the chart in one of its two layouts."""
    parts = [(head, bars) for head, bars in groups(rows, peers, words) if bars]
    count = sum(len(bars) for _, bars in parts)
    height = _HEAD * len(parts) + layout.row * count + _FOOT
    most = max(bar.persons for _, bars in parts for bar in bars)
    scale = Scale(layout.labels, layout.width - _VALUE, max(most, 10.0))
    inside, y = [_axis(scale, height, words)], 0.0
    for head, bars in parts:
        y += _HEAD
        inside.append(text(head, 0, y - 10, "head"))
        for bar in bars:
            inside.append(_drawn(bar, scale, y, layout))
            y += layout.row
    return picture(
        layout.name,
        (layout.width, height),
        words("exposure_title"),
        words("exposure_about"),
        "".join(inside),
    )


def _axis(scale: Scale, height: float, words: Words) -> str:
    bottom = height - _FOOT
    return "".join(
        line(x, 18, x, bottom, "grid") + text(words.number(tick), x, height - 10, "tick", "middle")
        for tick in scale.ticks()
        for x in (scale.at(tick),)
    )


def _drawn(bar: Bar, scale: Scale, y: float, layout: Layout) -> str:
    middle = y + (layout.row - 11 if layout.above else layout.row / 2)
    left, end = scale.at(0), scale.at(bar.persons)
    name_y = y + 14 if layout.above else middle + 5
    drawn = text(bar.name, 0, name_y, "name")
    # Nobody is a dot on the axis' first line, so that it is seen as a result and not as a gap.
    if bar.persons:
        drawn += mark(
            "rect", x=left, y=middle - 6, width=end - left, height=12, rx=2, class_=bar.kind
        )
    else:
        drawn += mark("circle", cx=left, cy=middle, r=4, class_=bar.kind)
    tick = scale.at(bar.bound) if bar.bound is not None else end
    if bar.bound is not None:
        drawn += line(tick, middle - 10, tick, middle + 10, "bound")
    beside = end if tick - end > _VALUE else max(end, tick)
    return drawn + text(bar.value, beside + 9, middle + 5, "value")
