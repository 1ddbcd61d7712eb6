"""Loading a feed: in force as a whole, or not at all.

Rows are committed chunk by chunk, sealed, while the feed is `loading` and nobody is answered from
it; one transaction then puts it in force, with its ledger entry. A load that dies goes on where it
stopped when the same feed is loaded again; another feed of the insurer sweeps its rows away. The
keyring lets the same rows through again, and no others.
"""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Any

import asyncpg
import msgspec

from ecluse.errors import EcluseError
from ecluse.feeds import hold, purge, register, rejects, screen
from ecluse.feeds import manifest as manifests
from ecluse.feeds.decrypt import ClearRows, check_digest
from ecluse.feeds.register import Load, Outcome
from ecluse.feeds.report import Report, as_before, report
from ecluse.feeds.stream import Parties, pour
from ecluse.feeds.tally import THRESHOLD, Counts, FeedRefusedError
from ecluse.ledger.append import append
from ecluse.ledger.entry import FeedInForce, FeedRefused
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ecluse.feeds.manifest import FeedFiles
    from ecluse.keyring.client import FeedKeyring
    from ecluse.ledger.entry import Event
    from ecluse.store.database import Database


class LoadError(EcluseError):
    """The database failed underneath; nothing of the feed is in force."""


async def load(
    path: Path,
    keyring: FeedKeyring,
    database: Database,
    progress: Callable[[int, int], None] = lambda *_: None,
    *,
    threshold: float = THRESHOLD,
) -> Report:
    """Load the feed whose manifest is at `path`.

    Args:
        path: the manifest; its signature and rows file stand beside it.
        keyring: the keyring's door for the loader.
        database: where to.
        progress: called with the rows read so far and the rows in all.
        threshold: the share of bad rows beyond which the feed is refused.

    Raises:
        ManifestError: signature, files, number or base do not allow loading; nothing is in force.
        LoadError: the database failed; nothing of the feed is in force.
        EcluseError: the keyring refused; nothing of the feed is in force.
    """
    files = manifests.files_of(path)
    raw, signature = manifests.read_signed(files)
    connection = await database.connect(Role.FEED)
    try:
        loader = _Loader(keyring, connection, database.home / "feeds" / "rejects", threshold)
        return await loader.load(files, raw, signature, progress)
    except asyncpg.PostgresError as error:
        raise LoadError(
            f"The database did not take the feed ({type(error).__name__}).",
            hint="Nothing of it is in force. Once the database is well, load it again.",
        ) from error
    finally:
        await connection.close()


class _Loader:
    """One load."""

    def __init__(
        self,
        keyring: FeedKeyring,
        connection: asyncpg.Connection[Any],
        rejects_folder: Path,
        threshold: float,
    ) -> None:
        self._keyring = keyring
        self._connection = connection
        self._rejects_folder = rejects_folder
        self._threshold = threshold

    async def load(
        self, files: FeedFiles, raw: bytes, signature: bytes, progress: Callable[[int, int], None]
    ) -> Report:
        load = await self._verified(raw, signature)
        async with register.turn(self._connection, load.insurer):
            known = await register.latest(self._connection, load.insurer)
            if (
                known is not None
                and known.feed >= load.manifest.feed
                and not known.unfinished(load.digest)
            ):
                return as_before(files, load, known)
            await self._require_base(load)
            await asyncio.to_thread(check_digest, files.rows, load.manifest.sha256)
            await purge.abandon(self._connection, load.insurer, load.manifest.feed)
            resumed = (
                known is not None and known.state == "loading" and known.feed == load.manifest.feed
            )
            reason = "" if resumed else await hold.waits(self._connection, self._keyring, load)
            if reason:
                return report(files, load, Outcome(), reason)
            counts = Counts(load.manifest.rows, self._threshold)
            done = known.chunks if known is not None and resumed else 0
            try:
                await self._pour(files, load, (raw, signature), counts, progress, done)
            except FeedRefusedError as refusal:
                came = await self._refuse(files, load, counts, refusal.reason)
            else:
                came = await self._put_in_force(files, load, counts)
            await purge.sweep(self._connection, load.insurer)
            return came

    async def _require_base(self, load: Load) -> None:
        """Check that a delta builds on what is in force.

        Raises:
            ManifestError: it builds on another feed, and would say too much or too little.
        """
        standing = await register.standing(self._connection, load.insurer)
        newest = max((feed.feed for feed in standing), default=0)
        if load.manifest.base not in (None, newest):
            raise manifests.ManifestError(
                f"The delta builds on feed {load.manifest.base} of this insurer, and"
                + (f" feed {newest} is the latest in force." if newest else " none is in force."),
                hint="Load the insurer's feeds in order; or send a full feed.",
            )

    async def _verified(self, raw: bytes, signature: bytes) -> Load:
        """Check who signed, then read what was signed."""
        try:
            amc = msgspec.json.decode(raw, type=_Named).amc
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise manifests.ManifestError("This is not a feed manifest.") from None
        insurer = await register.insurer(self._connection, amc)
        if insurer is None:
            raise manifests.ManifestError(
                "No insurer with the manifest's AMC number is known here.",
                hint="An officer adds it: ecluse insurer add",
            )
        manifests.verify(raw, signature, insurer.signing_key)
        return Load(
            insurer.insurer,
            manifests.decode(raw),
            hashlib.sha256(raw).digest(),
            await register.now(self._connection),
        )

    async def _pour(
        self,
        files: FeedFiles,
        load: Load,
        signed: tuple[bytes, bytes],
        counts: Counts,
        progress: Callable[[int, int], None],
        done: int,
    ) -> None:
        finding = screen.packages(msgspec.json.encode(load.manifest.packages))
        if finding:
            counts.refuse(finding)
        await self._keyring.open_feed(*signed)
        identity = await self._keyring.loader_identity()
        parties = Parties(self._keyring, self._connection, progress)
        with ClearRows(files.rows, identity, load.manifest.sha256) as clear:
            await pour(clear, load, counts, parties, done=done)

    async def _put_in_force(self, files: FeedFiles, load: Load, counts: Counts) -> Report:
        outcome = self._write_rejects(load, counts)
        async with self._connection.transaction():
            await register.put_in_force(self._connection, load, outcome)
            event = FeedInForce(
                at=await register.now(self._connection),
                insurer=load.insurer,
                feed=load.manifest.feed,
                manifest=load.digest,
                accepted=outcome.accepted,
                rejected=outcome.rejected,
                base=load.manifest.base or 0,
            )
            await self._record(event)
        return report(files, load, outcome)

    async def _refuse(self, files: FeedFiles, load: Load, counts: Counts, reason: str) -> Report:
        outcome = self._write_rejects(load, counts)
        async with self._connection.transaction():
            await register.put(self._connection, load, outcome, "refused")
            event = FeedRefused(
                at=await register.now(self._connection),
                insurer=load.insurer,
                feed=load.manifest.feed,
                manifest=load.digest,
                reason=reason,
            )
            await self._record(event)
        return report(files, load, outcome, reason)

    async def _record(self, event: Event) -> None:
        await append(self._connection, [await self._keyring.seal_entry(event)], event.at)

    def _write_rejects(self, load: Load, counts: Counts) -> Outcome:
        if not counts.rejects:
            return Outcome(counts.accepted, counts.rejected, None)
        path = self._rejects_folder / f"{load.manifest.amc}-{load.manifest.feed}.rejects.csv"
        rejects.write(path, counts.rejects, more=counts.unlisted)
        return Outcome(counts.accepted, counts.rejected, path)


class _Named(msgspec.Struct, frozen=True):
    """The one thing read from a manifest before its signature is checked: whose key to take."""

    amc: str
