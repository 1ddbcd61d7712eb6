"""From clear rows to sealed ones in the database, four steps at a time.

While one chunk is copied into the database the next is sealed, the keyring evaluates the one after,
and a fourth is read and checked. No more than these are ever in memory.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from ecluse.feeds import register, screen
from ecluse.feeds.honey import filled
from ecluse.feeds.lines import LinesError, header_and_chunks, split_row, table
from ecluse.feeds.roster import FIRST_ROW
from ecluse.feeds.rows import RowChecker
from ecluse.feeds.seal import TABLES, Sealer
from ecluse.feeds.tally import FeedRefusedError


if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator

    from ecluse.feeds.lines import Source
    from ecluse.feeds.manifest import Manifest
    from ecluse.feeds.register import Load
    from ecluse.feeds.rows import Accepted, Checked
    from ecluse.feeds.seal import CopyBuffers, CopyText
    from ecluse.feeds.tally import Counts
    from ecluse.keyring.bulk import Evaluated
    from ecluse.keyring.client import FeedKeyring
    from ecluse.store.connection import Connection

T = TypeVar("T")

_COPY_BLOCK = 1 << 19


class Parties(NamedTuple):
    """Whom the stream speaks to."""

    keyring: FeedKeyring
    connection: Connection
    progress: Callable[[int, int], None]


async def pour(
    clear: Source, load: Load, counts: Counts, parties: Parties, *, done: int = 0
) -> None:
    """Read `clear` to its end and copy its good rows, sealed, into the database.

    Each chunk is committed with the count of those that are; nobody is answered from them until
    the feed is in force. The first `done` chunks are there from an earlier attempt: they are read
    and checked again, since later rows may repeat theirs, and nothing more.

    Raises:
        FeedRefusedError: the feed as a whole is refused.
        ManifestError: the encrypted file failed underneath.
    """
    checked = _one_ahead(_checked(clear, load.manifest, counts, parties.progress))
    evaluated = _one_ahead(_evaluated(checked, parties.keyring, done))
    sealed = _one_ahead(_sealed(evaluated, Sealer(load.insurer, load.manifest.feed)))
    async with aclosing(sealed):
        async for buffers in sealed:
            done += 1
            async with parties.connection.transaction():
                for name, text in buffers._asdict().items():
                    await parties.connection.copy_to_table(
                        name, source=_blocks(text), columns=TABLES[name], format="binary"
                    )
                await register.keep_chunks(parties.connection, load, done)
    counts.finish()


async def _checked(
    clear: Source, manifest: Manifest, counts: Counts, progress: Callable[[int, int], None]
) -> AsyncIterator[Accepted]:
    """Yield the good rows of each chunk; once too many are bad, only count the rest."""
    chunks = _read(clear, manifest, counts)
    try:
        while chunk := await asyncio.to_thread(next, chunks, None):
            rows, checked = chunk
            counts.add(rows, checked)
            progress(counts.rows, manifest.rows)
            if checked.accepted.covers and not counts.too_many_bad:
                yield checked.accepted
    except LinesError as error:
        raise FeedRefusedError(f"The feed is refused. {error.problem}") from error


def _read(clear: Source, manifest: Manifest, counts: Counts) -> Iterator[tuple[int, Checked]]:
    """Yield each chunk's row count and what became of it.

    Raises:
        FeedRefusedError: the header is not a roster's.
        LinesError: the text cannot be cut into rows.
    """
    columns = manifest.columns
    codes = [package.code for package in manifest.packages]
    checker = RowChecker(codes, sealed=True, columns=columns)
    chunks = header_and_chunks(clear)
    finding = screen.header(split_row(next(chunks, b"")), columns)
    if finding:
        counts.refuse(finding)
    line = FIRST_ROW
    for chunk in chunks:
        found = table(chunk, line, len(columns))
        line += found.rows()
        yield found.rows(), checker.check(found)


async def _evaluated(
    checked: AsyncIterator[Accepted], keyring: FeedKeyring, first: int
) -> AsyncIterator[tuple[Accepted, Evaluated]]:
    """Have each chunk evaluated, numbered from 0, from number `first` on."""
    number = 0
    async for accepted in checked:
        if number >= first:
            evaluated = await keyring.evaluate(number, accepted.persons, accepted.cards)
            yield filled(accepted, evaluated), evaluated
        number += 1


async def _sealed(
    evaluated: AsyncGenerator[tuple[Accepted, Evaluated]], sealer: Sealer
) -> AsyncIterator[CopyBuffers]:
    """Have each chunk sealed."""
    async with aclosing(evaluated):
        async for accepted, values in evaluated:
            yield await asyncio.to_thread(sealer.seal, accepted, values)


async def _one_ahead(items: AsyncIterator[T]) -> AsyncGenerator[T]:
    """Yield `items`, the next one already under way while the caller has one."""
    upcoming = asyncio.ensure_future(anext(items, None))
    try:
        while (item := await upcoming) is not None:
            upcoming = asyncio.ensure_future(anext(items, None))
            yield item
    finally:
        # A thread may still read for it: it has to end before what it reads from is closed.
        await asyncio.gather(upcoming, return_exceptions=True)


async def _blocks(text: CopyText) -> AsyncIterator[bytes]:
    """Yield a text in the pieces that it is sent in."""
    for piece in text:
        for start in range(0, len(piece), _COPY_BLOCK):
            yield bytes(piece[start : start + _COPY_BLOCK])
