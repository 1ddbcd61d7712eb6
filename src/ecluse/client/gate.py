"""Talk to the gate: sign in, check, look at one's own account, sign out.

async with httpx2.AsyncClient() as http:
    gate = GateClient("https://gate.example", http)
    await gate.login(gesture)
    reply = await gate.check_card(code, care_date=today, family=CareFamily.PHARMACY)
"""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import TYPE_CHECKING, TypeVar

import httpx2
import msgspec
from msgspec.json import Decoder

from ecluse.client import replies
from ecluse.client.device import DeviceKey
from ecluse.client.signing import signed_headers
from ecluse.errors import EcluseError
from ecluse.ids import nir
from ecluse.login import base64url, profile
from ecluse.login.challenge import TypedSubject, device_challenge, typed_challenge
from ecluse.login.keyid import KeyId


if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import date

    from ecluse.cover.family import CareFamily
    from ecluse.login.credential import AuthenticationResponse, RegistrationResponse

    Gesture = Callable[[bytes], Awaitable[AuthenticationResponse]]
    Creation = Callable[[dict[str, object]], Awaitable[RegistrationResponse]]

CHECK_ID_SIZE = 16
ATTEMPTS = 6
"""How often a check is sent when its answer is lost: the gate keeps an answer for 60 seconds, and
what died is replaced within a few."""
PAUSE = 0.5
"""Seconds before the second attempt; doubled before each further one."""

_Reply = TypeVar("_Reply")
_CHECKED: Decoder[replies.CheckReply] = Decoder(replies.CheckReply)


class GateError(EcluseError):
    """The gate did not do what was asked; `code` is its own word for why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class AnswerLostError(GateError):
    """The gate could not be reached, could not answer now, or its answer did not arrive."""

    def __init__(self) -> None:
        super().__init__("unreachable", "The gate does not answer.")


class Person(msgspec.Struct, frozen=True):
    """Who is asked about without a card, as printed on their documents.

    `nir` has 13 characters and its key, `birth_date` is YYYYMMDD, `amc` the insurer's number when
    it is known.
    """

    nir: str
    birth_date: str
    birth_rank: int = 1
    amc: str | None = None


class GateClient:
    """One device's conversation with the gate at `origin`.

    Attributes:
        device: The key that signs; a new one by default.
        keyid: What the gate calls it; known once `login` has returned.
    """

    def __init__(
        self,
        origin: str,
        http: httpx2.AsyncClient,
        *,
        device: DeviceKey | None = None,
        keyid: str = "",
    ) -> None:
        self.origin = origin
        self.device = device or DeviceKey.generate()
        self.keyid = keyid
        self._http = http

    async def enrol(self, finess: str, label: str, create: Creation) -> replies.Enrolled:
        """Ask to join with a new passkey; an officer then accepts its fingerprint.

        Args:
            finess: The organisation's number.
            label: How the organisation calls this counter.
            create: Makes the passkey from creation options, in a browser or by an authenticator.
        """
        begun = await self._post(
            "/v1/enrolments/begin",
            {"finess": finess, "label": label},
            Decoder(replies.EnrolmentBegun),
        )
        finish = {"ticket": begun.ticket, "credential": await create(begun.public_key)}
        return await self._post("/v1/enrolments/finish", finish, Decoder(replies.Enrolled))

    async def enrolment(self, fingerprint: str) -> replies.EnrolmentState:
        """Return whether an officer has accepted."""
        path = f"/v1/enrolments/{fingerprint}"
        return await self._send("GET", path, b"", {}, Decoder(replies.EnrolmentState))

    async def login(self, gesture: Gesture) -> replies.SignedIn:
        """Have a passkey vouch for this device; it then signs for at most twelve hours.

        Args:
            gesture: Signs a challenge with the passkey, the person verified.
        """
        begun = await self._post("/v1/login/begin", {}, Decoder(replies.LoginBegun))
        challenge = device_challenge(base64url.decode(begun.nonce), self.device.thumbprint)
        finish = {
            "nonce": begun.nonce,
            "device": self.device.jwk(),
            "assertion": await gesture(challenge),
        }
        self.keyid = KeyId(None, self.device.thumbprint).text()
        signed_in = await self._signed(
            "POST", "/v1/login/finish", finish, Decoder(replies.SignedIn)
        )
        self.keyid = signed_in.keyid
        return signed_in

    async def logout(self, *, everywhere: bool = False) -> replies.SignedOut:
        """Sign this device out, or every device of the account."""
        body = {"everywhere": everywhere}
        return await self._signed("POST", "/v1/logout", body, Decoder(replies.SignedOut))

    async def me(self) -> replies.Me:
        """Return the account's own state: budget left, lock, devices."""
        return await self._signed("GET", "/v1/me", None, Decoder(replies.Me))

    async def check_card(
        self, card: str, *, care_date: date, family: CareFamily
    ) -> replies.CheckReply:
        """Ask whether the bearer of a card is covered.

        Args:
            card: The card's code, as its reader types it.
            care_date: The day of care.
            family: The care family asked about.
        """
        check_id = base64url.encode(secrets.token_bytes(CHECK_ID_SIZE))
        return await self._check(
            {
                "check_id": check_id,
                "subject": {"kind": "card", "card": card},
                "care_date": care_date,
                "family": family,
                "gesture": None,
            }
        )

    async def check_person(
        self, person: Person, gesture: Gesture, *, care_date: date, family: CareFamily
    ) -> replies.CheckReply:
        """Ask whether a person without a card is covered; takes one gesture of the passkey.

        Args:
            person: Who is asked about.
            gesture: Signs the challenge that commits to this very check.
            care_date: The day of care.
            family: The care family asked about.

        Raises:
            IdentifierError: The NIR has not the form of one.
        """
        subject = TypedSubject(
            check_id=base64url.encode(secrets.token_bytes(CHECK_ID_SIZE)),
            nir13=nir.parse(person.nir),
            birth_date=person.birth_date,
            birth_rank=person.birth_rank,
            amc=person.amc,
            care_date=care_date.isoformat(),
            family=family,
            created=int(time.time()),
            keyid=self.keyid,
        )
        assertion = await gesture(typed_challenge(subject))
        return await self._check(
            {
                "check_id": subject.check_id,
                "subject": {"kind": "person", **msgspec.structs.asdict(person)},
                "care_date": subject.care_date,
                "family": family,
                "gesture": {"created": subject.created, "assertion": assertion},
            }
        )

    async def _check(self, body: dict[str, object]) -> replies.CheckReply:
        """Send a check, and again under its own id if the answer is lost on the way."""
        for attempt in range(1, ATTEMPTS):
            try:
                return await self._signed("POST", "/v1/checks", body, _CHECKED)
            except AnswerLostError:
                await asyncio.sleep(PAUSE * 2 ** (attempt - 1))
        return await self._signed("POST", "/v1/checks", body, _CHECKED)

    async def _signed(
        self, method: str, path: str, content: object, reply: Decoder[_Reply]
    ) -> _Reply:
        body = b"" if content is None else msgspec.json.encode(content)
        target = profile.target_uri(self.origin, path.encode("ascii"))
        headers = signed_headers(
            self.device,
            self.keyid,
            profile.Message(method, target, body),
            created=int(time.time()),
            nonce=secrets.token_bytes(profile.NONCE_SIZE),
        )
        return await self._send(method, path, body, headers, reply)

    async def _post(self, path: str, content: object, reply: Decoder[_Reply]) -> _Reply:
        headers = {"Content-Type": profile.CONTENT_TYPE}
        return await self._send("POST", path, msgspec.json.encode(content), headers, reply)

    async def _send(
        self, method: str, path: str, body: bytes, headers: dict[str, str], reply: Decoder[_Reply]
    ) -> _Reply:
        url = f"{self.origin}{path}"
        try:
            answer = await self._http.request(method, url, content=body, headers=headers)
        except httpx2.TransportError as error:
            raise AnswerLostError from error
        try:
            if answer.status_code == httpx2.codes.OK:
                return reply.decode(answer.content)
            if answer.status_code == httpx2.codes.SERVICE_UNAVAILABLE:
                raise AnswerLostError
            fault = msgspec.json.decode(answer.content, type=replies.Fault)
        except msgspec.DecodeError as error:
            raise GateError("unreadable", "The gate's answer cannot be read.") from error
        raise GateError(fault.error, fault.message)
