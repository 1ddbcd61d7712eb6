"""What is told of a load."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ecluse.feeds.manifest import ManifestError


if TYPE_CHECKING:
    from ecluse.feeds.manifest import FeedFiles
    from ecluse.feeds.register import Known, Load, Outcome


class Report(NamedTuple):
    """What came of a load.

    Attributes:
        amc: whose feed.
        feed: its number.
        manifest: the file that was given.
        rows: how many the manifest announces.
        accepted: how many are in force, or would have been.
        rejected: how many are not.
        rejects_file: which and why; None when there is none.
        in_force: whether the feed is.
        reason: why it was refused or is held; empty otherwise.
        before: whether this very feed had been loaded or refused before, and nothing was changed.
    """

    amc: str
    feed: int
    manifest: str
    rows: int
    accepted: int
    rejected: int
    rejects_file: str | None
    in_force: bool
    reason: str
    before: bool


def report(files: FeedFiles, load: Load, outcome: Outcome, reason: str = "") -> Report:
    """Report a feed that was loaded, refused or held now."""
    return Report(
        load.manifest.amc,
        load.manifest.feed,
        str(files.manifest),
        load.manifest.rows,
        outcome.accepted,
        outcome.rejected,
        str(outcome.rejects_file) if outcome.rejects_file else None,
        in_force=not reason,
        reason=reason,
        before=False,
    )


def as_before(files: FeedFiles, load: Load, known: Known) -> Report:
    """Report a feed that was loaded or refused before.

    Raises:
        ManifestError: the number is taken by another manifest, or is behind the latest feed.
    """
    if known.feed > load.manifest.feed or known.manifest != load.digest:
        raise ManifestError(
            f"Feed {load.manifest.feed} comes after feed {known.feed} of this insurer, which is"
            f" {known.state.replace('_', ' ')} under another manifest.",
            hint="Prepare the feed again with a higher number.",
        )
    return Report(
        load.manifest.amc,
        load.manifest.feed,
        str(files.manifest),
        known.row_count,
        known.accepted,
        known.rejected,
        known.rejects_file,
        in_force=known.state == "in_force",
        reason="" if known.state == "in_force" else "This feed was refused before.",
        before=True,
    )
