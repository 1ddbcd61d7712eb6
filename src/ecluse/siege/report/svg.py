"""The few SVG marks that the report's charts are made of (pure)."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr


def mark(name: str, inside: str = "", **attributes: object) -> str:
    """Return an element; `_` in an attribute's name stands for `-`, but for `class_`."""
    said = "".join(
        f" {key.rstrip('_').replace('_', '-')}={quoteattr(_number(value))}"
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{said}>{inside}</{name}>" if inside else f"<{name}{said}/>"


def text(said: str, x: float, y: float, class_: str = "", anchor: str = "start") -> str:
    """Return a text whose baseline stands at (x, y)."""
    return mark("text", escape(said), x=x, y=y, class_=class_ or None, text_anchor=anchor)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> str:
    """Return a line."""
    return mark("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def picture(name: str, size: tuple[float, float], title: str, about: str, inside: str) -> str:
    """Return a drawing that a screen reader announces by title and description."""
    width, height = size
    return mark(
        "svg",
        mark("title", escape(title), id=f"{name}-title")
        + mark("desc", escape(about), id=f"{name}-about")
        + inside,
        role="img",
        class_=name,
        viewBox=f"0 0 {_number(width)} {_number(height)}",
        aria_labelledby=f"{name}-title {name}-about",
    )


def _number(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
