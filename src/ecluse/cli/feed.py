"""`ecluse feed`: insurers' feeds, from the roster to being in force."""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ecluse.cli.memory import keep_private
from ecluse.cli.output import JsonOption, progress, result
from ecluse.errors import EcluseError
from ecluse.feeds import insurer_keys
from ecluse.feeds.load import load as load_feed
from ecluse.feeds.purge import purge as purge_feeds
from ecluse.feeds.status import status as look
from ecluse.feeds.tally import THRESHOLD
from ecluse.keyring.client import FeedKeyring, OfficerKeyring
from ecluse.local.installation import Installation
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ecluse.feeds.purge import Purged
    from ecluse.feeds.report import Report
    from ecluse.feeds.status import FeedStatus

app = typer.Typer(no_args_is_help=True, help="Feeds: insurers' rosters, prepared and loaded.")

DayOption = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]


class Kind(StrEnum):
    """What a roster holds."""

    FULL = "full"
    DELTA = "delta"


@app.command()
def recipient(*, as_json: JsonOption = False) -> None:
    """Print the loader's public age recipient, which insurers encrypt feeds to."""
    text = asyncio.run(_recipient())
    result({"recipient": text}, as_json=as_json, text=text)


@app.command()
def prepare(
    roster: Annotated[Path, typer.Argument(help="The roster, CSV or .parquet.")],
    *,
    keys: Annotated[Path, typer.Option(help="The insurer's key folder.")],
    out: Annotated[Path, typer.Option(help="Where the feed's three files go.")] = Path(),
    packages: Annotated[
        Path | None, typer.Option(help="packages.json; by default the one beside the roster.")
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--recipient", help="The loader's recipient, age1...; by default this home's."
        ),
    ] = None,
    feed: Annotated[
        int | None, typer.Option(min=1, help="The feed's number; by default the next one.")
    ] = None,
    kind: Annotated[
        Kind,
        typer.Option(help="All members, or who joined, changed and left since the feed before."),
    ] = Kind.FULL,
    base: Annotated[
        int | None, typer.Option(min=1, help="The feed before a delta; by default the last one.")
    ] = None,
    period_from: DayOption = None,
    period_to: DayOption = None,
    as_json: JsonOption = False,
) -> None:
    """Screen, seal, encrypt and sign a roster, on the insurer's own machine."""
    from ecluse.feeds import prepare as preparing  # noqa: PLC0415 - an operator's load needs no polars

    keep_private()
    opened = insurer_keys.read(keys)
    last = insurer_keys.last_feed(keys)
    number = feed or last + 1
    announcement = preparing.Announcement(
        number,
        period_from.date() if period_from else date(datetime.now(UTC).year, 1, 1),
        period_to.date() if period_to else None,
        _base(kind, base or last),
    )
    with _bar("Preparing rows") as show:
        made = preparing.prepare(
            preparing.Source(roster, packages or roster.with_name("packages.json")),
            opened,
            announcement,
            recipient=to or asyncio.run(_recipient()),
            out=out,
            progress=lambda done: show(done, None),
        )
    insurer_keys.remember_feed(keys, number)
    bad = f" {made.rejected:,} will not be taken: {made.rejects_file}." if made.rejected else ""
    result(
        {**made._asdict(), "amc": opened.public.amc, "feed": number, "in_force": False},
        as_json=as_json,
        text=f"{made.rows:,} rows are ready: {made.manifest}.{bad}",
    )


def _base(kind: Kind, feed: int) -> int | None:
    """Return the feed that a delta builds on; None for a full feed."""
    if kind is Kind.FULL:
        return None
    if not feed:
        raise EcluseError(
            "No feed was prepared with these keys that a delta could build on.",
            hint="Prepare a full feed first, or name the feed before: --base",
        )
    return feed


@app.command()
def delta(
    old: Annotated[Path, typer.Argument(help="The roster of the feed before, CSV or .parquet.")],
    new: Annotated[Path, typer.Argument(help="Today's roster.")],
    *,
    out: Annotated[Path, typer.Option(help="The delta's roster, CSV.")],
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The first day that NEW is right; default today."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write who joined, changed and left between two rosters, on the insurer's own machine."""
    from ecluse.feeds.delta import write_delta  # noqa: PLC0415 - an operator's load needs no polars

    keep_private()
    day = (since or datetime.now(UTC)).date()
    with _bar("Comparing rows") as show:
        told = write_delta(old, new, out, day, lambda done: show(done, None))
    result(
        {**told._asdict(), "rows": told.rows, "since": day.isoformat(), "out": str(out)},
        as_json=as_json,
        text=f"{told.joins:,} joined, {told.changes:,} changed, {told.leaves:,} left,"
        f" {told.unchanged:,} are as they were: {out}. Next: ecluse feed prepare --kind delta",
    )


@app.command()
def load(
    manifest: Annotated[Path, typer.Argument(help="The feed's .manifest.json.")],
    *,
    threshold: Annotated[
        float, typer.Option(min=0, max=1, help="Share of bad rows that refuses the whole feed.")
    ] = THRESHOLD,
    as_json: JsonOption = False,
) -> None:
    """Verify a feed, load it, and put it in force as a whole or not at all."""
    keep_private()
    with _bar("Loading rows") as show:
        report = asyncio.run(_load(manifest, show, threshold))
    result(report._asdict(), as_json=as_json, text=_told(report))
    if not report.in_force:
        raise typer.Exit(1)


@app.command()
def status(
    amc: Annotated[str | None, typer.Argument(help="One insurer's AMC number.")] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Tell what is in force; exit 0 only when every insurer that sent a feed has one in force."""
    feeds = asyncio.run(_status(amc))
    served = {feed.amc for feed in feeds if feed.in_force}
    in_force = bool(feeds) and served == {feed.amc for feed in feeds}
    newest = max(feeds, key=lambda feed: feed.ended_at, default=None)
    facts: dict[str, Any] = {"manifest": None, "rows": 0, "rejects_file": None}
    if newest is not None:
        facts = _facts(newest)
    standing = [feed for feed in feeds if feed.in_force]
    facts |= {
        "rows": sum(feed.rows for feed in standing),
        "accepted": sum(feed.accepted for feed in standing),
        "rejected": sum(feed.rejected for feed in standing),
        "in_force": in_force,
        "feeds": [_facts(feed) for feed in feeds],
    }
    lines = [
        f"{feed.amc}  feed {feed.feed}  {feed.state.replace('_', ' '):9}  {feed.accepted:>12,} rows"
        f"  {feed.rejected:>8,} rejected  {feed.ended_at:%Y-%m-%d %H:%M}  {feed.name}"
        for feed in feeds
    ]
    result(facts, as_json=as_json, text="\n".join(lines) or "No feed was loaded yet.")
    if not in_force:
        raise typer.Exit(1)


@app.command()
def purge(*, as_json: JsonOption = False) -> None:
    """Delete records that answer for no date, and member references past their retention."""
    done = asyncio.run(_purge())
    result(
        done._asdict(),
        as_json=as_json,
        text=f"Records of {done.swept:,} feeds and {done.references:,} member references of"
        f" {done.feeds:,} feeds are deleted.",
    )


async def _purge() -> Purged:
    installation = Installation.from_environment()
    connection = await installation.database.connect(Role.FEED)
    try:
        async with FeedKeyring(installation.sockets) as keyring:
            return await purge_feeds(connection, keyring)
    finally:
        await connection.close()


async def _recipient() -> str:
    async with OfficerKeyring(Installation.from_environment().sockets) as keyring:
        return await keyring.loader_recipient()


async def _load(manifest: Path, show: Callable[[int, int], None], threshold: float) -> Report:
    installation = Installation.from_environment()
    async with FeedKeyring(installation.sockets) as keyring:
        return await load_feed(manifest, keyring, installation.database, show, threshold=threshold)


async def _status(amc: str | None) -> list[FeedStatus]:
    connection = await Installation.from_environment().database.connect(Role.FEED)
    try:
        return await look(connection, amc)
    finally:
        await connection.close()


def _facts(feed: FeedStatus) -> dict[str, Any]:
    return {**feed._asdict(), "ended_at": feed.ended_at.isoformat(), "in_force": feed.in_force}


def _told(report: Report) -> str:
    before = " It was before; nothing was changed." if report.before else ""
    rejects = f" Rejects: {report.rejects_file}" if report.rejects_file else ""
    if not report.in_force:
        return f"{report.reason}{before} Nothing of it is in force.{rejects}"
    return (
        f"Feed {report.feed} of {report.amc} is in force: {report.accepted:,} rows, "
        f"{report.rejected:,} rejected.{before}{rejects}"
    )


@contextmanager
def _bar(description: str) -> Iterator[Callable[[int, int | None], None]]:
    """Show rows done, rate and time left; yield what is called with rows done and in all."""
    began = time.monotonic()
    with progress() as bar:
        task = bar.add_task(description, total=None, rate="")

        def show(done: int, total: int | None) -> None:
            rate = done / max(time.monotonic() - began, 1e-3)
            bar.update(task, completed=done, total=total, rate=f"{rate:,.0f} rows/s")

        yield show
