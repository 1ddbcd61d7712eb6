"""The report's tables (pure)."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from ecluse.siege.report.figures import grouped, rows
from ecluse.siege.report.svg import mark


if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ecluse.siege.report.figures import Facts, Row
    from ecluse.siege.report.words import Words


def table(head: Sequence[str], body: Iterable[str]) -> str:
    """Return a table of rows that `cells` made, which a narrow screen scrolls."""
    named = "".join(mark("th", escape(each), scope="col") for each in head)
    inside = mark("thead", mark("tr", named)) + mark("tbody", "".join(body))
    label = ", ".join(head)
    return mark(
        "div",
        mark("table", inside),
        class_="scrolled",
        tabindex=0,
        role="group",
        aria_label=label,
    )


def cells(values: Iterable[str], note: str = "") -> str:
    """Return a row; its first cell names it, and may have a note below."""
    first, *others = values
    below = mark("small", escape(note)) if note else ""
    head = mark("th", escape(first) + below, scope="row")
    return mark("tr", head + "".join(mark("td", escape(each)) for each in others))


def details(said: str) -> str:
    """Return a line that stands back."""
    return mark("p", escape(said), class_="note")


def everything(facts: Facts, words: Words) -> str:
    """Return the table of every attacker, played in every way."""
    head = ["attack", "played", "accounts", "time", "bound", "persons", "seen", "contained"]
    missed = {
        (part["strategy"], part["played"]): [g for g in part["expected"] if not g["met"]]
        for part in facts["strategies"]
    }
    parted = grouped(rows(facts))
    body = [
        cells(_row(row, words), _missed(missed[row.strategy, row.played], words))
        for group in parted
        for row in group
    ]
    return table([words(each) for each in head], body)


def _row(row: Row, words: Words) -> list[str]:
    return [
        words.attacker(row.strategy).name,
        words(row.played),
        words.number(row.accounts),
        words("day") if row.days == 1 else words("many_days", days=row.days),
        words.number(row.bound),
        words.interval(row.came("persons")),
        words.duration(row.came("first_alarm_s")["mean"]),
        words.duration(row.came("contained_s")["mean"]),
    ]


def _missed(goals: Sequence[dict[str, Any]], words: Words) -> str:
    return "; ".join(
        words(
            "missed",
            figure=goal["figure"],
            expected=words.number(goal["expected"]),
            got=words.number(goal["got"], 1),
        )
        for goal in goals
    )


def remains(facts: Facts, words: Words) -> str:
    """Return what each attacker gets in spite of everything."""
    body = [
        cells((known.name, said))
        for part in facts["strategies"]
        for known in (words.attacker(part["strategy"]),)
        if "remains" in part and (said := known.remains or part["remains"])
    ]
    return table([words("who"), words("remains_title")], body)
