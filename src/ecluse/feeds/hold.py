"""Feeds that wait for two officers, because their count is out of the insurer's usual."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.acts import book
from ecluse.acts.act import ActError, FeedRelease
from ecluse.feeds import register
from ecluse.feeds.register import Outcome
from ecluse.keyring.usual import held
from ecluse.ledger.append import append
from ecluse.ledger.entry import FeedHeld


if TYPE_CHECKING:
    from ecluse.feeds.register import Load
    from ecluse.keyring.client import FeedKeyring
    from ecluse.ledger.entry import Event
    from ecluse.store.connection import Connection


async def waits(connection: Connection, keyring: FeedKeyring, load: Load) -> str:
    """Hold a feed whose count is out of the usual, unless two officers released it.

    Returns:
        Why it is held, and nothing of it was read; empty when it may be loaded.
    """
    usual = await register.usual(connection, load.insurer)
    if not held(load.manifest.rows, usual, full=load.manifest.base is None):
        return ""
    if await _released(connection, keyring, load):
        return ""
    await _hold(connection, keyring, load, usual or 0)
    return (
        f"The feed is held: {load.manifest.rows:,} rows, where this insurer has {usual:,} members."
        " Ask the insurer; then two officers release it at the console (feed_release, manifest"
        f" {load.digest.hex()}), and it is loaded again."
    )


async def _released(connection: Connection, keyring: FeedKeyring, load: Load) -> bool:
    """Take two officers' release, which counts once: from here on the feed is being loaded."""
    manifest = load.manifest
    content = FeedRelease(manifest.amc, manifest.feed, load.digest.hex())
    try:
        async with connection.transaction():
            done = await book.perform(connection, content, await register.now(connection))
            await register.put(connection, load, Outcome(), "loading")
            await _record(connection, keyring, done)
    except ActError:
        return False
    return True


async def _hold(connection: Connection, keyring: FeedKeyring, load: Load, usual: int) -> None:
    async with connection.transaction():
        known = await register.latest(connection, load.insurer)
        if known is not None and (known.manifest, known.state) == (load.digest, "held"):
            return
        await register.put(connection, load, Outcome(), "held")
        event = FeedHeld(
            at=await register.now(connection),
            insurer=load.insurer,
            feed=load.manifest.feed,
            manifest=load.digest,
            rows=load.manifest.rows,
            usual=usual,
        )
        await _record(connection, keyring, event)


async def _record(connection: Connection, keyring: FeedKeyring, event: Event) -> None:
    await append(connection, [await keyring.seal_entry(event)], event.at)
