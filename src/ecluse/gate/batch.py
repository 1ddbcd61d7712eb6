"""One transaction per micro-batch: nonces spent, rows locked, checks decided, entries appended.

A commit is shared by all the checks that wait, and the database does few, large statements. Nothing
in here releases anything: that comes after the commit, elsewhere.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ecluse.gate import rows, uses
from ecluse.gate.clock import Anchor, anchor, gate_time
from ecluse.gate.decide import decide
from ecluse.gate.leases import Leases, needs
from ecluse.gate.request import Kind
from ecluse.gate.state import Account, Ask, Lane, Outcome, State, region_scope
from ecluse.ledger.append import append
from ecluse.ledger.entry import Check


if TYPE_CHECKING:
    from collections.abc import Sequence

    import asyncpg

    from ecluse.gate.journal import Journal
    from ecluse.gate.pending import Pending
    from ecluse.gate.rows import Record
    from ecluse.gate.run import Run
    from ecluse.gate.subject import Found
    from ecluse.gate.tokens import Tokens
    from ecluse.gate.witnessing import Witnessing
    from ecluse.keyring.messages import Located
    from ecluse.policy.policy import Policy


V = TypeVar("V")


class Decided(NamedTuple):
    """A check whose entry is durable."""

    pending: Pending
    outcome: Outcome
    #: The records it may open, all of one person; the epoch's index first found.
    records: tuple[Record, ...]
    position: int
    #: The insurer whose card was presented; None when none was.
    card: int | None


class Item(NamedTuple):
    """A check, where the keyring says it leads, and what stands there."""

    pending: Pending
    located: Located
    found: Found


class Desk:
    """Decides batches on its own database connections, one at a time."""

    def __init__(
        self,
        connection: asyncpg.Connection[Any],
        lease_connection: asyncpg.Connection[Any],
        policy: Policy,
        tokens: Tokens,
        journal: Journal,
        run: Run,
        witnessing: Witnessing,
    ) -> None:
        self._connection = connection
        self._lease_connection = lease_connection
        self._policy = policy
        self._tokens = tokens
        self._journal = journal
        self._run = run
        self._witnessing = witnessing
        self._leases = Leases(policy.typed)
        self._anchor: Anchor | None = None

    @property
    def lost(self) -> bool:
        """Tell whether a connection is gone; this desk is then of no more use."""
        return self._connection.is_closed() or self._lease_connection.is_closed()

    async def close(self) -> None:
        """Close the connections."""
        self._connection.terminate()
        self._lease_connection.terminate()

    async def commit(self, items: Sequence[Item]) -> tuple[list[Decided], list[Pending]]:
        """Decide `items` and make their entries durable.

        Returns:
            The decided checks, and those whose signature was used before.
        """
        async with self._connection.transaction():
            fresh, replayed = await self._spend_nonces(items)
            state, now, registered = await self._lock(fresh)
            used = await uses.spent(self._connection, fresh, now)
            asks = [
                self._ask(item, now, registered, spent=spent)
                for item, spent in zip(fresh, used, strict=True)
            ]
            after, outcomes = decide(state, asks, now, self._policy)
            await self._save(state, after, fresh, outcomes, now)
            first = await self._append(fresh, outcomes, now)
        self._leases.spent(after.leases)
        self._run.begin(first, [item.pending.entry for item in fresh])
        decided = [
            Decided(item.pending, outcome, item.found.records, first + number, item.found.card)
            for number, (item, outcome) in enumerate(zip(fresh, outcomes, strict=True))
        ]
        return decided, replayed

    async def _spend_nonces(self, items: Sequence[Item]) -> tuple[list[Item], list[Pending]]:
        """Part the checks whose nonces are new from those that come a second time."""
        wanted = {
            (item.pending.account, nonce): expiry
            for item in items
            for nonce, expiry in item.pending.nonces
        }
        if not wanted:
            return [], []
        spent = await rows.spend_nonces(self._connection, [(*k, v) for k, v in wanted.items()])
        fresh, replayed = [], []
        for item in items:
            mine = {(item.pending.account, nonce) for nonce, _ in item.pending.nonces}
            if mine <= spent:
                spent -= mine
                fresh.append(item)
            else:
                replayed.append(item.pending)
        return fresh, replayed

    async def _lock(
        self, items: Sequence[Item]
    ) -> tuple[State, float, dict[tuple[bytes, bytes], float]]:
        """Lock the rows that the checks touch, read the clocks after that, and cover the caps."""
        connection = self._connection
        accounts = await rows.accounts(connection, {item.pending.account for item in items})
        for item in items:
            # An account that is gone since its request was verified counts as locked.
            accounts.setdefault(
                item.pending.account, Account(item.pending.organisation, 0.0, locked=True)
            )
        organisations = await rows.organisations(
            connection, {account.organisation for account in accounts.values()}
        )
        cards = await rows.cards(
            connection,
            {card for item in items if (card := self._card(item))},
        )
        named = {(item.pending.account, item.pending.thumbprint) for item in items}
        times, registered = await rows.present(connection, named)
        now = self._time(times)
        drawn = needs(
            region_scope(organisations[accounts[item.pending.account].organisation])
            for item in items
            if item.pending.asked.lane is Lane.TYPED
        )
        leases = await self._leases.cover(self._lease_connection, drawn, now) if drawn else {}
        until = times.spent_until, times.braked_until, self._witnessing.until
        return State(accounts, organisations, cards, leases, *until), now, registered

    def _time(self, times: rows.Times) -> float:
        monotonic = time.monotonic()
        if self._anchor is None:
            self._anchor = anchor(database=times.database, host=time.time(), monotonic=monotonic)
        return gate_time(
            self._anchor,
            database=times.database,
            last_entry=times.last_entry,
            monotonic=monotonic,
        )

    def _card(self, item: Item) -> bytes:
        """Return the token of the card presented; empty without one that was found."""
        idx, _, insurer = item.found
        if insurer is None:
            return b""
        if item.pending.asked.kind is Kind.PHONE:
            return self._tokens.phone(idx, insurer)
        return self._tokens.card(idx, insurer)

    def _ask(
        self,
        item: Item,
        now: float,
        registered: dict[tuple[bytes, bytes], float],
        *,
        spent: bool,
    ) -> Ask:
        pending = item.pending
        card, visitor, counter = self._card(item), b"", b""
        if card:
            visitor = self._tokens.visitor(card, pending.organisation)
            counter = self._tokens.counter(card, pending.account)
        return Ask(
            account=pending.account,
            lane=pending.asked.lane,
            subject=self._tokens.subject(pending.account, item.found.idx),
            found=bool(item.found.records),
            admitted=item.located.admitted,
            registered=registered.get((pending.account, pending.thumbprint), 0.0) > now,
            card=card,
            visitor=visitor,
            counter=counter,
            phone=pending.asked.kind is Kind.PHONE,
            spent=spent,
        )

    async def _save(
        self,
        before: State,
        after: State,
        items: Sequence[Item],
        outcomes: Sequence[Outcome],
        now: float,
    ) -> None:
        expires = datetime.fromtimestamp(now, UTC) + timedelta(days=self._policy.settlement_days)
        # A check that found nobody writes a row as well; its reference is given to nobody.
        settlements = [
            rows.Settlement(
                item.located.reference_row,
                item.located.wrapped,
                item.pending.asked.care_date,
                expires,
            )
            for item, outcome in zip(items, outcomes, strict=True)
            if outcome.looked_up
        ]
        await rows.save(
            self._connection,
            _changed(before.accounts, after.accounts),
            _changed(before.organisations, after.organisations),
            _changed(before.cards, after.cards),
            settlements,
        )

    async def _append(
        self,
        items: Sequence[Item],
        outcomes: Sequence[Outcome],
        now: float,
    ) -> int:
        """Append the entries: the transaction's last statement. Return the first position."""
        sealed = [
            await self._journal.seal(self._event(item, outcome, now), item.pending.entry, now)
            for item, outcome in zip(items, outcomes, strict=True)
        ]
        if not sealed:
            return 0
        return await append(self._connection, sealed, datetime.fromtimestamp(now, UTC))

    def _event(self, item: Item, outcome: Outcome, now: float) -> Check:
        pending = item.pending
        return Check(
            at=datetime.fromtimestamp(now, UTC),
            check=pending.asked.check,
            account=pending.account,
            organisation=pending.organisation,
            device=pending.thumbprint,
            lane=pending.asked.lane,
            kind=pending.asked.kind,
            subject=item.found.idx,
            opened=tuple((record.insurer, record.feed) for record in item.found.records)
            if outcome.released
            else (),
            family=pending.asked.family,
            care_date=pending.asked.care_date,
            outcome="released" if outcome.released else "refused",
            reason=outcome.reason or "",
            repeat=outcome.repeat,
            reference=item.located.reference_row if outcome.released else b"",
            policy=self._policy.version,
            structure=item.located.structure,
            run=self._run.mark,
        )


def _changed(before: dict[bytes, V], after: dict[bytes, V]) -> dict[bytes, V]:
    return {key: row for key, row in after.items() if before.get(key) is not row}
