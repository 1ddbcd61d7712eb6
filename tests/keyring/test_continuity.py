"""A restored database is noticed, whatever the gate says, and checkpoints never go back."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ecluse.errors import EcluseError
from ecluse.ledger.entry import Lock, Restored
from ecluse.ledger.note import Checkpoint, log_key
from keyring.lodge import check, index, person, sealed, typed


if TYPE_CHECKING:
    from keyring.lodge import Doors, Lodge


pytestmark = pytest.mark.anyio

ROOT = sha256(b"root").digest()
OTHER_ROOT = sha256(b"another root").digest()


async def checkpoint(doors: Doors, size: int, root: bytes = ROOT) -> bytes:
    key = log_key(await doors.ledger.public_key())
    return Checkpoint(key.name, size, root).text().encode()


async def sign(doors: Doors, size: int, root: bytes = ROOT) -> bytes:
    return await doors.ledger.sign(await checkpoint(doors, size, root), size)


async def fill(lodge: Lodge, doors: Doors, count: int) -> None:
    event = Lock(at=datetime.now(UTC), account=bytes(16), reason="")
    await lodge.commit(*[await sealed(doors.gate, event) for _ in range(count)])


async def note_restore(lodge: Lodge, doors: Doors) -> None:
    event = Restored(at=datetime.now(UTC), entries=0)
    await lodge.commit(await sealed(doors.gate, event))


async def test_a_checkpoint_is_signed_with_the_logs_key(lodge: Lodge) -> None:
    async with lodge.running() as doors:
        await fill(lodge, doors, 3)
        body = await checkpoint(doors, 3)
        key = Ed25519PublicKey.from_public_bytes(await doors.ledger.public_key())
        key.verify(await doors.ledger.sign(body, 3), body)


async def test_the_log_grows_and_never_shrinks(lodge: Lodge) -> None:
    async with lodge.running() as doors:
        await sign(doors, 0)
        await fill(lodge, doors, 5)
        await sign(doors, 2)
        await sign(doors, 5)
        await sign(doors, 5)
        for size in (0, 4):
            with pytest.raises(EcluseError, match="signed before"):
                await sign(doors, size)
    async with lodge.running() as doors:
        with pytest.raises(EcluseError, match="signed before"):
            await sign(doors, 4)


async def test_a_size_has_one_root_for_ever(lodge: Lodge) -> None:
    async with lodge.running() as doors:
        await fill(lodge, doors, 2)
        await sign(doors, 2)
    async with lodge.running() as doors:
        with pytest.raises(EcluseError, match="signed before"):
            await sign(doors, 2, OTHER_ROOT)
        await sign(doors, 2)


async def test_no_more_is_signed_than_there_is(lodge: Lodge) -> None:
    async with lodge.running() as doors:
        await fill(lodge, doors, 2)
        with pytest.raises(EcluseError, match="does not have 3 entries"):
            await sign(doors, 3)
        assert not (await doors.gate.hello()).restored


FORGED = [
    b"anything at all",
    b"",
    b"\xff\xff",
    b"ecluse/0000000000000000/shard0\n2\n" + b"A" * 43 + b"=\n",
    b"{own}\n2\n" + b"A" * 43 + b"=\nanother line\n",
    b"{own}\n1\n" + b"A" * 43 + b"=\n",
    b"{own}\n02\n" + b"A" * 43 + b"=\n",
    b"{own}\n2\nAAAA\n",
    b"{own}/../shard0\n2\n" + b"A" * 43 + b"=\n",
]


async def test_nothing_but_a_checkpoint_of_this_log_is_signed(
    lodge: Lodge, subtests: pytest.Subtests
) -> None:
    async with lodge.running() as doors:
        await fill(lodge, doors, 2)
        own = log_key(await doors.ledger.public_key()).name.encode()
        for forged in FORGED:
            with subtests.test(forged=forged), pytest.raises(EcluseError):
                await doors.ledger.sign(forged.replace(b"{own}", own), 2)
        await sign(doors, 2)


async def test_a_shorter_ledger_is_told_of_until_the_ledger_says_so_itself(lodge: Lodge) -> None:
    async with lodge.running() as doors:
        await fill(lodge, doors, 4)
        await sign(doors, 4)
        assert not (await doors.gate.hello()).restored
    await lodge.truncate(2)
    async with lodge.running() as doors:
        assert (await doors.gate.hello()).restored
    async with lodge.running() as doors:
        assert (await doors.gate.hello()).restored
        assert (await doors.gate.hello(restore_noted=True)).restored
        await note_restore(lodge, doors)
        assert (await doors.gate.hello()).restored
        assert not (await doors.gate.hello(restore_noted=True)).restored
        assert not (await doors.gate.hello()).restored
        await sign(doors, 3)
    async with lodge.running() as doors:
        assert not (await doors.gate.hello()).restored


async def test_no_gates_word_makes_a_log_shorter(lodge: Lodge) -> None:
    """A captured gate may say that a restore was noted, set the head back, and write what it likes."""
    async with lodge.running() as doors:
        await fill(lodge, doors, 4)
        await sign(doors, 4)
        await note_restore(lodge, doors)
        await lodge.owner.execute("UPDATE ledger_head SET size = 0")
        assert not (await doors.gate.hello(restore_noted=True)).restored
        with pytest.raises(EcluseError, match="signed before"):
            await sign(doors, 3)


async def test_a_restore_that_was_noted_before_is_not_noted_again(lodge: Lodge) -> None:
    async with lodge.running() as doors:
        await note_restore(lodge, doors)
        await fill(lodge, doors, 4)
        await sign(doors, 5)
    await lodge.truncate(3)
    async with lodge.running() as doors:
        assert (await doors.gate.hello()).restored
        assert (await doors.gate.hello(restore_noted=True)).restored


async def test_a_ledger_that_grew_again_after_a_restore_is_noticed_all_the_same(
    lodge: Lodge,
) -> None:
    async with lodge.running() as doors:
        await fill(lodge, doors, 4)
        await sign(doors, 4)
        await lodge.truncate(3)
        await fill(lodge, doors, 6)
    async with lodge.running() as doors:
        with pytest.raises(EcluseError, match="signed before"):
            await sign(doors, 9)
        assert (await doors.gate.hello()).restored
        await note_restore(lodge, doors)
        assert not (await doors.gate.hello(restore_noted=True)).restored
        await sign(doors, 10)


async def test_a_gate_that_runs_through_a_restore_is_told_nothing_more(lodge: Lodge) -> None:
    """What was never signed for counts as well, as long as the keyring itself has seen it."""
    async with lodge.running() as doors:
        await fill(lodge, doors, 4)
        assert (await doors.locate(typed(person(1), os.urandom(16)))).admitted
        await lodge.truncate(2)
        with pytest.raises(EcluseError, match="restored"):
            await doors.locate(typed(person(1), os.urandom(16)))
        assert (await doors.gate.hello()).restored
        await note_restore(lodge, doors)
        with pytest.raises(EcluseError, match="restored"):
            await doors.locate(typed(person(1), os.urandom(16)))
        assert not (await doors.gate.hello(restore_noted=True)).restored
        assert (await doors.locate(typed(person(1), os.urandom(16)))).admitted


async def test_the_last_entry_opened_has_to_stay_where_it_stood(lodge: Lodge) -> None:
    """Nothing was signed for it yet, and no check was located since."""
    entry = os.urandom(16)
    async with lodge.running() as doors:
        found = await doors.locate(typed(person(1), entry))
        position = await lodge.commit(await sealed(doors.gate, check(index(found)), entry))
        assert (await doors.unseal(entry, position)).record_keys
        await lodge.truncate(0)
        assert (await doors.gate.hello()).restored


async def test_a_restore_to_before_everything_is_noticed(lodge: Lodge) -> None:
    async with lodge.running() as doors:
        await fill(lodge, doors, 4)
        await sign(doors, 4)
    await lodge.truncate(0)
    async with lodge.running() as doors:
        assert (await doors.gate.hello()).restored
        await note_restore(lodge, doors)
        assert not (await doors.gate.hello(restore_noted=True)).restored


async def test_after_a_restore_the_meters_milestones_are_those_that_still_stand(
    lodge: Lodge,
) -> None:
    async with lodge.running() as doors:
        await fill(lodge, doors, 2)
        await sign(doors, 2)
        assert [each.size for each in doors.service.vault.marks.milestones] == [2]
        await lodge.truncate(1)
        await fill(lodge, doors, 1)
        assert (await doors.gate.hello()).restored
        await note_restore(lodge, doors)
        assert not (await doors.gate.hello(restore_noted=True)).restored
        assert not doors.service.vault.marks.milestones
