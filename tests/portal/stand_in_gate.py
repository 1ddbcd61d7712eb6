"""A gate for the pages to talk to: the real API and the real verifiers, answers from a table.

It keeps no ledger and meters nothing; what the pages send is verified as the gate verifies it.
"""

from __future__ import annotations

import os
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ecluse.cards import code, presentation
from ecluse.cards.grant import GrantError
from ecluse.cover.act import ActKind, Bill
from ecluse.cover.family import CareFamily
from ecluse.cover.guarantee import Applies
from ecluse.cover.package import CoverLine, CoverPackage
from ecluse.cover.price import price
from ecluse.errors import EcluseError
from ecluse.gate.body import parsed
from ecluse.gate.price_door import PriceBody, told
from ecluse.ids import nir
from ecluse.login import base64url, jwk, nonce, passkey, profile, signature, ticket
from ecluse.login.challenge import TypedSubject, enrolment_challenge
from ecluse.login.credential import (
    AuthenticationResponse,
    PasskeyError,
    RegistrationResponse,
)
from ecluse.login.fingerprint import fingerprint
from ecluse.login.keyid import KeyId


if TYPE_CHECKING:
    from starlette.requests import Request

ORGANISATION = {"name": "Pharmacie du Pont-Canal", "finess": "750000017"}
INSURER = {"amc": "75500017", "name": "Mutuelle des Bateliers"}
REFERENCE = base64url.encode(bytes(range(100, 116)))
COVER = {
    "family": "pharmacy",
    "package": {
        "handle": "A" * 22,
        "label_fr": "Formule Chemin de halage",
        "label_en": "Towpath plan",
    },
    "valid_from": "2026-11-23",
    "valid_to": None,
    "lines": [
        {"act_fr": "Médicaments à 65 %", "act_en": "Medicines at 65%", "basis": "100% BR"},
        {"act_fr": "Médicaments à 30 %", "act_en": "Medicines at 30%", "basis": "100% BR"},
        {"act_fr": "Vaccin contre la grippe", "act_en": "Flu vaccine", "basis": "12.50 EUR/year"},
    ],
}
PACKAGE = CoverPackage(
    "T",
    "T",
    "T",
    {
        CareFamily.PHARMACY: (
            CoverLine("Médicaments", "Medicines", "100% BR", Applies((ActKind.MEDICINE_MAJOR,))),
        )
    },
)
CARD_ANSWER = {
    "outcome": "covered",
    "lane": "card",
    "insurer": INSURER,
    "cover": COVER,
    "reference": REFERENCE,
    "receipt": {"position": 48_213, "checkpoint": "ecluse/demo/shard0"},
}
TYPED_ANSWER = {key: value for key, value in CARD_ANSWER.items() if key != "cover"} | {
    "lane": "typed"
}
NOT_COVERED = {"outcome": "not_covered", "lane": "card", "receipt": CARD_ANSWER["receipt"]}
REFUSED = {"outcome": "refused"}

COVERED_CARD = code.encode(b"a covered person")
EXPIRED_CARD = code.encode(b"no longer inside")
UNKNOWN_CARD = code.encode(b"nobody at all...")
COVERED_NIR = "255081416802538"


@dataclass
class Device:
    """A registered device."""

    account: bytes
    point: bytes


@dataclass
class StandInGate:
    """The gate's state, open to the tests."""

    pages_origin: str
    pipe_origin: str
    key: bytes = field(default_factory=lambda: os.urandom(32))
    #: Every request that arrived, as (method, path, body).
    heard: list[tuple[str, str, Any]] = field(default_factory=list)
    #: Statuses to answer the next checks with, instead of an answer: the network's bad days.
    failing: deque[int] = field(default_factory=deque)
    #: Claims are answered as by an operator that is down.
    away: bool = False
    passkeys: dict[bytes, passkey.Passkey] = field(default_factory=dict)
    enrolments: dict[str, str] = field(default_factory=dict)
    devices: dict[bytes, Device] = field(default_factory=dict)
    nonces: set[bytes] = field(default_factory=set)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: What `/v1/me` says beside the organisation.
    account: dict[str, Any] = field(default_factory=dict)
    #: Insurers whose feed is late, as `/v1/insurers` names them.
    late: list[dict[str, Any]] = field(default_factory=list)
    #: Whose passkeys sign in: a counter's, unless they are an officer's.
    organisation: dict[str, str] | None = field(default_factory=lambda: ORGANISATION)
    #: Grants that bind a phone.
    grants: set[str] = field(default_factory=set)

    @property
    def party(self) -> passkey.RelyingParty:
        """Whose passkeys are accepted."""
        return passkey.RelyingParty("localhost", self.pages_origin)

    def bodies(self, path: str) -> list[Any]:
        """Return the bodies that arrived at `path`, in order."""
        return [body for _, heard_path, body in self.heard if heard_path == path]

    def app(self) -> Starlette:
        """Return the HTTP application."""
        return Starlette(
            routes=[
                Route("/v1/enrolments/begin", self._enrol_begin, methods=["POST"]),
                Route("/v1/enrolments/finish", self._enrol_finish, methods=["POST"]),
                Route("/v1/enrolments/{fingerprint}", self._enrolment),
                Route("/v1/login/begin", self._login_begin, methods=["POST"]),
                Route("/v1/login/finish", self._login_finish, methods=["POST"]),
                Route("/v1/logout", self._logout, methods=["POST"]),
                Route("/v1/me", self._me),
                Route("/v1/insurers", self._insurers),
                Route("/v1/phones", self._phone, methods=["POST"]),
                Route("/v1/acts", self._acts),
                Route("/v1/prices", self._prices, methods=["POST"]),
                Route("/v1/quotes", self._quotes, methods=["POST"]),
                Route("/v1/claims", self._claims, methods=["POST"]),
                Route("/v1/checks", self._check, methods=["POST"]),
                Route("/v1/checks/{check_id}", self._again),
            ],
            exception_handlers={EcluseError: _refused},
        )

    async def _hear(self, request: Request) -> Any:  # noqa: ANN401 -- JSON is anything
        content = await request.body()
        body = msgspec.json.decode(content) if content else None
        self.heard.append((request.method, request.url.path, body))
        return body

    async def _signed(self, request: Request, point: bytes | None = None) -> signature.Verified:
        """Verify a request as the gate does; `point` is a key that the body itself brings."""
        stated = signature.parse(request.headers.raw)
        device = self.devices.get(stated.thumbprint)
        if device is None and point is None:
            raise DeviceExpiredError("This device is not registered.")
        target = profile.target_uri(
            self.pipe_origin, request.scope["raw_path"], request.scope["query_string"]
        )
        message = profile.Message(request.method, target, await request.body())
        public_key = point or (device.point if device else b"")
        proven = signature.verify(stated, message, public_key=public_key, now=time.time())
        if proven.nonce in self.nonces:
            raise ReplayedError("This request was seen before.")
        self.nonces.add(proven.nonce)
        return proven

    async def _enrol_begin(self, request: Request) -> Response:
        body = await self._hear(request)
        claims = ticket.Claims(os.urandom(16), body["finess"], body["label"])
        issued = ticket.issue(self.key, claims, time.time())
        options = passkey.creation_options(
            self.party,
            account=claims.account,
            label=claims.label,
            challenge=enrolment_challenge(issued),
        )
        return JSONResponse({"ticket": base64url.encode(issued), "public_key": options})

    async def _enrol_finish(self, request: Request) -> Response:
        body = await self._hear(request)
        issued = base64url.decode(body["ticket"])
        claims = ticket.read(self.key, issued, time.time())
        made = passkey.verify_registration(
            self.party,
            msgspec.convert(body["credential"], RegistrationResponse),
            account=claims.account,
            challenge=enrolment_challenge(issued),
        )
        self.passkeys[claims.account] = made
        mark = fingerprint(made.public_key)
        self.enrolments[mark] = "pending"
        return JSONResponse({"fingerprint": mark, "state": "pending"})

    async def _phone(self, request: Request) -> Response:
        body = await self._hear(request)
        await self._signed(request, jwk.to_point(msgspec.convert(body["device"], jwk.Jwk)))
        if body["grant"] in self.grants:
            return JSONResponse({"insurer": INSURER})
        raise GrantError("This grant was not given.")

    async def _enrolment(self, request: Request) -> Response:
        return JSONResponse({"state": self.enrolments[request.path_params["fingerprint"]]})

    async def _login_begin(self, request: Request) -> Response:
        await self._hear(request)
        issued = nonce.issue(self.key, entropy=os.urandom(16), now=time.time())
        return JSONResponse({"nonce": base64url.encode(issued), "expires_in": nonce.LIFETIME})

    async def _login_finish(self, request: Request) -> Response:
        body = await self._hear(request)
        point = jwk.to_point(msgspec.convert(body["device"], jwk.Jwk))
        proven = await self._signed(request, point)
        issued = base64url.decode(body["nonce"])
        nonce.check(self.key, issued, time.time())
        answer = msgspec.convert(body["assertion"], AuthenticationResponse)
        account = answer.account() or b""
        if account not in self.passkeys:
            raise PasskeyError("This passkey is not known.")
        passkey.verify_device_assertion(
            self.party,
            answer,
            self.passkeys[account],
            nonce=issued,
            thumbprint=proven.thumbprint,
        )
        self.devices[proven.thumbprint] = Device(account, point)
        keyid = KeyId(account, proven.thumbprint).text()
        return JSONResponse(
            {
                "keyid": keyid,
                "organisation": self.organisation,
                "label": "Comptoir 2",
                "role": "professional" if self.organisation else "security",
                "expires_at": _later(hours=12),
            }
        )

    async def _logout(self, request: Request) -> Response:
        await self._hear(request)
        proven = await self._signed(request)
        del self.devices[proven.thumbprint]
        return JSONResponse({"devices": 1})

    async def _me(self, request: Request) -> Response:
        await self._hear(request)
        await self._signed(request)
        devices = [{"registered_at": _later(), "expires_at": _later(hours=12), "this": True}]
        facts = {
            "organisation": ORGANISATION,
            "label": "Comptoir 2",
            "locked": None,
            "probation_until": None,
            "typed": {"day": {"left": 7, "cap": 10}, "hour": {"left": 1, "cap": 4}},
            "card": {"day": {"left": 588, "cap": 600}},
            "known": {"day": {"left": 29, "cap": 30}},
            "organisation_today": {"card": 41, "known": 3, "typed": 5},
            "devices": devices,
            "expires_at": _later(hours=12),
        }
        return JSONResponse(facts | self.account)

    async def _insurers(self, request: Request) -> Response:
        await self._hear(request)
        await self._signed(request)
        told = [{**INSURER, "since": "2026-01-01", "fed_at": _later(), "late": False}]
        return JSONResponse({"insurers": told + self.late})

    async def _acts(self, request: Request) -> Response:
        await self._signed(request)
        acts = [{"kind": "medicine_major", "fr": "médicament à 65 %", "en": "medicine at 65%"}]
        return JSONResponse({"families": {"everyday": acts, "pharmacy": acts}})

    async def _prices(self, request: Request) -> Response:
        await self._signed(request)
        await self._hear(request)
        asked = parsed(await request.body(), PriceBody)
        priced = told(price(Bill(asked.care_date, asked.acts), [PACKAGE] * len(asked.payers)))
        return Response(msgspec.json.encode(priced), media_type="application/json")

    async def _quotes(self, request: Request) -> Response:
        await self._signed(request)
        body = await self._hear(request)
        return JSONResponse(
            {"outcome": "quoted", "quote": body["quote"], "guaranteed_until": "2027-01-15"}
        )

    async def _claims(self, request: Request) -> Response:
        await self._signed(request)
        body = await self._hear(request)
        if self.away:
            return JSONResponse({"error": "unavailable"}, 503)
        return JSONResponse(
            {
                "claims": [
                    {"claim": each["claim"], "outcome": "accepted", "reason": None}
                    for each in body["claims"]
                ]
            }
        )

    async def _check(self, request: Request) -> Response:
        body = await self._hear(request)
        proven = await self._signed(request)
        if self.failing:
            status = self.failing.popleft()
            return JSONResponse({"error": _FAILURES[status], "message": "Not now."}, status)
        if body["subject"]["kind"] == "person":
            self._verify_gesture(body, KeyId(proven.account, proven.thumbprint).text())
        return JSONResponse(self.answers.setdefault(body["check_id"], _answer(body["subject"])))

    async def _again(self, request: Request) -> Response:
        await self._hear(request)
        await self._signed(request)
        answer = self.answers.get(request.path_params["check_id"])
        if answer is None:
            return JSONResponse({"error": "no_answer", "message": "None."}, 404)
        return JSONResponse(answer)

    def _verify_gesture(self, body: dict[str, Any], keyid: str) -> None:
        subject, gesture = body["subject"], body["gesture"]
        answer = msgspec.convert(gesture["assertion"], AuthenticationResponse)
        passkey.verify_gesture(
            self.party,
            answer,
            self.passkeys[answer.account() or b""],
            agreed=TypedSubject(
                check_id=body["check_id"],
                nir13=nir.parse(subject["nir"]),
                birth_date=subject["birth_date"],
                birth_rank=subject["birth_rank"],
                amc=subject["amc"],
                care_date=body["care_date"],
                family=body["family"],
                created=gesture["created"],
                keyid=keyid,
            ),
            now=time.time(),
        )


class DeviceExpiredError(EcluseError):
    """The device's registration ended."""


class ReplayedError(EcluseError):
    """The nonce was seen before."""


def _answer(subject: dict[str, Any]) -> dict[str, Any]:
    if subject["kind"] == "person":
        return TYPED_ANSWER if subject["nir"] == COVERED_NIR else REFUSED
    if subject["kind"] == "reference":
        known = {**TYPED_ANSWER, "lane": "known"}
        return known if subject["reference"] == REFERENCE else REFUSED
    if subject["kind"] == "phone":
        shown = presentation.parse(presentation.decode(subject["code"]))
        return CARD_ANSWER if shown.holds(ORGANISATION["finess"], time.time()) else REFUSED
    return {COVERED_CARD: CARD_ANSWER, EXPIRED_CARD: NOT_COVERED}.get(subject["card"], REFUSED)


def _later(hours: int = 0) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


_CODES: dict[type[Exception], str] = {
    DeviceExpiredError: "device_expired",
    ReplayedError: "replayed",
    PasskeyError: "gesture",
    GrantError: "grant",
}


_FAILURES = {429: "busy", 503: "unavailable"}


async def _refused(_request: Request, error: Exception) -> Response:
    known = _CODES.get(type(error), "signature")
    return JSONResponse({"error": known, "message": str(error)}, 401)
