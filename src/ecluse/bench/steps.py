"""What each step of a load takes of a processor: one after the other, with nothing beside them."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ecluse.feeds import manifest as manifests
from ecluse.feeds.decrypt import ClearRows
from ecluse.feeds.lines import header_and_chunks, table
from ecluse.feeds.rows import RowChecker
from ecluse.feeds.seal import Sealer
from ecluse.keyring.bulk import FeedPass, evaluate
from ecluse.keyring.client import FeedKeyring
from ecluse.keyring.keys import new_epoch


if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ecluse.local.installation import Installation

#: Chunks that are taken through every step.
_MOST = 4


async def steps(installation: Installation, path: Path) -> dict[str, float]:
    """Return the microseconds that each step takes for a row of the full feed at `path`."""
    async with FeedKeyring(installation.sockets) as keyring:
        return _steps(path, await keyring.loader_identity())


def _steps(path: Path, identity: str) -> dict[str, float]:
    files = manifests.files_of(path)
    manifest = manifests.decode(files.manifest.read_bytes())
    checker = RowChecker([package.code for package in manifest.packages], sealed=True)
    sealer, keys = Sealer(1, 1), new_epoch(1)
    taken: dict[str, float] = {}
    done = 0
    with ClearRows(files.rows, identity, manifest.sha256) as clear:
        chunks = header_and_chunks(clear)
        next(chunks)
        for _ in range(_MOST):
            with _timed("decrypted", taken):
                chunk = next(chunks, None)
            if chunk is None:
                break
            with _timed("parsed", taken):
                rows = table(chunk, 0)
            with _timed("checked", taken):
                good = checker.check(rows).accepted
            feed = FeedPass("", 1, 1, rows.rows(), ())
            with _timed("evaluated by the keyring", taken):
                values = evaluate(keys, feed, good.persons, good.cards)
            with _timed("sealed and laid out", taken):
                sealer.seal(good, values)
            done += rows.rows()
    return {name: 1e6 * seconds / done for name, seconds in taken.items()}


@contextmanager
def _timed(name: str, taken: dict[str, float]) -> Iterator[None]:
    began = time.process_time()
    yield
    taken[name] = taken.get(name, 0.0) + time.process_time() - began
