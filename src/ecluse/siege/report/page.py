"""The report as one page of HTML that needs nothing else: no script, no other host (pure)."""

from __future__ import annotations

from base64 import b64encode
from importlib import resources
from string import Template
from typing import TYPE_CHECKING

from ecluse.portal.pages_server import FONT_FILES, FONTS, PAGES
from ecluse.siege.report import exposure, friction, peers
from ecluse.siege.report.figures import BASELINE, rows
from ecluse.siege.report.svg import mark
from ecluse.siege.report.tables import cells, details, everything, remains, table


if TYPE_CHECKING:
    from ecluse.siege.report.figures import Facts
    from ecluse.siege.report.words import Words


def page(facts: Facts, words: Words) -> str:
    """Return the report.

    Args:
        facts: What `ecluse siege --json` prints, of all attackers.
        words: Of the language to write.
    """
    here = Template((resources.files(__package__) / "page.html").read_text("utf-8"))
    return here.substitute(
        lang=words.lang,
        style=_style(),
        mark=_picture((PAGES / "mark.svg").read_bytes()),
        title=words("title"),
        **_opening(facts, words),
        exposure=_exposure(facts, words),
        friction=_friction(facts, words),
        honest=_honest(facts, words),
        everything=_everything(facts, words),
        baseline=_baseline(facts, words),
        remains=_section(words("remains_title"), words("remains_note"), remains(facts, words)),
        method=_method(facts, words),
    )


def _opening(facts: Facts, words: Words) -> dict[str, str]:
    missed = [goal for part in facts["strategies"] for goal in part["expected"] if not goal["met"]]
    members = max(run["members"] for run in facts["runs"])
    return {
        "headline": words(
            "headline", file=words.number(members), relayed=_most(facts, words, "relayed_login")
        ),
        "malware": words(
            "headline_malware",
            leaked=_most(facts, words, "leaked_list", "persons_24h"),
            contained=words.duration(_mean(facts, "fast_sweep", "contained_s")),
        ),
        "about": words(
            "about",
            runs=words.number(len(facts["runs"])),
            policy=facts["policy"],
            members=words.number(members),
        ),
        "met": words("met_no", count=len(missed)) if missed else words("met_yes"),
        "met_class": "missed" if missed else "met",
    }


def _most(facts: Facts, words: Words, strategy: str, figure: str = "persons") -> str:
    """Return the largest figure of all the runs of an attacker, however it was played."""
    return words.number(
        max(run.get(figure, run["persons"]) for run in facts["runs"] if run["strategy"] == strategy)
    )


def _mean(facts: Facts, strategy: str, figure: str) -> float | None:
    """Return the mean of a figure where an attacker was played on running parts, if it was."""
    parts = [part for part in facts["strategies"] if part["strategy"] == strategy]
    parts.sort(key=lambda part: part["played"] != "live")
    found: float | None = parts[0]["figures"][figure]["mean"]
    return found


def _exposure(facts: Facts, words: Words) -> str:
    others = peers.exposures(peers.read())
    drawn = "".join(
        exposure.draw(rows(facts), others, words, layout)
        for layout in (exposure.WIDE, exposure.NARROW)
    )
    return _section(words("exposure_title"), words("exposure_note"), drawn, kind="chart")


def _friction(facts: Facts, words: Words) -> str:
    points = facts["curve"]
    drawn = "".join(
        friction.draw(points, words, frame) for frame in (friction.WIDE, friction.NARROW)
    )
    behind = table(
        [words(f"{each}_column") for each in ("cap", "bound", "persons", "checks", "refused")],
        [
            cells(
                words.number(point[each])
                for each in ("typed_day", "bound", "persons", "checks", "wrongly_refused")
            )
            for point in points
        ],
    )
    note = words("friction_note", accounts=points[0]["accounts"], days=points[0]["days"])
    return _section(words("friction_title"), note, drawn + behind, kind="chart")


def _honest(facts: Facts, words: Words) -> str:
    honest = facts["honest"]
    return _section(
        words("honest_title"),
        words(
            "honest",
            accounts=words.number(honest["accounts"]),
            days=honest["days"],
            checks=words.number(honest["checks"]),
            locks=words.number(honest["false_locks"]),
            refused=words.number(honest["wrongly_refused"]),
            share=words.number(honest["wrongly_refused"] / honest["checks"] * 100, 3),
            presence=words.number(honest["presence_refused"]),
        ),
    )


def _everything(facts: Facts, words: Words) -> str:
    seeds = len({run["seed"] for run in facts["runs"]})
    return _section(
        words("table_title"), words("table_note", seeds=seeds), everything(facts, words), "wide"
    )


def _baseline(facts: Facts, words: Words) -> str:
    run = next(run for run in facts["runs"] if run["strategy"] == BASELINE)
    said = words(
        "baseline_text",
        read=words.number(run["persons_read"]),
        seconds=words.number(run["seconds"]),
        rate=words.number(run["pages_per_s"]),
        persons=words.number(run["persons"]),
        members=words.number(run["members"]),
        hours=words.number(run["hours_for_all"]),
    )
    others = peers.exposures(peers.read())
    listed = table(
        [words("peer"), words("figure")],
        [cells((each.name, each.figure)) for each in map(words.peer, others)],
    )
    title = mark("h3", words("peers_title"))
    return _section(words("baseline_title"), said, f"{title}{listed}{details(words('peers_note'))}")


def _method(facts: Facts, words: Words) -> str:
    town = min(run["members"] for run in facts["runs"])
    figures = {
        "town": words.number(town),
        "members": words.number(max(run["members"] for run in facts["runs"])),
    }
    said = [words(f"method_{number}", **figures) for number in range(1, 5)]
    policy = words("policy_line", policy=facts["policy"], sha256=facts["sha256"])
    return _section(
        words("method_title"),
        said[0],
        "".join(mark("p", each) for each in said[1:])
        + mark("h3", words("command_title"))
        + mark("pre", mark("code", facts["command"]), tabindex=0)
        + details(f"{policy} {words('invented')}"),
    )


def _section(title: str, note: str, inside: str = "", kind: str | None = None) -> str:
    return mark("section", mark("h2", title) + mark("p", note) + inside, class_=kind)


def _style() -> str:
    """Return the pages' own colours, the report's style, and the typeface itself."""
    tokens = (PAGES / "css" / "tokens.css").read_text("utf-8")
    for name in FONT_FILES:
        font = b64encode((FONTS / name).read_bytes()).decode()
        tokens = tokens.replace(f"/fonts/{name}", f"data:font/ttf;base64,{font}")
    return tokens + (resources.files(__package__) / "page.css").read_text("utf-8")


def _picture(svg: bytes) -> str:
    return f"data:image/svg+xml;base64,{b64encode(svg).decode()}"
