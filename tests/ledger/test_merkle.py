"""The tree against the published vectors, against pymerkle, and against the RFC's own definition.

The leaves, roots and paths below are the reference vectors of Certificate Transparency (RFC 6962),
as published in transparency-dev/merkle (Apache-2.0), testonly/constants.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pymerkle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.ledger import merkle
from ecluse.ledger.tiles import Edge


if TYPE_CHECKING:
    from ecluse.ledger.merkle import Node, Path


LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}

MANY = [merkle.leaf_hash(number.to_bytes(32)) for number in range(600)]
Sizes = st.integers(1, len(MANY))


def defined(hashes: list[bytes]) -> bytes:
    """Compute MTH as RFC 9162, 2.1.1 defines it, from leaf hashes."""
    if len(hashes) < 2:
        return hashes[0] if hashes else merkle.EMPTY_ROOT
    middle = 1 << (len(hashes) - 1).bit_length() - 1
    return merkle.node_hash(defined(hashes[:middle]), defined(hashes[middle:]))


def proved(path: Path, hashes: list[bytes]) -> list[bytes]:
    """Compute a planned proof over leaf hashes held in memory."""

    def subtree(node: Node) -> bytes:
        begin = node.number << node.height
        assert begin + (1 << node.height) <= len(hashes)
        return defined(hashes[begin : begin + (1 << node.height)])

    return merkle.proof(path, {node: subtree(node) for nodes in path for node in nodes})


@pytest.mark.parametrize("size", range(9))
def test_it_computes_the_published_roots(size: int) -> None:
    edge, _ = Edge().extend(b"".join(merkle.leaf_hash(leaf) for leaf in LEAVES[:size]))
    assert edge.root().hex() == ROOTS[size]


@pytest.mark.parametrize(("position", "size"), INCLUSION)
def test_it_computes_and_accepts_the_published_inclusion_proofs(position: int, size: int) -> None:
    hashes = [merkle.leaf_hash(leaf) for leaf in LEAVES[:size]]
    proof = proved(merkle.inclusion_path(position, size), hashes)
    assert [each.hex() for each in proof] == INCLUSION[position, size]
    root = bytes.fromhex(ROOTS[size])
    assert merkle.verify_inclusion(hashes[position], position, size, proof, root)


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_it_computes_and_accepts_the_published_consistency_proofs(old: int, new: int) -> None:
    hashes = [merkle.leaf_hash(leaf) for leaf in LEAVES[:new]]
    proof = proved(merkle.consistency_path(old, new), hashes)
    assert [each.hex() for each in proof] == CONSISTENCY[old, new]
    roots = bytes.fromhex(ROOTS[old]), bytes.fromhex(ROOTS[new])
    assert merkle.verify_consistency(old, new, proof, *roots)


def test_pymerkle_computes_the_same_roots_and_inclusion_proofs() -> None:
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    hashes = []
    for number in range(300):
        leaf = number.to_bytes(32)
        tree.append_entry(leaf)
        hashes.append(merkle.leaf_hash(leaf))
        edge, _ = Edge().extend(b"".join(hashes))
        assert edge.root() == tree.get_root()
    for position in range(0, 300, 7):
        base, *siblings = tree.prove_inclusion(position + 1).path
        assert base == hashes[position]
        assert siblings == proved(merkle.inclusion_path(position, 300), hashes)


@given(size=Sizes, data=st.data())
def test_every_inclusion_proof_holds_and_no_other_does(size: int, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, size - 1))
    leaf, root = MANY[position], defined(MANY[:size])
    proof = proved(merkle.inclusion_path(position, size), MANY[:size])
    assert merkle.verify_inclusion(leaf, position, size, proof, root)
    other = data.draw(st.integers(-1, size).filter(lambda other: other != position))
    assert not merkle.verify_inclusion(leaf, other, size, proof, root)
    assert not merkle.verify_inclusion(MANY[position - 1], position, size, proof, root)
    for wrong in spoilt(proof):
        assert not merkle.verify_inclusion(leaf, position, size, wrong, root)


@given(new=Sizes, data=st.data())
def test_every_consistency_proof_holds_and_no_other_does(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new))
    roots = defined(MANY[:old]), defined(MANY[:new])
    proof = proved(merkle.consistency_path(old, new), MANY[:new])
    assert merkle.verify_consistency(old, new, proof, *roots)
    rewritten = defined([merkle.leaf_hash(b"another"), *MANY[1:old]])
    assert not merkle.verify_consistency(old, new, proof, rewritten, roots[1])
    for wrong in spoilt(proof):
        assert not merkle.verify_consistency(old, new, wrong, *roots)


def spoilt(proof: list[bytes]) -> list[list[bytes]]:
    """Return proofs that differ by a hash too many, a hash too few, or one bit."""
    wrong = [[*proof, MANY[0]]]
    if proof:
        wrong += [proof[:-1], proof[1:]]
    for at, each in enumerate(proof):
        flipped = bytes([each[0] ^ 1]) + each[1:]
        wrong.append([*proof[:at], flipped, *proof[at + 1 :]])
    return wrong


@pytest.mark.parametrize(("position", "size"), [(0, 0), (-1, 3), (3, 3)])
def test_it_plans_no_proof_of_a_position_that_is_not_there(position: int, size: int) -> None:
    with pytest.raises(ValueError, match="no position"):
        merkle.inclusion_path(position, size)
    assert not merkle.verify_inclusion(MANY[0], position, size, [], MANY[0])


@pytest.mark.parametrize(("old", "new"), [(0, 3), (4, 3)])
def test_it_plans_no_proof_from_nothing_or_from_a_larger_tree(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="no proof"):
        merkle.consistency_path(old, new)
    assert not merkle.verify_consistency(old, new, [], MANY[0], MANY[1])
