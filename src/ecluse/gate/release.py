"""After the commit: record keys from the keyring, records opened, answers cut to what was asked."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ecluse.cover.record import RecordError, open_record
from ecluse.gate.answer import (
    Also,
    Covered,
    NotCovered,
    OpenedRecord,
    Receipt,
    family_cover,
    rights,
)
from ecluse.gate.state import Lane
from ecluse.keyring.messages import Committed, Opened
from ecluse.keyring.wrap import reference_row
from ecluse.ledger.append import append
from ecluse.ledger.entry import Withheld
from ecluse.login import base64url
from ecluse.settle.entitlement import Entitlement, Payer, seal
from ecluse.settle.rows import add_entitlements


if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import asyncpg

    from ecluse.gate.answer import Right
    from ecluse.gate.batch import Decided
    from ecluse.gate.catalogue import Catalogue
    from ecluse.gate.journal import Journal
    from ecluse.gate.pending import Pending
    from ecluse.gate.request import Asked
    from ecluse.gate.run import Run
    from ecluse.keyring.client import GateKeyring


class Releaser:
    """Turns committed decisions into answers. It holds no key for longer than one record."""

    def __init__(
        self,
        keyring: GateKeyring,
        pool: asyncpg.Pool[Any],
        catalogue: Catalogue,
        journal: Journal,
        checkpoint: Callable[[], str],
        run: Run,
        kept_days: Callable[[], int],
    ) -> None:
        self._keyring = keyring
        self._pool = pool
        self._catalogue = catalogue
        self._journal = journal
        self._checkpoint = checkpoint
        self._run = run
        self._kept_days = kept_days

    async def release(self, decided: Sequence[Decided], opened: int) -> None:
        """Set every reply of a committed batch.

        Args:
            decided: The batch.
            opened: Which of the gate's connections to the keyring located it.

        Raises:
            KeyringUnreachableError: That keyring is gone. Nothing is told of anybody in the batch,
                not even a refusal, so that a new keyring's ignorance refuses nobody.

        A check recorded as released may still turn into a refusal when its record is opened; that
        is recorded too, before its refusal leaves, so that a scope counts what was answered. A
        check that found nobody goes the same way: the ledger grows by as much, and as late.
        """
        answers: list[tuple[Pending, Covered | NotCovered | None]] = [
            (check.pending, None) for check in decided if not check.outcome.looked_up
        ]
        looked_up = [check for check in decided if check.outcome.looked_up]
        withheld = []
        entitled: dict[bytes, bytes] = {}
        if looked_up:
            unsealed = await self._keyring.unseal(
                [Committed(check.pending.entry, check.position) for check in looked_up],
                opened=opened,
            )
            for check, keys in zip(looked_up, unsealed, strict=True):
                answer = await self._answer(check, keys, entitled)
                if isinstance(answer, str):
                    withheld.append((check.pending.entry, answer))
                    answers.append((check.pending, None))
                else:
                    answers.append((check.pending, answer))
        if entitled:
            await self._entitle(entitled)
        if withheld:
            await self._record(withheld)
        for pending, reply in answers:
            if not pending.reply.done():
                pending.reply.set_result(reply)
        self._run.answered(check.pending.entry for check in decided)

    async def repay(self) -> None:
        """Have the ledger tell of answers that were never given, as soon as it can be told."""
        owed = self._run.owed
        if owed:
            await self._record([(entry, "failed") for entry in owed])
            self._run.repaid(owed)

    async def _record(self, withheld: Sequence[tuple[bytes, str]]) -> None:
        at = datetime.now(UTC)
        sealed = [
            await self._journal.seal(
                Withheld(at=at, entry=entry, reason=reason), os.urandom(16), at.timestamp()
            )
            for entry, reason in withheld
        ]
        async with self._pool.acquire() as connection, connection.transaction():
            await append(connection, sealed, at)

    async def _entitle(self, sealed: dict[bytes, bytes]) -> None:
        """Keep what references stand for before they leave: what was answered can be claimed."""
        ends = datetime.now(UTC) + timedelta(days=self._kept_days())
        async with self._pool.acquire() as connection:
            await add_entitlements(connection, sealed, ends)

    async def _answer(
        self, check: Decided, keys: Opened, entitled: dict[bytes, bytes]
    ) -> Covered | NotCovered | str:
        """Return the answer, or why there is none; `entitled` gains what its reference stands for."""
        if check.outcome.reason is not None:
            return check.outcome.reason
        if not keys.reference:
            return "keyring"
        try:
            records = [await self._open(check, *key) for key in keys.record_keys]
        except RecordError:
            return "damaged"
        asked = check.pending.asked
        found = rights(asked, records, check.card)
        receipt = Receipt(check.position, self._checkpoint())
        if not found:
            return NotCovered(receipt) if asked.lane is Lane.CARD else "not_covered"
        row = reference_row(keys.reference, check.pending.organisation)
        entitled[row] = seal(_entitlement(check, found), keys.reference, row)
        covers = [await self._cover(asked, each) for each in found]
        first, *others = covers
        carded = asked.lane is Lane.CARD
        return Covered(
            lane=asked.lane,
            insurer=first.insurer,
            reference=base64url.encode(keys.reference),
            receipt=receipt,
            cover=first.cover if carded else None,
            also=tuple(others) if carded else (),
        )

    async def _cover(self, asked: Asked, found: Right) -> Also:
        insurer = await self._catalogue.insurer(self._pool, found.insurer)
        handle = self._catalogue.handle(found.insurer, found.package, asked.family)
        return Also(insurer, found.priority, family_cover(asked, found, handle))

    async def _open(self, check: Decided, insurer: int, feed: int, key: bytes) -> OpenedRecord:
        record = next(r for r in check.records if (r.insurer, r.feed) == (insurer, feed))
        cover = open_record(
            record.sealed,
            key=key,
            index=record.idx,
            insurer=insurer,
            feed=feed,
            epoch=record.epoch,
        )
        package = await self._catalogue.package(self._pool, insurer, feed, cover.package)
        return OpenedRecord(insurer, feed, package, cover)


def _entitlement(check: Decided, found: Sequence[Right]) -> Entitlement:
    """Return what a covered check's reference stands for."""
    asked = check.pending.asked
    payers = tuple(Payer(each.insurer, each.feed, each.package.code) for each in found)
    return Entitlement(check.records[0].idx, asked.care_date, asked.family, payers)
