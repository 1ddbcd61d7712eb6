"""The chart of exposure against honest friction: one point for each variant of the policy (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ecluse.siege.report.svg import line, mark, picture, text


if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecluse.siege.report.words import Words


_LEFT, _TOP, _RIGHT, _BOTTOM = 66.0, 44.0, 30.0, 56.0
_STEPS = 4


class Frame(NamedTuple):
    """A chart's size."""

    name: str
    width: float
    height: float


WIDE = Frame("friction-wide", 1000.0, 420.0)
NARROW = Frame("friction-narrow", 360.0, 340.0)


def draw(points: Sequence[dict[str, Any]], words: Words, frame: Frame) -> str:
    """Draw the curve: refused of a million honest checks to the right, persons got upwards."""
    most_x = _round(max(point["per_million"] for point in points))
    most_y = _round(max(point["persons"] for point in points))
    wide, high = frame.width - _LEFT - _RIGHT, frame.height - _TOP - _BOTTOM
    places = [
        (
            _LEFT + wide * point["per_million"] / most_x,
            _TOP + high * (1 - point["persons"] / most_y),
        )
        for point in points
    ]
    inside = _axes(frame, words, most_x, most_y)
    inside += text(words("friction_y", stolen=points[0]["stolen"]), 0, 14, "tick")
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    inside += mark("polyline", points=path, class_="curve")
    (now,) = (place for point, place in zip(points, places, strict=True) if point["in_force"])
    for point, (x, y) in zip(points, places, strict=True):
        here = point["in_force"]
        inside += mark(
            "circle", cx=x, cy=y, r=8 if here else 5, class_="now" if here else "variant"
        )
        # Caps beyond the one in force lie left of it and close together: their names stand there.
        left = x < now[0]
        label = words("cap_now" if here else "cap", cap=point["typed_day"])
        away = (-12, 14) if left else (12, -10)
        inside += text(label, x + away[0], y + away[1], "value", "end" if left else "start")
    return picture(
        frame.name,
        (frame.width, frame.height),
        words("friction_title"),
        words("friction_about", stolen=points[0]["stolen"]),
        inside,
    )


def _axes(frame: Frame, words: Words, most_x: float, most_y: float) -> str:
    bottom, right = frame.height - _BOTTOM, frame.width - _RIGHT
    drawn = ""
    for step in range(_STEPS + 1):
        share = step / _STEPS
        y, x = bottom - share * (bottom - _TOP), _LEFT + share * (right - _LEFT)
        drawn += line(_LEFT, y, right, y, "grid")
        drawn += text(words.number(share * most_y), _LEFT - 8, y + 5, "tick", "end")
        drawn += text(words.number(share * most_x), x, bottom + 20, "tick", "middle")
    return drawn + text(words("friction_x"), right, bottom + 42, "tick", "end")


def _round(value: float) -> float:
    """Return the next larger number that divides well into four steps."""
    step = 1.0
    while step * 40 < value:
        step *= 10
    return max(4.0, (value // (4 * step) + 1) * 4 * step)
