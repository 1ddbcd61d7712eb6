"""Quotes and claims, each request in one transaction: opened, priced, decided, written, entered."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import pyrage

from ecluse.cover.price import Priced, price
from ecluse.keyring.wrap import reference_row
from ecluse.ledger.append import append
from ecluse.ledger.entry import ClaimTaken, QuoteGiven
from ecluse.login import base64url
from ecluse.settle import rows
from ecluse.settle.claim import (
    Claimed,
    Decided,
    Guaranteed,
    Outcome,
    Reason,
    decide,
    refuse,
    totals,
)
from ecluse.settle.entitlement import Entitlement, open_sealed
from ecluse.settle.rows import Claim, Part, Quoted, Taken
from ecluse.settle.standing import Standing


if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from ecluse.cover.package import CoverPackage
    from ecluse.gate.caller import Caller
    from ecluse.gate.gate import Gate
    from ecluse.ledger.entry import Event
    from ecluse.store.connection import Connection


_SALT = 16


class Sent(NamedTuple):
    """One claim as it came: its id, its reference (16 bytes each), a quote or none, the care."""

    claim: bytes
    reference: bytes
    quote: bytes | None
    claimed: Claimed


class Quote(NamedTuple):
    """A quote as it is given."""

    priced: Priced
    #: The last day on which the insurers' parts are guaranteed.
    ends: date
    #: Insurers' numbers, the first payer first.
    payers: tuple[int, ...]


class _Case(NamedTuple):
    """A claim, and what it is judged by."""

    sent: Sent
    entitlement: Entitlement | None
    #: Keyed: the care, with its person.
    same: bytes
    #: Keyed: the whole claim.
    digest: bytes


class SettleDesk:
    """One caller's request under way, in a transaction of its own."""

    def __init__(self, gate: Gate, connection: Connection, caller: Caller) -> None:
        self._gate = gate
        self._connection = connection
        self._caller = caller
        self._now = datetime.now(UTC)
        self._events: list[Event] = []

    async def quote(self, name: bytes, reference: bytes, claimed: Claimed) -> Quote | Reason:
        """Price care under the cover that a reference stands for; guarantee it for some days.

        Raises:
            LawError: A figure is not known for the day of care.
        """
        (found,) = await self._entitlements([reference])
        reason = refuse(found, claimed)
        if found is None or reason is not None:
            return reason or Reason.NO_REFERENCE
        packages = await self._packages(found)
        standing = (await self._standings([found]))[self._person(found)]
        borne = standing.before(claimed.care_date, self._caller.organisation)
        priced = price(claimed.bill(), packages, borne)
        amcs = totals(priced, len(packages))
        ends = self._now.date() + timedelta(days=self._gate.config.policy.settle.quote_days)
        quoted = Quoted(self._care(found, claimed), ends, amcs)
        place = self._caller.organisation
        if not await rows.add_quote(self._connection, place, name, quoted, self._now):
            kept = (await rows.quotes(self._connection, place, [name]))[name]
            if kept.digest != quoted.digest:
                return Reason.OTHER_CLAIM
            ends = kept.ends
        else:
            self._events.append(
                QuoteGiven(
                    at=self._now,
                    quote=name,
                    account=self._caller.account,
                    organisation=place,
                    family=found.family,
                    ends=ends,
                    amounts=_cents(found, amcs),
                )
            )
        await self._enter()
        return Quote(priced, ends, tuple(each.insurer for each in found.payers))

    async def claims(self, sent: Sequence[Sent]) -> list[Decided]:
        """Take claims; each is decided on what the ones before it left, and the same one once."""
        cases = await self._cases(sent)
        found = [case.entitlement for case in cases if case.entitlement is not None]
        standings = await self._standings(found)
        place = self._caller.organisation
        before = await rows.taken(
            self._connection,
            place,
            [case.sent.claim for case in cases],
            [case.same for case in cases],
        )
        quotes = await rows.quotes(
            self._connection, place, [case.sent.quote for case in cases if case.sent.quote]
        )
        by_id = {each.claim: each for each in before}
        by_care = {each.same for each in before}
        told: list[Decided] = []
        fresh: list[tuple[_Case, Decided]] = []
        for case in cases:
            known = by_id.get(case.sent.claim)
            if known is not None:
                told.append(_again(known, case))
                continue
            if case.same in by_care and case.entitlement is not None:
                told.append(Decided(Outcome.REFUSED, Reason.CLAIMED_BEFORE))
                continue
            decided = await self._decide(case, standings, quotes)
            told.append(decided)
            if decided.outcome is not Outcome.REFUSED:
                fresh.append((case, decided))
                by_id[case.sent.claim] = Taken(case.sent.claim, case.digest, case.same, decided)
                by_care.add(case.same)
        await self._keep(fresh, standings)
        await self._enter()
        return told

    async def _decide(
        self, case: _Case, standings: dict[bytes, Standing], quotes: Mapping[bytes, Quoted]
    ) -> Decided:
        """Decide one claim; what was borne after it stands in `standings`."""
        found, claimed, place = case.entitlement, case.sent.claimed, self._caller.organisation
        person = self._person(found) if found else b""
        standing = standings.get(person, Standing())
        quoted = quotes.get(case.sent.quote or b"")
        today = self._now.date()
        honoured = quoted and quoted.digest == case.same and today <= quoted.ends
        decided, borne = decide(
            found,
            claimed,
            await self._packages(found) if found else [],
            standing.before(claimed.care_date, place),
            today,
            timedelta(days=self._gate.config.policy.settle.claim_days),
            Guaranteed(quoted.amcs) if quoted and honoured else None,
        )
        if decided.outcome is Outcome.ACCEPTED:
            standings[person] = standing.after(claimed.care_date, place, borne)
        return decided

    async def _keep(
        self, fresh: Sequence[tuple[_Case, Decided]], standings: Mapping[bytes, Standing]
    ) -> None:
        """Write down what was taken, sealed to each insurer, and what persons bore."""
        if not fresh:
            return
        members = {
            (case.entitlement.idx, each.insurer, each.feed)
            for case, _ in fresh
            if case.entitlement
            for each in case.entitlement.payers
        }
        references = await rows.references(self._connection, members)
        recipients = await rows.recipients(self._connection, {each[1] for each in members})
        claims = [self._claim(*each, references, recipients) for each in fresh]
        await rows.add_claims(self._connection, self._caller.organisation, claims, self._now)
        changed = {self._person(case.entitlement) for case, _ in fresh if case.entitlement}
        await rows.save_standings(
            self._connection,
            {
                person: self._gate.tokens.seal(msgspec.msgpack.encode(standings[person]), person)
                for person in changed
            },
        )

    def _claim(
        self,
        case: _Case,
        decided: Decided,
        references: Mapping[tuple[bytes, int, int], bytes],
        recipients: Mapping[int, str],
    ) -> Claim:
        found, sent = case.entitlement, case.sent
        if found is None:
            raise ValueError("a claim without a reference is refused")
        salt = os.urandom(_SALT)
        acts = msgspec.json.encode(sent.claimed)
        commitment = sha256(salt + acts).digest()
        parts = []
        for payer, amount in zip(found.payers, decided.amcs, strict=False):
            member = references.get((found.idx, payer.insurer, payer.feed), b"")
            text = msgspec.json.encode(
                {
                    "claim": base64url.encode(sent.claim),
                    "member_ref": member,
                    "package": payer.package,
                    "feed": payer.feed,
                    "amount": amount,
                    "care": msgspec.Raw(acts),
                    "salt": salt,
                }
            )
            recipient = pyrage.x25519.Recipient.from_str(recipients[payer.insurer])
            parts.append(Part(payer.insurer, amount, pyrage.encrypt(text, [recipient])))
        self._events.append(
            ClaimTaken(
                at=self._now,
                claim=sent.claim,
                account=self._caller.account,
                organisation=self._caller.organisation,
                family=found.family,
                outcome=decided.outcome,
                reason=decided.reason or "",
                amounts=_cents(found, decided.amcs),
                commitment=commitment,
            )
        )
        taken = Taken(sent.claim, case.digest, case.same, decided)
        return Claim(
            taken,
            self._caller.account,
            found.family,
            sent.claimed.care_date,
            commitment,
            parts,
        )

    async def _cases(self, sent: Sequence[Sent]) -> list[_Case]:
        found = await self._entitlements([each.reference for each in sent])
        return [
            _Case(
                each,
                entitlement,
                self._care(entitlement, each.claimed),
                self._gate.tokens.care(msgspec.msgpack.encode(tuple(each)[1:])),
            )
            for each, entitlement in zip(sent, found, strict=True)
        ]

    async def _entitlements(self, references: Sequence[bytes]) -> list[Entitlement | None]:
        named = [reference_row(each, self._caller.organisation) for each in references]
        sealed = await rows.entitlements(self._connection, named)
        return [
            open_sealed(sealed[row], reference, row) if row in sealed else None
            for row, reference in zip(named, references, strict=True)
        ]

    async def _packages(self, found: Entitlement) -> list[CoverPackage]:
        catalogue, pool = self._gate.catalogue, self._gate.pool
        told = [
            await catalogue.package(pool, each.insurer, each.feed, each.package)
            for each in found.payers
        ]
        return [each for each in told if each is not None]

    async def _standings(self, found: Sequence[Entitlement]) -> dict[bytes, Standing]:
        persons = {self._person(each) for each in found}
        sealed = await rows.standings(self._connection, persons)
        opened = {
            person: msgspec.msgpack.decode(self._gate.tokens.open(text, person), type=Standing)
            for person, text in sealed.items()
        }
        return {person: opened.get(person, Standing()) for person in persons}

    def _person(self, found: Entitlement) -> bytes:
        return self._gate.tokens.standing(found.idx)

    def _care(self, found: Entitlement | None, claimed: Claimed) -> bytes:
        """Name care by its person, day and acts, whichever check it is claimed with.

        Keyed, so that no act is guessed from it.
        """
        care = msgspec.structs.replace(claimed, amc=None)
        person = found.idx if found else b""
        return self._gate.tokens.care(person + msgspec.msgpack.encode(care))

    async def _enter(self) -> None:
        """Append the entries: the transaction's last statement."""
        if not self._events:
            return
        at, journal = self._now.timestamp(), self._gate.journal
        sealed = [await journal.seal(each, os.urandom(16), at) for each in self._events]
        await append(self._connection, sealed, self._now)


def _again(known: Taken, case: _Case) -> Decided:
    """Return what was decided about the same claim; another one does not take its id."""
    if known.digest == case.digest:
        return known.decided
    return Decided(Outcome.REFUSED, Reason.OTHER_CLAIM)


def _cents(found: Entitlement, amcs: Sequence[Decimal]) -> tuple[tuple[int, int], ...]:
    """Return what each insurer pays, in cents, by its number."""
    return tuple(
        (each.insurer, int(amount * 100)) for each, amount in zip(found.payers, amcs, strict=False)
    )
