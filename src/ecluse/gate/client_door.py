"""Practice software: how its key joins, and how it puts another one in its place."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import msgspec

from ecluse.gate import replies
from ecluse.gate.body import from_base64url, parsed
from ecluse.gate.caller import prove_possession
from ecluse.gate.start import note
from ecluse.ids import finess
from ecluse.ledger.entry import ClientRotated, EnrolmentAsked
from ecluse.login import clients, enrolment, jwk
from ecluse.login.keyid import KeyId
from ecluse.login.roles import AccountRole


if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ecluse.gate.caller import Caller, Callers
    from ecluse.gate.gate import Gate


class JoinBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /v1/enrolments/client`."""

    finess: Annotated[str, msgspec.Meta(max_length=16)]
    label: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    device: jwk.Jwk


class RotateBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /v1/client/rotate`."""

    device: jwk.Jwk
    proof: Annotated[str, msgspec.Meta(max_length=86)]
    """The next key's signature of `login.clients.statement`, 64 bytes."""


class ClientDoor:
    """Takes a client's keys: the first for an officer to accept, the next by the one before."""

    def __init__(self, gate: Gate, callers: Callers) -> None:
        self._gate = gate
        self._callers = callers

    async def join(self, request: Request) -> Response:
        """Keep a key, which signed this request itself, until an officer accepts it.

        Sent again it is refused, since its fingerprint is there: no nonce has to be spent.
        """
        raw = await replies.body_of(request)
        body = parsed(raw, JoinBody)
        point = jwk.to_point(body.device)
        signed = prove_possession(request, raw, point, self._gate.config.public_origin)
        number, now = finess.parse(body.finess), datetime.now(UTC)
        async with self._gate.pool.acquire() as connection, connection.transaction():
            mark = await enrolment.ask_client(connection, number, body.label, point, now)
            event = EnrolmentAsked(
                at=now,
                fingerprint=mark,
                finess=number,
                credential=hashlib.sha256(signed.thumbprint).digest(),
                role=AccountRole.CLIENT,
            )
            await note(connection, self._gate.journal, event)
        return replies.json({"fingerprint": mark, "state": enrolment.State.PENDING})

    async def rotate(self, request: Request) -> Response:
        """Let the next key follow the one that signed this request."""
        raw = await replies.body_of(request)
        caller = await self._callers.identify(request, raw)
        if caller.role is not AccountRole.CLIENT:
            raise clients.NotAClientError(
                "Only practice software has a key that it can replace.",
                hint="A device's key ends by itself; sign in again for a new one.",
            )
        body = parsed(raw, RotateBody)
        point = jwk.to_point(body.device)
        clients.verify_statement(
            caller.account, caller.thumbprint, point, from_base64url(body.proof)
        )
        await self._gate.spend(caller)
        rotated = await self._rotate(caller, point)
        self._callers.forget(caller)
        return replies.json(
            {
                "keyid": KeyId(caller.account, rotated.key.thumbprint).text(),
                "expires_at": rotated.key.expires_at,
                "before_ends_at": rotated.before_ends_at,
            }
        )

    async def _rotate(self, caller: Caller, point: bytes) -> clients.Rotated:
        terms, now = self._gate.config.policy.client, datetime.now(UTC)
        async with self._gate.pool.acquire() as connection, connection.transaction():
            rotated = await clients.rotate(
                connection,
                caller.account,
                caller.thumbprint,
                point,
                now,
                lifetime=timedelta(days=terms.key_days),
                overlap=timedelta(minutes=terms.overlap_minutes),
            )
            if not rotated.again:
                event = ClientRotated(
                    at=now,
                    account=caller.account,
                    device=caller.thumbprint,
                    following=rotated.key.thumbprint,
                    ends_at=rotated.before_ends_at,
                )
                await note(connection, self._gate.journal, event)
        return rotated
