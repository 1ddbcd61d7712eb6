"""Write `docs/performance.md` from what the benches measured; with `--check`, only compare.

    ./ecluse bench check --json > docs/figures/check.json
    ./ecluse bench feed --json > docs/figures/feed.json
    python docs/performance.py [--check]

No figure of the page is typed: each stands in one of those two files, with the machine, the moment
and the command that measured it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple


DOCS = Path(__file__).resolve().parent
FIGURES = DOCS / "figures"
PAGE = DOCS / "performance.md"
INTRODUCTION = """\
# Performance

<!-- Written by docs/performance.py from docs/figures/: edit those, not this. -->

A machine is never the same twice, so each figure stands beside a limit that was measured on the same
machine in the same minutes, in alternating rounds (`src/ecluse/bench/rounds.py`): a check beside
pgbench with the same reads and writes, a feed beside a bare copy of as many bytes into the same
tables. The ratio is the median over the rounds; the spread is how far the rounds' ratios lie apart,
as a share of it. A load above the number of processors says that the machine had other work: such
figures are too low, ratios too. Measure again with the command that stands above each table, then run
`python docs/performance.py`.
"""

Facts = dict[str, Any]


class Section(NamedTuple):
    """One bench's part of the page.

    Attributes:
        title: its heading.
        file: the bench's `--json`, below docs/figures.
        about: what was measured.
        rows: what is told of it: a label, and a template over the facts.
        costs: the facts' keys that hold processor time, each with the head of its table.
    """

    title: str
    file: str
    about: str
    rows: list[tuple[str, str]]
    costs: list[tuple[str, str]]


SECTIONS = [
    Section(
        "Checks",
        "check.json",
        "The whole path over HTTP: signed requests of 2,000 counters in the card lane, each verified,"
        " located by the keyring, decided and committed with its ledger entry, opened and answered."
        " One gate, one keyring, 128 requests under way at once. pgbench commits one transaction for"
        " each check, as C can (`src/ecluse/bench/check.sql`, frozen), with 16 clients: with 32 it"
        " made no more. Requests are signed before the measure: signing is"
        " the asker's work.",
        [
            ("Checks a second", "{checks_per_s:,}"),
            ("pgbench's transactions a second", "{pgbench_per_s:,}"),
            ("Ratio", "**{ratio_to_pgbench:.2f}** (spread {spread:.0%})"),
            ("At full load, half within", "{p50_ms:,.0f} ms"),
            ("At full load, 99 of 100 within", "{p99_ms:,.0f} ms"),
            (
                "At half load, 99 of 100 within",
                "{p99_ms_half_load:,.0f} ms (pgbench: {pgbench_p99_ms_half_load:,.0f} ms)",
            ),
            ("Memory of gate, keyring and ledger keeper", "{peak_rss_mb:,} MB at most"),
            ("Memory of PostgreSQL", "{database_rss_mb:,} MB at most"),
            ("Members, rounds", "{members:,}, {rounds} of {seconds:.0f} s each"),
        ],
        [("processor_us_per_check", "Processor time of a check, µs")],
    ),
    Section(
        "Feeds",
        "feed.json",
        "From the start of `ecluse feed load` until a check finds a member: decrypted, screened,"
        " evaluated by the keyring, sealed record by record and committed with its indexes.",
        [
            ("Members a second, into empty tables", "{members_per_s:,}"),
            ("A bare copy, rows a second", "{copied_per_s:,}"),
            ("Ratio", "**{ratio_to_copy:.2f}** (spread {spread:.0%})"),
            (
                "In the place of the feed before",
                "{later[members_per_s]:,} members a second, {later[ratio_to_copy]:.2f} of the copy",
            ),
            (
                "A delta of one row in a hundred ({delta[rows]:,} rows)",
                "{delta[seconds]:.2f} s, {delta[ratio_to_copy]:.2f} of a bare copy of its rows",
            ),
            ("Prepared by an insurer, members a second", "{prepared_per_s:,}"),
            ("Memory of loader and keyring", "{peak_rss_mb:,} MB at most"),
            ("Memory of PostgreSQL", "{database_rss_mb:,} MB at most"),
            ("Members, rounds", "{members:,}, {rounds}"),
        ],
        [
            ("processor_us_per_member", "Processor time of a member, first feed, µs"),
            ("steps_us_per_member", "The same by step, each measured alone, µs"),
        ],
    ),
]


def page() -> str:
    """Return the page in Markdown."""
    return INTRODUCTION + "".join(_section(section) for section in SECTIONS)


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` return 1 when it says something else."""
    wanted = page()
    if arguments == ["--check"]:
        same = PAGE.is_file() and PAGE.read_text("utf-8") == wanted
        if not same:
            sys.stderr.write("docs/performance.md is old: run `python docs/performance.py`.\n")
        return int(not same)
    PAGE.write_text(wanted, "utf-8")
    return 0


def _section(section: Section) -> str:
    path = FIGURES / section.file
    head = f"\n## {section.title}\n\n{section.about}\n"
    if not path.is_file():
        return f"{head}\nNot measured yet.\n"
    facts: Facts = json.loads(path.read_text("utf-8"))
    rows = [(label.format_map(facts), told.format_map(facts)) for label, told in section.rows]
    told = head + _circumstances(facts) + _table(("", "measured"), rows)
    for key, title in section.costs:
        costs = [(name, f"{us:,}") for name, us in facts.get(key, {}).items()]
        if key == "processor_us_per_check":
            costs.append(("load generator", f"{facts['generator_us_per_check']:,}"))
        told += _table((title, ""), costs)
    return told


def _circumstances(facts: Facts) -> str:
    machine = facts["machine"]
    return (
        f"\n`{facts['command']}`, {facts['measured_at'][:10]}, on {machine['processors']} processors"
        f" ({machine['processor']}) with {machine['memory_mb']:,} MB, {machine['system']},"
        f" Python {machine['python']}, PostgreSQL {machine['postgresql']}; load before it began:"
        f" {machine['load_before']}, niceness {machine['niceness']}.\n"
    )


def _table(head: tuple[str, str], rows: list[tuple[str, str]]) -> str:
    lines = [f"| {head[0]} | {head[1]} |", "|---|---:|", *(f"| {a} | {b} |" for a, b in rows)]
    return "\n" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
