"""Proofs from storage, checked as an outsider would: with the checkpoint and nothing else."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from ecluse.ledger import merkle, proofs
from ecluse.ledger.errors import BrokenLedgerError, LedgerError, NotCoveredYetError
from ecluse.ledger.note import open_checkpoint
from ledger.writing import LOG_KEY, cover, fill, sealed


if TYPE_CHECKING:
    import asyncpg

    from ecluse.ledger.reader import KnownRoots

    Connection = asyncpg.Connection[Any]


pytestmark = pytest.mark.anyio


def holds(proof: proofs.InclusionProof) -> bool:
    """Check a proof as whoever holds its entry's commitment would."""
    signed = open_checkpoint(proof.checkpoint, LOG_KEY)
    leaf = merkle.leaf_hash(proof.commitment)
    assert signed.size == proof.size
    return merkle.verify_inclusion(leaf, proof.position, proof.size, proof.hashes, signed.root)


async def test_every_entry_of_a_log_is_proved_at_every_size(
    gate: Connection, ledger: Connection
) -> None:
    before = 0
    for end in (1, 2, 255, 256, 257, 530):
        await fill(gate, before, end)
        await cover(ledger)
        known: KnownRoots = {}
        for position in {0, 1, end // 2, end - 2, end - 1} & set(range(end)):
            proof = await proofs.inclusion(gate, position, known=known)
            assert (proof.position, proof.size) == (position, end)
            assert holds(proof)
        before = end


async def test_entries_and_prefixes_of_a_long_log_are_proved_over_its_tiles(
    gate: Connection, ledger: Connection
) -> None:
    roots = {}
    before = 0
    for end in (300, 66_000, 70_000):
        await fill(gate, before, end)
        await cover(ledger)
        roots[end] = open_checkpoint(await proofs.checkpoint(gate), LOG_KEY).root
        before = end
    known: KnownRoots = {}
    for position in (0, 255, 256, 65_535, 65_536, 65_999, 69_887, 69_888, 69_999):
        assert holds(await proofs.inclusion(gate, position, known=known))
        assert holds(await proofs.inclusion(gate, position))
    for old in (300, 66_000, 70_000):
        proof = await proofs.consistency(gate, old)
        assert merkle.verify_consistency(old, 70_000, proof.hashes, roots[old], roots[70_000])


async def test_known_roots_spare_the_reading_of_tiles(gate: Connection, ledger: Connection) -> None:
    await fill(gate, 0, 5000)
    await cover(ledger)
    read = 0

    def count(query: asyncpg.connection.LoggedQuery) -> None:
        nonlocal read
        read += query.query.count("FROM ledger_tile")

    known: KnownRoots = {}
    await proofs.inclusion(gate, 7, known=known)
    with gate.query_logger(count):
        assert holds(await proofs.inclusion(gate, 8, known=known))
    assert read == 1


async def test_a_proof_in_json_has_the_documented_form(
    gate: Connection, ledger: Connection
) -> None:
    await fill(gate, 0, 3)
    await cover(ledger)
    body = json.loads(msgspec.json.encode(await proofs.inclusion(gate, 2)))
    rows = await ledger.fetch("SELECT commitment FROM ledger_entry ORDER BY position")
    first, second, third = [row["commitment"] for row in rows]
    sibling = merkle.node_hash(merkle.leaf_hash(first), merkle.leaf_hash(second))
    assert (body["position"], body["size"]) == (2, 3)
    assert base64.b64decode(body["commitment"]) == third
    assert [base64.b64decode(each) for each in body["hashes"]] == [sibling]


async def test_what_no_checkpoint_covers_is_not_proved_yet(
    gate: Connection, ledger: Connection
) -> None:
    with pytest.raises(LedgerError, match="no checkpoint yet"):
        await proofs.inclusion(gate, 0)
    await fill(gate, 0, 3)
    await cover(ledger)
    await fill(gate, 3, 4)
    for position in (3, -1):
        with pytest.raises(NotCoveredYetError):
            await proofs.inclusion(gate, position)
    with pytest.raises(NotCoveredYetError):
        await proofs.consistency(gate, 4)
    with pytest.raises(LedgerError, match="begins with the empty one"):
        await proofs.consistency(gate, 0)


async def test_a_proof_that_does_not_lead_to_the_signed_root_is_never_given(
    gate: Connection, ledger: Connection, owner: Connection
) -> None:
    await fill(gate, 0, 300)
    await cover(ledger)
    await owner.execute(
        "UPDATE ledger_entry SET commitment = $1 WHERE position = 5", sealed(6).commitment
    )
    with pytest.raises(BrokenLedgerError, match="position 5"):
        await proofs.inclusion(gate, 5)
