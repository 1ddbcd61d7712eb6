"""The tree in tiles of 256 hashes, as C2SP tlog-tiles lays it out (pure).

Tile `number` of `level` holds the hashes of the perfect subtrees of height `8 * level`, from number
`256 * number` on. Full tiles never change and are stored. What stands beyond the last full tile of
each level is the `Edge`, from which the tree grows and its root follows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ecluse.ledger.merkle import EMPTY_ROOT, HASH_SIZE, fold, parents, peaks


if TYPE_CHECKING:
    from ecluse.ledger.merkle import Node


HEIGHT = 8
WIDTH = 1 << HEIGHT
TILE_SIZE = WIDTH * HASH_SIZE


class Tile(NamedTuple):
    """Where a tile stands."""

    level: int
    number: int

    @property
    def end(self) -> int:
        """The first position beyond the leaves that a full tile here is over."""
        return (self.number + 1) << HEIGHT * (self.level + 1)

    @property
    def begin(self) -> int:
        """The first position among them."""
        return self.number << HEIGHT * (self.level + 1)


class Run(NamedTuple):
    """Neighbouring hashes within one tile: the `width` from number `first` of their level on."""

    level: int
    first: int
    width: int

    @property
    def tile(self) -> Tile:
        """The tile that they stand in."""
        return Tile(self.level, self.first >> HEIGHT)


def run_of(node: Node) -> Run:
    """Return the hashes in a tile that a subtree's hash is computed from."""
    level, within = divmod(node.height, HEIGHT)
    return Run(level, node.number << within, 1 << within)


def root(hashes: bytes) -> bytes:
    """Return the hash of a perfect subtree from the hashes, back to back, of a level below."""
    while len(hashes) > HASH_SIZE:
        hashes = parents(hashes)
    return hashes


class Edge(NamedTuple):
    """The right edge of a tree: per level, the hashes that do not fill a tile yet."""

    size: int = 0
    levels: tuple[bytes, ...] = ()

    def extend(self, leaves: bytes) -> tuple[Edge, dict[Tile, bytes]]:
        """Grow by leaf hashes back to back.

        Returns:
            The new edge, and the tiles that became full: 8,192 bytes each, lowest level first.
        """
        size = self.size + len(leaves) // HASH_SIZE
        levels: list[bytes] = []
        full: dict[Tile, bytes] = {}
        fresh = leaves
        while fresh or len(levels) < len(self.levels):
            level = len(levels)
            pending = (self.levels[level] if level < len(self.levels) else b"") + fresh
            first = (self.size >> HEIGHT * level) >> HEIGHT
            whole = len(pending) // TILE_SIZE
            tiles = [pending[n * TILE_SIZE : (n + 1) * TILE_SIZE] for n in range(whole)]
            full.update({Tile(level, first + n): tile for n, tile in enumerate(tiles)})
            levels.append(pending[whole * TILE_SIZE :])
            fresh = b"".join([root(tile) for tile in tiles])
        return Edge(size, tuple(levels)), full

    def root(self) -> bytes:
        """Return the tree's root hash."""
        hashes = [peak for level in reversed(self.levels) for peak in peaks(level)]
        return fold(hashes) if hashes else EMPTY_ROOT
