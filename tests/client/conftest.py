"""The other end of the client's conversation, in this process.

It verifies what it is sent with the gate's own verifiers and answers from a table: what is tested
here is what the client sends and how it reads replies. The gate itself has its own tests.
"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import msgspec
import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from ecluse.errors import EcluseError
from ecluse.ids import nir
from ecluse.login import base64url, fingerprint, jwk, nonce, passkey, profile, signature, ticket
from ecluse.login.challenge import TypedSubject, enrolment_challenge
from ecluse.login.credential import AuthenticationResponse, RegistrationResponse
from ecluse.login.keyid import KeyId


if TYPE_CHECKING:
    from starlette.requests import Request

ORIGIN = "http://gate.test"
PARTY = passkey.RelyingParty("localhost", "http://localhost:8470")
LATER = datetime(2026, 11, 23, 21, 0, tzinfo=UTC)


class OtherEnd:
    """What arrived, and what the next check is answered with."""

    def __init__(self) -> None:
        self.key = os.urandom(32)
        self.passkeys: dict[bytes, passkey.Passkey] = {}
        self.devices: dict[bytes, bytes] = {}
        self.nonces: list[bytes] = []
        self.checks: list[dict[str, Any]] = []
        self.reply: object = {"outcome": "refused"}
        self.status = 200
        self.lost = 0

    def client(self) -> httpx2.AsyncClient:
        """Return an HTTP client that reaches nothing but this."""
        routes = [
            Route("/v1/enrolments/begin", self._enrol_begin, methods=["POST"]),
            Route("/v1/enrolments/finish", self._enrol_finish, methods=["POST"]),
            Route("/v1/enrolments/{mark}", self._enrolment),
            Route("/v1/login/begin", self._login_begin, methods=["POST"]),
            Route("/v1/login/finish", self._login_finish, methods=["POST"]),
            Route("/v1/logout", self._logout, methods=["POST"]),
            Route("/v1/me", self._me),
            Route("/v1/checks", self._check, methods=["POST"]),
        ]
        app = Starlette(routes=routes, exception_handlers={EcluseError: _refusal})
        return httpx2.AsyncClient(transport=_Losing(self, httpx2.ASGITransport(app)))

    async def _enrol_begin(self, request: Request) -> Response:
        asked = msgspec.json.decode(await request.body())
        claims = ticket.Claims(os.urandom(16), asked["finess"], asked["label"])
        issued = ticket.issue(self.key, claims, time.time())
        options = passkey.creation_options(
            PARTY,
            account=claims.account,
            label=claims.label,
            challenge=enrolment_challenge(issued),
        )
        return _json({"ticket": base64url.encode(issued), "public_key": options})

    async def _enrol_finish(self, request: Request) -> Response:
        asked = msgspec.json.decode(await request.body())
        issued = base64url.decode(asked["ticket"])
        account = ticket.read(self.key, issued, time.time()).account
        made = passkey.verify_registration(
            PARTY,
            msgspec.convert(asked["credential"], RegistrationResponse),
            account=account,
            challenge=enrolment_challenge(issued),
        )
        self.passkeys[account] = made
        return _json({"fingerprint": fingerprint.fingerprint(made.public_key), "state": "pending"})

    async def _enrolment(self, request: Request) -> Response:
        marks = {fingerprint.fingerprint(one.public_key) for one in self.passkeys.values()}
        known = request.path_params["mark"] in marks
        return _json({"state": "accepted" if known else "refused"})

    async def _login_begin(self, _: Request) -> Response:
        issued = nonce.issue(self.key, entropy=os.urandom(16), now=time.time())
        return _json({"nonce": base64url.encode(issued), "expires_in": nonce.LIFETIME})

    async def _login_finish(self, request: Request) -> Response:
        asked = msgspec.json.decode(await request.body())
        point = jwk.to_point(msgspec.convert(asked["device"], jwk.Jwk))
        proven = await self._proven(request, point)
        assert proven.account is None
        answer = msgspec.convert(asked["assertion"], AuthenticationResponse)
        account = answer.account()
        assert account is not None
        issued = base64url.decode(asked["nonce"])
        nonce.check(self.key, issued, time.time())
        passkey.verify_device_assertion(
            PARTY, answer, self.passkeys[account], nonce=issued, thumbprint=proven.thumbprint
        )
        self.devices[account + proven.thumbprint] = point
        return _json(
            {
                "keyid": KeyId(account, proven.thumbprint).text(),
                "organisation": {"name": "Pharmacie du Pont", "finess": "010000016"},
                "label": "Comptoir 1",
                "expires_at": LATER,
            }
        )

    async def _logout(self, request: Request) -> Response:
        await self._proven(request)
        everywhere = msgspec.json.decode(await request.body())["everywhere"]
        return _json({"devices": len(self.devices) if everywhere else 1})

    async def _me(self, request: Request) -> Response:
        await self._proven(request)
        return _json(
            {
                "organisation": {"name": "Pharmacie du Pont", "finess": "010000016"},
                "label": "Comptoir 1",
                "locked": None,
                "probation_until": LATER,
                "typed": {"day": {"left": 3, "cap": 3}, "hour": {"left": 1, "cap": 1}},
                "card": {"day": {"left": 590, "cap": 600}},
                "known": {"day": {"left": 29, "cap": 30}},
                "organisation_today": {"card": 41, "known": 3, "typed": 5},
                "devices": [
                    {
                        "registered_at": LATER - timedelta(hours=12),
                        "expires_at": LATER,
                        "this": True,
                    }
                ],
                "expires_at": LATER,
            }
        )

    async def _check(self, request: Request) -> Response:
        proven = await self._proven(request)
        asked = msgspec.json.decode(await request.body())
        self.checks.append(asked)
        if asked["gesture"]:
            self._agreed(asked, KeyId(proven.account, proven.thumbprint).text())
        return _json(self.reply, self.status)

    def _agreed(self, asked: dict[str, Any], keyid: str) -> None:
        person, gesture = asked["subject"], asked["gesture"]
        answer = msgspec.convert(gesture["assertion"], AuthenticationResponse)
        subject = TypedSubject(
            check_id=asked["check_id"],
            nir13=nir.parse(person["nir"]),
            birth_date=person["birth_date"],
            birth_rank=person["birth_rank"],
            amc=person["amc"],
            care_date=asked["care_date"],
            family=asked["family"],
            created=gesture["created"],
            keyid=keyid,
        )
        kept = self.passkeys[answer.account() or b""]
        passkey.verify_gesture(PARTY, answer, kept, agreed=subject, now=time.time())

    async def _proven(self, request: Request, point: bytes | None = None) -> signature.Verified:
        signed = signature.parse(request.headers.raw)
        key = point or self.devices[(signed.account or b"") + signed.thumbprint]
        target = profile.target_uri(ORIGIN, request.scope["raw_path"])
        message = profile.Message(request.method, target, await request.body())
        proven = signature.verify(signed, message, public_key=key, now=time.time())
        assert proven.nonce not in self.nonces
        self.nonces.append(proven.nonce)
        return proven


class _Losing(httpx2.AsyncBaseTransport):
    """Delivers every request, and loses the answers to as many as `lost` says."""

    def __init__(self, end: OtherEnd, inner: httpx2.AsyncBaseTransport) -> None:
        self._end = end
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self._inner.handle_async_request(request)
        if self._end.lost:
            self._end.lost -= 1
            raise httpx2.ReadTimeout("lost on the way", request=request)
        return answer


def _json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")


async def _refusal(_: Request, error: Exception) -> Response:
    return _json({"error": "signature", "message": str(error)}, 401)


@pytest.fixture
def end() -> OtherEnd:
    """Return a fresh other end."""
    return OtherEnd()
