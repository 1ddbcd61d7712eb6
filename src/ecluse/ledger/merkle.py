"""The Merkle tree of RFC 6962 section 2.1 and RFC 9162 section 2.1, with SHA-256 (pure).

Proofs are planned before they are computed: a path names the perfect subtrees it needs (`Node`),
so that the caller can fetch all of their hashes at once, from wherever it keeps them.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple


if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


HASH_SIZE = 32

#: The root of the tree over nothing (RFC 9162, 2.1.1).
EMPTY_ROOT = sha256(b"").digest()


class Node(NamedTuple):
    """A perfect subtree: the leaves from `number << height` to `(number + 1) << height`."""

    height: int
    number: int


def leaf_hash(data: bytes) -> bytes:
    """Hash one leaf's data (RFC 9162, 2.1.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into the one above them (RFC 9162, 2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


def leaf_hashes(commitments: bytes) -> bytes:
    """Hash many leaves of 32 bytes each, back to back; the hashes come back to back."""
    return b"".join(
        [
            sha256(b"\x00" + commitments[start : start + HASH_SIZE]).digest()
            for start in range(0, len(commitments), HASH_SIZE)
        ]
    )


def parents(hashes: bytes) -> bytes:
    """Hash pairs of neighbours, back to back; an odd last one is left out."""
    pair = 2 * HASH_SIZE
    return b"".join(
        [
            sha256(b"\x01" + hashes[start : start + pair]).digest()
            for start in range(0, len(hashes) - pair + 1, pair)
        ]
    )


def peaks(hashes: bytes) -> list[bytes]:
    """Return the roots of the largest perfect subtrees over hashes back to back, left to right."""
    found: list[bytes] = []
    while hashes:
        if len(hashes) // HASH_SIZE % 2:
            found.append(hashes[-HASH_SIZE:])
        hashes = parents(hashes)
    return found[::-1]


def fold(hashes: Sequence[bytes]) -> bytes:
    """Hash neighbouring subtrees of falling size, at least one, into the tree over all of them."""
    tree = hashes[-1]
    for left in hashes[-2::-1]:
        tree = node_hash(left, tree)
    return tree


def subtrees(begin: int, end: int) -> list[Node]:
    """Cut the leaves from `begin` to before `end` into perfect subtrees, left to right."""
    nodes: list[Node] = []
    while begin < end:
        height = (end - begin).bit_length() - 1
        if begin:
            height = min(height, (begin & -begin).bit_length() - 1)
        nodes.append(Node(height, begin >> height))
        begin += 1 << height
    return nodes


#: A proof before it is computed: for each of its hashes, the subtrees that fold into it.
Path = list[list[Node]]


def inclusion_path(position: int, size: int) -> Path:
    """Plan the inclusion proof PATH(position, D[size]) of RFC 9162, 2.1.3.1.

    Raises:
        ValueError: The tree has no such position.
    """
    if not 0 <= position < size:
        raise ValueError(f"a tree over {size} leaves has no position {position}")
    path: Path = []
    begin, end = 0, size
    while end - begin > 1:
        middle = _split(begin, end)
        if position < middle:
            path.append(subtrees(middle, end))
            end = middle
        else:
            path.append(subtrees(begin, middle))
            begin = middle
    return path[::-1]


def consistency_path(old: int, new: int) -> Path:
    """Plan the consistency proof PROOF(old, D[new]) of RFC 9162, 2.1.4.1.

    Raises:
        ValueError: `old` is not between 1 and `new`: nothing is to be proved of an empty tree.
    """
    if not 0 < old <= new:
        raise ValueError(f"no proof leads from {old} leaves to {new}")
    path: Path = []
    begin, end = 0, new
    while end != old:
        middle = _split(begin, end)
        if old <= middle:
            path.append(subtrees(middle, end))
            end = middle
        else:
            path.append(subtrees(begin, middle))
            begin = middle
    if begin:
        path.append(subtrees(begin, end))
    return path[::-1]


def proof(path: Path, hashes: Mapping[Node, bytes]) -> list[bytes]:
    """Compute a planned proof from the hashes of the subtrees it needs."""
    return [fold([hashes[node] for node in nodes]) for nodes in path]


def verify_inclusion(
    leaf: bytes, position: int, size: int, hashes: Sequence[bytes], root: bytes
) -> bool:
    """Tell whether `hashes` prove that a leaf's hash stands at `position` (RFC 9162, 2.1.3.2)."""
    if not 0 <= position < size:
        return False
    node, last, result = position, size - 1, leaf
    for sibling in hashes:
        if last == 0:
            return False
        if node % 2 or node == last:
            result = node_hash(sibling, result)
            while node and node % 2 == 0:
                node, last = node >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and result == root


def verify_consistency(
    old: int, new: int, hashes: Sequence[bytes], old_root: bytes, new_root: bytes
) -> bool:
    """Tell whether `hashes` prove that the new tree begins with the old one (RFC 9162, 2.1.4.2)."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not hashes and old_root == new_root
    rest = [old_root, *hashes] if old & (old - 1) == 0 else list(hashes)
    if not rest:
        return False
    node, last = old - 1, new - 1
    while node % 2:
        node, last = node >> 1, last >> 1
    old_result = new_result = rest[0]
    for sibling in rest[1:]:
        if last == 0:
            return False
        if node % 2 or node == last:
            old_result = node_hash(sibling, old_result)
            new_result = node_hash(sibling, new_result)
            while node and node % 2 == 0:
                node, last = node >> 1, last >> 1
        else:
            new_result = node_hash(new_result, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and old_result == old_root and new_result == new_root


def _split(begin: int, end: int) -> int:
    """Return where a tree over these leaves divides: after the largest power of two below all."""
    return begin + (1 << (end - begin - 1).bit_length() - 1)
