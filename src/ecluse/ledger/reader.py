"""Hashes of the tree, read from stored tiles and, at its right edge, from entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.ledger import storage
from ecluse.ledger.merkle import HASH_SIZE, leaf_hashes
from ecluse.ledger.tiles import HEIGHT, WIDTH, Edge, Run, Tile, root, run_of


if TYPE_CHECKING:
    from collections.abc import Collection

    from ecluse.ledger.merkle import Node
    from ecluse.ledger.storage import Connection


#: Roots of full tiles, which never change. Without them a proof in a tree whose upper tile is not
#: full yet reads every tile below it, 255 at most per level; a process that proves often keeps one.
KnownRoots = dict[Tile, bytes]
_MOST_KNOWN = 4096


async def edge(connection: Connection, shard: int, size: int) -> Edge:
    """Return the right edge of the tree over the first `size` entries.

    Raises:
        BrokenLedgerError: An entry or a tile that it needs is missing.
    """
    levels: list[bytes] = []
    while width := size >> HEIGHT * len(levels):
        run = Run(len(levels), width - width % WIDTH, width % WIDTH)
        levels.append(await _run(connection, shard, run, {}))
    return Edge(size, tuple(levels))


async def hashes(
    connection: Connection, shard: int, size: int, nodes: Collection[Node], known: KnownRoots
) -> dict[Node, bytes]:
    """Return the hashes of perfect subtrees of the tree over the first `size` entries.

    Args:
        connection: To the ledger's tables.
        shard: Which log.
        size: No more than the latest checkpoint's: tiles are stored up to there.
        nodes: The subtrees, all within `size`.
        known: Roots of full tiles of this log, read and added to.

    Raises:
        BrokenLedgerError: An entry or a tile that they need is missing.
    """
    runs = {node: run_of(node) for node in nodes}
    full = {run.tile for run in runs.values() if run.tile.end <= size}
    tiles = await storage.tiles(connection, shard, full)
    found: dict[Node, bytes] = {}
    for node, run in runs.items():
        if run.tile in tiles:
            start = run.first % WIDTH * HASH_SIZE
            below = tiles[run.tile][start : start + run.width * HASH_SIZE]
        else:
            below = await _run(connection, shard, run, known)
        found[node] = root(below)
    return found


async def _run(connection: Connection, shard: int, run: Run, known: KnownRoots) -> bytes:
    """Return neighbouring hashes of a tile that is not full, and so not stored, back to back."""
    end = run.first + run.width
    if run.level == 0:
        return leaf_hashes(await storage.commitments(connection, shard, run.first, end))
    below = [Tile(run.level - 1, number) for number in range(run.first, end)]
    # Taken before waiting: another proof may empty `known` meanwhile.
    roots = {tile: known[tile] for tile in below if tile in known}
    read = await storage.tiles(connection, shard, [tile for tile in below if tile not in roots])
    fresh = {tile: root(hashes) for tile, hashes in read.items()}
    if len(known) + len(fresh) > _MOST_KNOWN:
        known.clear()
    known.update(fresh)
    roots.update(fresh)
    return b"".join([roots[tile] for tile in below])
