"""Acts that take two persons: proposed by one, seconded by another, done once, each step signed.

Another package that must not act on one person's word asks for the act in its own transaction, and
appends what it gets back with its own entries:

    from ecluse.acts import book
    from ecluse.acts.act import FeedRelease

    async with connection.transaction():
        done = await book.perform(connection, FeedRelease(amc, feed, manifest.hex()), now)
        ...                                     # what the two persons agreed on
        entries = [await keyring.seal_entry(done), await keyring.seal_entry(event)]
        await append(connection, entries, now)

`perform` raises `ActError` unless two persons have signed exactly that content and time is left; it
then counts as done, so that the same agreement is never used twice. The persons sign at the
console (`/v1/console/acts`), each with a gesture of the passkey. A new kind of act is a new struct
in `acts.act` and its line in `RULES`.
"""

from __future__ import annotations
