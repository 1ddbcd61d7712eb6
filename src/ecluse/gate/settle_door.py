"""`POST /v1/quotes`, `POST /v1/claims`, `GET /v1/statement`: from a price to its payment.

A reference that this organisation never got, another's, and one that has ended are told apart by
nobody: each is refused for the same reason.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from ecluse.cover.law import LawError
from ecluse.gate import replies
from ecluse.gate.body import parsed
from ecluse.gate.price_door import told as priced_facts
from ecluse.gate.request import MalformedError
from ecluse.gate.settle_desk import Sent, SettleDesk
from ecluse.login import base64url
from ecluse.login.roles import Right, RoleError, may
from ecluse.settle import rows
from ecluse.settle.claim import Claimed, Outcome, Reason
from ecluse.settle.statement import statement


if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ecluse.gate.caller import Caller, Callers
    from ecluse.gate.gate import Gate
    from ecluse.settle.claim import Decided


_Number = Annotated[str, msgspec.Meta(min_length=22, max_length=22)]
#: Claims in one request.
MOST = 100


class QuoteBody(Claimed, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The body of `POST /v1/quotes`: an id of its own, the check's reference, the care."""

    quote: _Number
    reference: _Number


class ClaimBody(Claimed, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One claim of `POST /v1/claims`."""

    claim: _Number
    reference: _Number
    quote: _Number | None = None


class ClaimsBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /v1/claims`."""

    claims: Annotated[tuple[ClaimBody, ...], msgspec.Meta(min_length=1, max_length=MOST)]


class SettleDoor:
    """Quotes, claims and statements of a counter or its software."""

    def __init__(self, gate: Gate, callers: Callers) -> None:
        self._gate = gate
        self._callers = callers

    async def quote(self, request: Request) -> Response:
        """Give a quote, or say why there is none."""
        caller, raw = await self._asker(request)
        body = parsed(raw, QuoteBody)
        async with self._gate.pool.acquire() as connection, connection.transaction():
            desk = SettleDesk(self._gate, connection, caller)
            try:
                given = await desk.quote(_number(body.quote), _number(body.reference), _care(body))
            except LawError as error:
                raise MalformedError(error.problem, hint=error.hint) from None
        if isinstance(given, Reason):
            return replies.json({"outcome": Outcome.REFUSED, "reason": given})
        insurers = [await self._gate.catalogue.insurer(self._gate.pool, n) for n in given.payers]
        facts = {"outcome": "quoted", "quote": body.quote, "guaranteed_until": given.ends}
        return replies.json({**facts, "insurers": insurers, "price": priced_facts(given.priced)})

    async def claims(self, request: Request) -> Response:
        """Take claims, and say what became of each, in their order."""
        caller, raw = await self._asker(request)
        body = parsed(raw, ClaimsBody)
        sent = [
            Sent(
                _number(each.claim),
                _number(each.reference),
                _number(each.quote) if each.quote else None,
                _care(each),
            )
            for each in body.claims
        ]
        async with self._gate.pool.acquire() as connection, connection.transaction():
            decided = await SettleDesk(self._gate, connection, caller).claims(sent)
        told = [_told(each.claim, one) for each, one in zip(body.claims, decided, strict=True)]
        return replies.json({"claims": told})

    async def statement(self, request: Request) -> Response:
        """Tell what is owed to the caller's organisation for the claims of a period."""
        caller, _ = await self._asker(request)
        since, until = period(request)
        async with self._gate.pool.acquire() as connection:
            lines = await rows.of_organisation(
                connection, caller.organisation, midnight(since), midnight(until)
            )
        return replies.json(statement(lines, since, until))

    async def _asker(self, request: Request) -> tuple[Caller, bytes]:
        raw = await replies.body_of(request)
        caller = await self._callers.identify(request, raw)
        await self._gate.spend(caller)
        if not may(caller.role, Right.CHECK):
            raise RoleError("Only a professional's account sends claims.")
        return caller, raw


def period(request: Request) -> tuple[date, date]:
    """Return the first day of a statement, and the first after it.

    Raises:
        MalformedError: One is missing or no date, or they are in the wrong order.
    """
    try:
        since = date.fromisoformat(request.query_params["since"])
        until = date.fromisoformat(request.query_params["until"])
    except (KeyError, ValueError):
        raise MalformedError("A statement has ?since= and ?until=, as dates.") from None
    if until <= since:
        raise MalformedError("A statement ends after it begins.")
    return since, until


def midnight(day: date) -> datetime:
    """Return when a day begins, in UTC."""
    return datetime.combine(day, time(), UTC)


def _care(body: Claimed) -> Claimed:
    return Claimed(
        care_date=body.care_date,
        acts=body.acts,
        amc=body.amc,
        minor=body.minor,
        in_pathway=body.in_pathway,
    )


def _number(text: str) -> bytes:
    try:
        return base64url.decode(text, 16)
    except ValueError:
        raise MalformedError("An id or reference is 16 bytes in base64url.") from None


def _told(claim: str, decided: Decided) -> dict[str, Any]:
    return {"claim": claim, **msgspec.to_builtins(decided)}
