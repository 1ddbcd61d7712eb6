"""Evaluating insurers' feeds, and remembering across restarts what was evaluated.

A count beyond the insurer's usual takes two officers, whatever the loader says: what is usual is
what the keyring itself evaluated before, and what they agreed on it reads in the ledger.
"""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING

import msgspec

from ecluse.keyring import bulk, trust
from ecluse.keyring.agreed import Release
from ecluse.keyring.usual import counts, held
from ecluse.keyring.vault import FeedMark


if TYPE_CHECKING:
    from pathlib import Path

    from ecluse.keyring.agreed import Agreed
    from ecluse.keyring.honey import HoneyBook
    from ecluse.keyring.vault import Vault


_NONE = FeedMark(0, "", (), full=False)


class Feeds:
    """Opens signed manifests and evaluates their rows.

    What was evaluated stands in the vault's marks and nowhere else: any number of connections, and
    of calls at the same time, share one account of it.
    """

    def __init__(self, vault: Vault, folder: Path, agreed: Agreed, honey: HoneyBook) -> None:
        self._vault = vault
        self._honey = honey
        self._folder = folder
        self._agreed = agreed

    async def open(self, manifest: bytes, signature: bytes) -> bulk.FeedPass:
        """Open a signed manifest; what was evaluated under it before still counts.

        Raises:
            BulkError: The signature does not hold, this insurer has sent a later feed, or the count
                is beyond its usual and two officers have not agreed on it.
            EcluseError: The database does not answer.
        """
        told = trust.announced(trust.insurers(self._folder), manifest, signature)
        digest = hashlib.sha256(manifest).hexdigest()
        known = self._present(
            bulk.FeedPass(digest, told.insurer.insurer, told.feed, told.rows, (), told.full)
        )
        if not known.chunks:
            await self._require_usual(told, digest)
        return known

    async def _require_usual(self, told: trust.Announced, digest: str) -> None:
        before = counts(self._last(told.insurer.insurer))
        usual = max(before, default=told.insurer.members)
        if not held(told.rows, usual, full=told.full):
            return
        if await self._agreed.holds(Release(told.amc, told.feed, digest)):
            return
        raise bulk.BulkError(
            f"The feed has {told.rows:,} rows, where {usual:,} are usual of this insurer: the"
            " keyring evaluates none of them on one word.",
            hint="Ask the insurer; then two officers release it at the console (feed_release,"
            f" manifest {digest}), and it is loaded again.",
        )

    async def evaluate(
        self, feed: bulk.FeedPass, chunk: int, persons: bytes, cards: bytes
    ) -> bulk.Evaluated:
        """Evaluate a chunk of an opened feed, once it is durably remembered.

        After the rows of a full feed's first chunk come those of the insurer's invented members:
        they lie among the others in every feed, and no row of the insurer's can end them.

        Raises:
            BulkError: It is not the next chunk or an earlier one again, or a later feed was opened.
        """
        present = self._present(feed)
        admitted = bulk.admit(present, chunk, persons, cards, self._vault.keys.state)
        if admitted is not present:
            marks, last = self._vault.marks, self._last(feed.insurer)
            mark = FeedMark(
                admitted.feed,
                admitted.manifest,
                admitted.chunks,
                admitted.rows,
                admitted.full,
                counts(last) if last.feed != admitted.feed else last.usual,
            )
            feeds = {**marks.feeds, feed.insurer: mark}
            self._vault.remember(msgspec.structs.replace(marks, feeds=feeds))
        self._honey.end_named(persons)
        if feed.full and not chunk:
            invented = self._honey.of(feed.insurer)
            persons += b"".join(each.person for each in invented)
            cards += b"".join(each.card for each in invented)
        return await asyncio.to_thread(
            bulk.evaluate, self._vault.keys.current, feed, persons, cards
        )

    def _present(self, feed: bulk.FeedPass) -> bulk.FeedPass:
        """Return `feed` with the chunks that were evaluated under it by now."""
        last = self._last(feed.insurer)
        if feed.feed > last.feed:
            return feed._replace(chunks=())
        if (feed.feed, feed.manifest) != (last.feed, last.manifest):
            raise bulk.BulkError(
                f"Feed {last.feed} of this insurer was opened before, under another manifest.",
                hint="Prepare the feed again with a higher number.",
            )
        return feed._replace(chunks=last.chunks)

    def _last(self, insurer: int) -> FeedMark:
        return self._vault.marks.feeds.get(insurer, _NONE)
