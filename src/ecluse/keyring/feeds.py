"""Evaluating insurers' feeds, and remembering across restarts what was evaluated."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING

import msgspec

from ecluse.keyring import bulk, trust
from ecluse.keyring.vault import FeedMark


if TYPE_CHECKING:
    from pathlib import Path

    from ecluse.keyring.vault import Vault


_NONE = FeedMark(0, "", ())


class Feeds:
    """Opens signed manifests and evaluates their rows.

    What was evaluated stands in the vault's marks and nowhere else: any number of connections, and
    of calls at the same time, share one account of it.
    """

    def __init__(self, vault: Vault, folder: Path) -> None:
        self._vault = vault
        self._folder = folder

    def open(self, manifest: bytes, signature: bytes) -> bulk.FeedPass:
        """Open a signed manifest; what was evaluated under it before still counts.

        Raises:
            BulkError: The signature does not hold, or this insurer has sent a later feed.
        """
        insurer, feed, rows = trust.announced(trust.insurers(self._folder), manifest, signature)
        digest = hashlib.sha256(manifest).hexdigest()
        return self._present(bulk.FeedPass(digest, insurer, feed, rows, ()))

    async def evaluate(
        self, feed: bulk.FeedPass, chunk: int, persons: bytes, cards: bytes
    ) -> bulk.Evaluated:
        """Evaluate a chunk of an opened feed, once it is durably remembered.

        Raises:
            BulkError: It is not the next chunk or an earlier one again, or a later feed was opened.
        """
        present = self._present(feed)
        admitted = bulk.admit(present, chunk, persons, cards, self._vault.keys.state)
        if admitted is not present:
            marks = self._vault.marks
            mark = FeedMark(admitted.feed, admitted.manifest, admitted.chunks)
            feeds = {**marks.feeds, feed.insurer: mark}
            self._vault.remember(msgspec.structs.replace(marks, feeds=feeds))
        return await asyncio.to_thread(
            bulk.evaluate, self._vault.keys.current, feed, persons, cards
        )

    def _present(self, feed: bulk.FeedPass) -> bulk.FeedPass:
        """Return `feed` with the chunks that were evaluated under it by now."""
        last = self._vault.marks.feeds.get(feed.insurer, _NONE)
        if feed.feed > last.feed:
            return feed._replace(chunks=())
        if (feed.feed, feed.manifest) != (last.feed, last.manifest):
            raise bulk.BulkError(
                f"Feed {last.feed} of this insurer was opened before, under another manifest.",
                hint="Prepare the feed again with a higher number.",
            )
        return feed._replace(chunks=last.chunks)
