"""A member's phone: bound to their card on the insurer's word, and unbound (`/v1/phones`)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import msgspec

from ecluse.cards import code, grant
from ecluse.cards.grant import GrantError
from ecluse.cards.presentation import compressed
from ecluse.errors import EcluseError
from ecluse.gate import replies
from ecluse.gate.body import from_base64url, parsed
from ecluse.gate.caller import prove_possession
from ecluse.gate.request import InvalidSubjectError
from ecluse.gate.start import note
from ecluse.ledger.entry import PhoneEnded, PhoneEnrolled
from ecluse.login import jwk


if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ecluse.gate.gate import Gate
    from ecluse.keyring.messages import PhoneGranted
    from ecluse.store.connection import Connection


Word = Annotated[str, msgspec.Meta(max_length=700)]
"""What `cards.grant.signed` returns, as base64url."""

# A grant counts once. It outlives its own time in the table of nonces, like any signature's.
_SPEND = """
INSERT INTO nonce (account, nonce, expires_at)
VALUES ($1, $2, clock_timestamp() + $3 * interval '1 second') ON CONFLICT DO NOTHING RETURNING true
"""
_BOUND = "SELECT true FROM phone_pointer WHERE idx = $1 AND granted = $2"
_REPLACE = "DELETE FROM phone_pointer WHERE card = $1 OR idx = $2 RETURNING idx, insurer"
_BIND = (
    "INSERT INTO phone_pointer (idx, card, insurer, sealed, granted) VALUES ($1, $2, $3, $4, $5)"
)
_END = "DELETE FROM phone_pointer WHERE idx = $1 RETURNING true"


class EnrolBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /v1/phones`, signed by the phone's own key."""

    device: jwk.Jwk
    card: Annotated[str, msgspec.Meta(max_length=80)]
    grant: Word


class EndBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /v1/phones/end`. The insurer's word signs for itself."""

    end: Word


class PhoneDoor:
    """Takes what insurers say of phones; who may present a card is the keyring's to know."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def enrol(self, request: Request) -> Response:
        """Have the phone that signed this request stand for a card.

        The same grant again is answered alike while its phone is bound, for an answer may be lost,
        and refused afterwards: no nonce has to be spent.
        """
        raw = await replies.body_of(request)
        body = parsed(raw, EnrolBody)
        point = jwk.to_point(body.device)
        prove_possession(request, raw, point, self._gate.config.public_origin)
        word = from_base64url(body.grant)
        try:
            card = code.decode(body.card)
        except EcluseError as error:
            raise InvalidSubjectError(error.problem, hint=error.hint) from None
        async with self._gate.pool.acquire() as connection:
            granted = await self._gate.keyring.enrol_phone(word, compressed(point), card)
            async with connection.transaction():
                await self._bind(connection, granted, grant.mark(word))
        insurer = await self._gate.catalogue.insurer(self._gate.pool, granted.insurer)
        return replies.json({"insurer": insurer})

    async def _bind(self, connection: Connection, granted: PhoneGranted, mark: bytes) -> None:
        terms = mark[:16], mark[16:], grant.LIFETIME + 2 * grant.SKEW
        if not await connection.fetchval(_SPEND, *terms):
            if not await connection.fetchval(_BOUND, granted.idx, mark):
                raise GrantError(
                    "This grant was used before.", hint="Ask your insurer for another one."
                )
            return
        now = datetime.now(UTC)
        for idx, insurer in await connection.fetch(_REPLACE, granted.card, granted.idx):
            ended = PhoneEnded(at=now, idx=idx, insurer=insurer, reason="replaced")
            await note(connection, self._gate.journal, ended)
        row = granted.idx, granted.card, granted.insurer, granted.sealed, mark
        await connection.execute(_BIND, *row)
        event = PhoneEnrolled(
            at=now,
            idx=granted.idx,
            subject=granted.subject,
            insurer=granted.insurer,
            grant=mark,
        )
        await note(connection, self._gate.journal, event)

    async def end(self, request: Request) -> Response:
        """End a phone on its insurer's word, whoever brings it."""
        body = parsed(await replies.body_of(request), EndBody)
        word = from_base64url(body.end)
        async with self._gate.pool.acquire() as connection:
            told = await self._gate.keyring.end_phone(word)
            async with connection.transaction():
                ended = bool(await connection.fetchval(_END, told.idx))
                if ended:
                    event = PhoneEnded(
                        at=datetime.now(UTC),
                        idx=told.idx,
                        insurer=told.insurer,
                        reason="insurer",
                    )
                    await note(connection, self._gate.journal, event)
        return replies.json({"ended": ended})
