"""The tiles against the layout and the worked example of C2SP tlog-tiles."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ecluse.ledger import merkle
from ecluse.ledger.merkle import Node
from ecluse.ledger.tiles import TILE_SIZE, Edge, Tile, root, run_of


LEAVES = merkle.leaf_hashes(bytes(32 * 70_000))


def test_a_tree_of_70_000_has_the_tiles_that_the_specification_counts() -> None:
    edge, full = Edge().extend(LEAVES)
    assert sum(tile.level == 0 for tile in full) == 273
    assert [tile for tile in full if tile.level > 0] == [Tile(1, 0)]
    assert [len(level) // 32 for level in edge.levels] == [112, 17, 1]
    assert full[Tile(0, 272)] == LEAVES[272 * TILE_SIZE : 273 * TILE_SIZE]
    assert full[Tile(1, 0)][-32:] == root(LEAVES[255 * TILE_SIZE : 256 * TILE_SIZE])
    assert edge.levels[2] == root(full[Tile(1, 0)])


def test_a_tree_of_256_is_one_full_tile_and_its_root_in_the_next() -> None:
    edge, full = Edge().extend(LEAVES[:TILE_SIZE])
    assert full == {Tile(0, 0): LEAVES[:TILE_SIZE]}
    assert edge.levels == (b"", root(LEAVES[:TILE_SIZE]))
    assert edge.root() == root(LEAVES[:TILE_SIZE])


@given(steps=st.lists(st.integers(0, 700), max_size=12))
def test_the_steps_in_which_a_tree_grew_leave_no_trace(steps: list[int]) -> None:
    leaves = b"".join(merkle.leaf_hash(number.to_bytes(4)) for number in range(sum(steps)))
    edge, tiles = Edge(), {}
    for step in steps:
        edge, full = edge.extend(leaves[edge.size * 32 : (edge.size + step) * 32])
        tiles.update(full)
    at_once, all_tiles = Edge().extend(leaves)
    assert (edge.size, edge.root(), tiles) == (at_once.size, at_once.root(), all_tiles)


@given(height=st.integers(0, 40), number=st.integers(0, 1 << 20))
def test_a_subtree_is_computed_within_one_tile_of_its_level(height: int, number: int) -> None:
    run = run_of(Node(height, number))
    assert run.tile.level == height // 8
    assert (run.first + run.width - 1) >> 8 == run.tile.number
    covered = run.first << 8 * run.level, (run.first + run.width) << 8 * run.level
    assert covered == (number << height, (number + 1) << height)
    assert run.tile.begin <= covered[0] < covered[1] <= run.tile.end
