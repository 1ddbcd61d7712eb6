"""A log in memory, signed as an installation's: to be submitted, forked and cut short at will."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ecluse.ledger.merkle import (
    EMPTY_ROOT,
    Node,
    consistency_path,
    fold,
    leaf_hash,
    node_hash,
    proof,
    subtrees,
)
from ecluse.ledger.note import Checkpoint, assemble, log_key
from ecluse.ledger.submission import Submission


class Log:
    """Its entries are numbers; a fork has others from some position on."""

    def __init__(self, seed: bytes = b"\x07" * 32, *, forked_at: int | None = None) -> None:
        self._seed = seed
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self._forked_at = forked_at
        self.key = log_key(self._private.public_key().public_bytes_raw())

    def forked(self, at: int) -> Log:
        """Return another log under the same key, with other entries from a position on."""
        return Log(self._seed, forked_at=at)

    def root(self, size: int) -> bytes:
        nodes = subtrees(0, size)
        return fold([self._hash(node) for node in nodes]) if nodes else EMPTY_ROOT

    def note(self, size: int, *, origin: str | None = None) -> str:
        text = Checkpoint(origin or self.key.name, size, self.root(size)).text()
        return assemble(text, self.key, self._private.sign(text.encode()))

    def submission(self, old: int, size: int) -> Submission:
        path = consistency_path(old, size) if old else []
        found = {node: self._hash(node) for step in path for node in step}
        return Submission(old, tuple(proof(path, found)), self.note(size))

    def _hash(self, node: Node) -> bytes:
        if node.height == 0:
            forked = self._forked_at is not None and node.number >= self._forked_at
            return leaf_hash(f"{node.number}{'!' if forked else ''}".encode())
        below = Node(node.height - 1, 2 * node.number)
        return node_hash(self._hash(below), self._hash(below._replace(number=below.number + 1)))
