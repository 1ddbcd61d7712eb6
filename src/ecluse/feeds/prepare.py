"""Preparing a feed, on the insurer's side: screen, seal, encrypt, sign.

The roster is read once, as a stream. Each member reference is sealed under the insurer's own key,
the rows are encrypted to the loader as they come, and no clear copy is written anywhere. Rules and
screening are the operator's own, so that an insurer learns early what would be refused.
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import pyrage

from ecluse.cover.package import parse_packages
from ecluse.errors import EcluseError
from ecluse.feeds import manifest as manifests
from ecluse.feeds import rejects as reject_files
from ecluse.feeds import screen
from ecluse.feeds.hashed import Hashed
from ecluse.feeds.outgoing import OutgoingRows
from ecluse.feeds.parquet import SUFFIX, ParquetText
from ecluse.feeds.reference import ReferenceSealer
from ecluse.feeds.rejects import MOST_LISTED
from ecluse.feeds.roster import COLUMNS, DELTA_COLUMNS
from ecluse.feeds.rows import RowChecker


if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from ecluse.cover.package import CoverPackage
    from ecluse.feeds.insurer_keys import InsurerKeys


class PrepareError(EcluseError):
    """A feed cannot be prepared from these files."""


class Source(NamedTuple):
    """What an insurer prepares a feed from.

    Attributes:
        roster: the rows of `ecluse.feeds.roster`, as CSV or Parquet by the name's ending.
        packages: the JSON of `ecluse.cover.package`.
    """

    roster: Path
    packages: Path


class Announcement(NamedTuple):
    """What the manifest says besides what is counted.

    Attributes:
        feed: the insurer's own number, larger than that of every feed before.
        period_from: first day that the feed speaks about.
        period_to: last day; None for no end.
        base: the feed that a delta builds on; None for a full feed.
    """

    feed: int
    period_from: date
    period_to: date | None = None
    base: int | None = None


class Prepared(NamedTuple):
    """A prepared feed.

    Attributes:
        manifest: its path; signature and rows stand beside it.
        rows: how many it holds.
        accepted: how many the operator will take.
        rejected: how many it will not.
        rejects_file: which and why; None when all will be taken.
    """

    manifest: Path
    rows: int
    accepted: int
    rejected: int
    rejects_file: Path | None


def prepare(
    source: Source,
    keys: InsurerKeys,
    announcement: Announcement,
    *,
    recipient: str,
    out: Path,
    progress: Callable[[int], None] = lambda _: None,
) -> Prepared:
    """Write a feed's three files into `out`.

    Args:
        source: the roster and its packages.
        keys: the insurer's.
        announcement: number and period.
        recipient: the loader's age recipient.
        out: a folder; files of an earlier attempt with the same number are replaced.
        progress: called with the rows done so far.

    Raises:
        ForbiddenDataError: the roster or the packages hold what Écluse does not hold.
        PackagesError: the packages are malformed.
        LinesError: the roster is no CSV.
        PrepareError: a file is missing, the recipient is none, or there is no row.
    """
    amc = keys.public.amc
    out.mkdir(parents=True, exist_ok=True)
    files = manifests.named(out, f"{amc}-{announcement.feed}")
    packages = _packages(source.packages)
    columns = COLUMNS if announcement.base is None else DELTA_COLUMNS
    rows = OutgoingRows(
        RowChecker([package.code for package in packages], sealed=False, columns=columns),
        ReferenceSealer(keys.reference, amc),
        progress,
        columns,
    )
    unfinished = files.rows.with_name(files.rows.name + ".part")
    try:
        digest = _encrypt(source.roster, rows, recipient, unfinished)
        unfinished.replace(files.rows)
    finally:
        unfinished.unlink(missing_ok=True)
    raw = manifests.encode(_manifest(amc, announcement, rows.count, digest, packages))
    files.signature.write_bytes(keys.sign(raw))
    files.manifest.write_bytes(raw)
    rejects_file = None
    if rows.rejects:
        rejects_file = out / f"{amc}-{announcement.feed}.rejects.csv"
        more = rows.rejected - len(rows.rejects) if len(rows.rejects) >= MOST_LISTED else 0
        reject_files.write(rejects_file, rows.rejects, more=more)
    return Prepared(
        files.manifest, rows.count, rows.count - rows.rejected, rows.rejected, rejects_file
    )


def _packages(path: Path) -> tuple[CoverPackage, ...]:
    with _open(path) as file:
        raw = file.read()
    finding = screen.packages(raw)
    if finding:
        raise screen.ForbiddenDataError(finding)
    return parse_packages(raw)


def _manifest(
    amc: str,
    announcement: Announcement,
    rows: int,
    digest: str,
    packages: Sequence[CoverPackage],
) -> manifests.Manifest:
    return manifests.Manifest(
        version=1,
        amc=amc,
        feed=announcement.feed,
        kind="full" if announcement.base is None else "delta",
        rows=rows,
        sha256=digest,
        period_from=announcement.period_from,
        period_to=announcement.period_to,
        prepared_at=datetime.now(UTC).replace(microsecond=0),
        packages=tuple(packages),
        base=announcement.base,
    )


def _encrypt(roster: Path, rows: OutgoingRows, recipient: str, path: Path) -> str:
    """Encrypt the sealed rows into `path`; return the file's SHA-256 in hexadecimal."""
    try:
        to = pyrage.x25519.Recipient.from_str(recipient)
    except pyrage.RecipientError:
        raise PrepareError(
            "The recipient is not an age recipient.",
            hint="Ask the operator for what `ecluse feed recipient` prints.",
        ) from None
    with _open(roster) as opened, path.open("wb") as file:
        clear = ParquetText(roster) if roster.suffix == SUFFIX else opened
        hashed = Hashed(file)
        reader = _Reader(rows.read(clear))
        try:
            pyrage.encrypt_io(reader, hashed, [to])
        except pyrage.EncryptError:
            if reader.failure is None:
                raise
            raise reader.failure from None  # age reports what went wrong in its own words
        file.flush()
        os.fsync(file.fileno())
    if not rows.count:
        raise PrepareError("The roster has no row.")
    return hashed.digest()


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError:
        raise PrepareError(f"{path} cannot be read.") from None


class _Reader:
    """Blocks of text as a file to read, for age; keeps what went wrong in them."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self.failure: EcluseError | None = None
        self._blocks = blocks
        self._block = memoryview(b"")

    def read(self, size: int) -> bytes:
        while not self._block:
            try:
                block = next(self._blocks, None)
            except EcluseError as error:
                self.failure = error
                raise
            if block is None:
                return b""
            self._block = memoryview(block)
        taken, self._block = self._block[:size], self._block[size:]
        return bytes(taken)
