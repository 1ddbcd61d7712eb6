"""Joining, signing in and out: `/v1/enrolments`, `/v1/login`, `/v1/logout`.

Nothing here hands out anything that could be stolen: no session, no token, no code. A passkey
vouches for a device's key; from then on the device signs.
"""

from __future__ import annotations

import hashlib
import os
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import msgspec

from ecluse.gate import replies
from ecluse.gate.body import from_base64url, parsed
from ecluse.gate.caller import prove_possession
from ecluse.gate.pipeline import ReplayedError
from ecluse.gate.rows import spend_nonces
from ecluse.gate.start import note
from ecluse.ledger.entry import EnrolmentAsked, Login, Logout
from ecluse.login import accounts, base64url, devices, enrolment, jwk, passkey, ticket
from ecluse.login import nonce as login_nonce
from ecluse.login.challenge import enrolment_challenge
from ecluse.login.credential import AuthenticationResponse, PasskeyError, RegistrationResponse
from ecluse.login.keyid import KeyId
from ecluse.login.roles import AccountRole


if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ecluse.gate.caller import Callers
    from ecluse.gate.gate import Gate


class JoinBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /v1/enrolments/begin`."""

    label: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    finess: Annotated[str, msgspec.Meta(max_length=16)] | None = None
    role: AccountRole = AccountRole.PROFESSIONAL
    amc: Annotated[str, msgspec.Meta(max_length=16)] | None = None


class JoinedBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /v1/enrolments/finish`."""

    ticket: str
    credential: RegistrationResponse


class LoginBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /v1/login/finish`."""

    nonce: str
    device: jwk.Jwk
    assertion: AuthenticationResponse


class LogoutBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /v1/logout`."""

    everywhere: bool = False


class LoginDoor:
    """What a professional's browser needs before its first check."""

    def __init__(self, gate: Gate, callers: Callers) -> None:
        self._gate = gate
        self._callers = callers

    async def join(self, request: Request) -> Response:
        """Give the options for a new passkey."""
        body = parsed(await replies.body_of(request), JoinBody)
        claims = enrolment.claim(
            os.urandom(16), body.label, body.role, finess=body.finess, amc=body.amc
        )
        issued = ticket.issue(self._gate.stamp_key, claims, time.time())
        options = passkey.creation_options(
            self._gate.config.party,
            account=claims.account,
            label=claims.label,
            challenge=enrolment_challenge(issued),
        )
        return replies.json({"ticket": base64url.encode(issued), "public_key": options})

    async def joined(self, request: Request) -> Response:
        """Keep a new passkey until an officer accepts its fingerprint."""
        body = parsed(await replies.body_of(request), JoinedBody)
        issued = from_base64url(body.ticket)
        claims = ticket.read(self._gate.stamp_key, issued, time.time())
        made = passkey.verify_registration(
            self._gate.config.party,
            body.credential,
            account=claims.account,
            challenge=enrolment_challenge(issued),
        )
        now = datetime.now(UTC)
        async with self._gate.pool.acquire() as connection, connection.transaction():
            mark = await enrolment.ask(connection, claims, made, now)
            event = EnrolmentAsked(
                at=now,
                fingerprint=mark,
                finess=claims.finess or "",
                credential=_sha256(made.credential),
                role=claims.role,
                amc=claims.amc or "",
            )
            await note(connection, self._gate.journal, event)
        return replies.json({"fingerprint": mark, "state": enrolment.State.PENDING})

    async def state(self, request: Request) -> Response:
        """Tell where an enrolment stands."""
        async with self._gate.pool.acquire() as connection:
            state = await enrolment.state(connection, request.path_params["fingerprint"])
        if state is None:
            return replies.json({"error": "unknown", "message": "No such enrolment."}, 404)
        return replies.json({"state": state})

    async def begin(self, request: Request) -> Response:
        """Give a nonce for signing in."""
        await replies.body_of(request)
        issued = login_nonce.issue(
            self._gate.stamp_key, entropy=os.urandom(login_nonce.ENTROPY_SIZE), now=time.time()
        )
        return replies.json({"nonce": base64url.encode(issued), "expires_in": login_nonce.LIFETIME})

    async def finish(self, request: Request) -> Response:
        """Register the device that a passkey vouches for."""
        raw = await replies.body_of(request)
        body = parsed(raw, LoginBody)
        point = jwk.to_point(body.device)
        signed = prove_possession(request, raw, point, self._gate.config.public_origin)
        thumbprint = signed.thumbprint
        issued = from_base64url(body.nonce)
        login_nonce.check(self._gate.stamp_key, issued, time.time())
        account = body.assertion.account()
        if account is None:
            raise PasskeyError("The passkey did not name its account.", hint="Enrol a new passkey.")
        now = datetime.now(UTC)
        async with self._gate.pool.acquire() as connection, connection.transaction():
            owner = await accounts.load(connection, account)
            known = await accounts.load_passkey(connection, account, body.assertion.credential())
            if owner is None or known is None:
                raise PasskeyError(
                    "This passkey is not enrolled here.", hint="Ask your organisation to enrol it."
                )
            count = passkey.verify_device_assertion(
                self._gate.config.party, body.assertion, known, nonce=issued, thumbprint=thumbprint
            )
            await accounts.advance_counter(connection, known, count)
            expiry = datetime.fromtimestamp(signed.expires + 60, UTC)
            if not await spend_nonces(connection, [(account, signed.nonce, expiry)]):
                raise ReplayedError("This request was sent before.")
            lifetime = timedelta(hours=self._gate.config.policy.registration_hours)
            device = devices.Device(
                account, thumbprint, point, known.credential, now, now + lifetime
            )
            await devices.register(connection, device, lifetime=lifetime)
            event = Login(
                at=now, account=account, device=thumbprint, credential=_sha256(known.credential)
            )
            await note(connection, self._gate.journal, event)
        return replies.json(
            {
                "keyid": KeyId(account, thumbprint).text(),
                "organisation": owner.place,
                "label": owner.label,
                "role": owner.role,
                "expires_at": device.expires_at,
            }
        )

    async def logout(self, request: Request) -> Response:
        """End this device's registration, or all of the account's."""
        raw = await replies.body_of(request)
        caller = await self._callers.identify(request, raw)
        body = parsed(raw, LogoutBody)
        await self._gate.spend(caller)
        now = datetime.now(UTC)
        async with self._gate.pool.acquire() as connection, connection.transaction():
            ended = (
                await devices.revoke_all(connection, caller.account, now)
                if body.everywhere
                else await devices.revoke(connection, caller.account, caller.thumbprint, now)
            )
            event = Logout(at=now, account=caller.account, device=caller.thumbprint, devices=ended)
            await note(connection, self._gate.journal, event)
        self._callers.forget(caller)
        return replies.json({"devices": ended})


def _sha256(credential: bytes) -> bytes:
    return hashlib.sha256(credential).digest()
