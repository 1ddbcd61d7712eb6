"""Talk to the gate: sign in, check, look at one's own account, sign out.

async with httpx2.AsyncClient() as http:
    gate = GateClient("https://gate.example", http)
    await gate.login(gesture)
    reply = await gate.check_card(code, care_date=today, family=CareFamily.PHARMACY)
"""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec.json import Decoder

from ecluse.client import replies
from ecluse.client.device import DeviceKey
from ecluse.client.exchange import (
    CHECK_ID_SIZE,
    AnswerLostError,
    GateError,
    Speaker,
    Steps,
    check_body,
    converse_async,
    price_body,
    quote_body,
)
from ecluse.ids import nir
from ecluse.login import base64url
from ecluse.login.challenge import TypedSubject, device_challenge, gesture_challenge
from ecluse.login.keyid import KeyId
from ecluse.settle.statement import Statement


if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import date

    import httpx2

    from ecluse.cover.act import Bill
    from ecluse.cover.family import CareFamily
    from ecluse.login.credential import AuthenticationResponse, RegistrationResponse

    Gesture = Callable[[bytes], Awaitable[AuthenticationResponse]]
    Creation = Callable[[dict[str, object]], Awaitable[RegistrationResponse]]

__all__ = ["AnswerLostError", "GateClient", "GateError", "Person"]

T = TypeVar("T")


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
    """One device's conversation with the gate at `origin`."""

    def __init__(
        self,
        origin: str,
        http: httpx2.AsyncClient,
        *,
        device: DeviceKey | None = None,
        keyid: str = "",
    ) -> None:
        self._speaker = Speaker(origin, device or DeviceKey.generate(), keyid)
        self._http = http

    @property
    def origin(self) -> str:
        """Where the gate is."""
        return self._speaker.origin

    @property
    def device(self) -> DeviceKey:
        """The key that signs; a new one by default."""
        return self._speaker.device

    @property
    def keyid(self) -> str:
        """What the gate calls the device; known once `login` has returned."""
        return self._speaker.keyid

    async def enrol(self, finess: str, label: str, create: Creation) -> replies.Enrolled:
        """Ask to join with a new passkey; an officer then accepts its fingerprint.

        Args:
            finess: The organisation's number.
            label: How the organisation calls this counter.
            create: Makes the passkey from creation options, in a browser or by an authenticator.
        """
        return await self._enrol({"finess": finess, "label": label}, create)

    async def _enrol(self, asked: dict[str, str | None], create: Creation) -> replies.Enrolled:
        begun = await self._plain(
            "POST", "/v1/enrolments/begin", asked, Decoder(replies.EnrolmentBegun)
        )
        finish = {"ticket": begun.ticket, "credential": await create(begun.public_key)}
        return await self._plain("POST", "/v1/enrolments/finish", finish, Decoder(replies.Enrolled))

    async def enrolment(self, fingerprint: str) -> replies.EnrolmentState:
        """Return whether an officer has accepted."""
        path = f"/v1/enrolments/{fingerprint}"
        return await self._plain("GET", path, None, Decoder(replies.EnrolmentState))

    async def login(self, gesture: Gesture) -> replies.SignedIn:
        """Have a passkey vouch for this device; it then signs for at most twelve hours.

        Args:
            gesture: Signs a challenge with the passkey, the person verified.
        """
        begun = await self._plain("POST", "/v1/login/begin", {}, Decoder(replies.LoginBegun))
        challenge = device_challenge(base64url.decode(begun.nonce), self.device.thumbprint)
        finish = {
            "nonce": begun.nonce,
            "device": self.device.jwk(),
            "assertion": await gesture(challenge),
        }
        self._speaker.keyid = KeyId(None, self.device.thumbprint).text()
        signed_in = await self._signed(
            "POST", "/v1/login/finish", finish, Decoder(replies.SignedIn)
        )
        self._speaker.keyid = signed_in.keyid
        return signed_in

    async def logout(self, *, everywhere: bool = False) -> replies.SignedOut:
        """Sign this device out, or every device of the account."""
        body = {"everywhere": everywhere}
        return await self._signed("POST", "/v1/logout", body, Decoder(replies.SignedOut))

    async def me(self) -> replies.Me:
        """Return the account's own state: budget left, lock, devices."""
        return await self._signed("GET", "/v1/me", None, Decoder(replies.Me))

    async def insurers(self) -> list[replies.ListedInsurer]:
        """Return the insurers whose members can be checked, and whether their feeds are late."""
        told = await self._signed("GET", "/v1/insurers", None, Decoder(replies.Insurers))
        return told.insurers

    async def check_card(
        self, card: str, *, care_date: date, family: CareFamily
    ) -> replies.CheckReply:
        """Ask whether the bearer of a card is covered.

        Args:
            card: The card's code, as its reader types it.
            care_date: The day of care.
            family: The care family asked about.
        """
        body = check_body({"kind": "card", "card": card}, care_date, family)
        return await self._talk(self._speaker.check(body))

    async def check_phone(
        self, code: str, *, care_date: date, family: CareFamily
    ) -> replies.CheckReply:
        """Ask whether the bearer of a phone is covered.

        Args:
            code: What the phone shows, as a reader types it.
            care_date: The day of care.
            family: The care family asked about.
        """
        body = check_body({"kind": "phone", "code": code}, care_date, family)
        return await self._talk(self._speaker.check(body))

    async def check_reference(
        self, reference: str, *, care_date: date, family: CareFamily
    ) -> replies.CheckReply:
        """Ask whether a patient whom the organisation knows is covered.

        Args:
            reference: A settlement reference that this organisation got when the card was there.
            care_date: The day of care.
            family: The care family asked about.
        """
        body = check_body({"kind": "reference", "reference": reference}, care_date, family)
        return await self._talk(self._speaker.check(body))

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
        assertion = await gesture(gesture_challenge(subject))
        body: dict[str, object] = {
            "check_id": subject.check_id,
            "subject": {"kind": "person", **msgspec.structs.asdict(person)},
            "care_date": subject.care_date,
            "family": family,
            "gesture": {"created": subject.created, "assertion": assertion},
        }
        return await self._talk(self._speaker.check(body))

    async def price(self, bill: Bill, answer: replies.Covered) -> replies.Priced:
        """Return what a bill costs under the covers that a card's answer told of, and why.

        It is about packages and about nobody: nothing is disclosed or spent by it.
        """
        body = price_body(bill, answer)
        return await self._signed("POST", "/v1/prices", body, Decoder(replies.Priced))

    async def quote(self, reference: str, bill: Bill) -> replies.Quoted | replies.NotQuoted:
        """Return the price of a check's care, and until when what insurers pay is guaranteed."""
        body = quote_body(reference, bill)
        told = Decoder(replies.Quoted | replies.NotQuoted)
        return await self._signed("POST", "/v1/quotes", body, told)

    async def claim(self, *claims: dict[str, object]) -> list[replies.ClaimReply]:
        """Send claims (`client.exchange.claim_body`), a hundred at most; return what became of each."""
        body = {"claims": claims}
        told = await self._signed("POST", "/v1/claims", body, Decoder(replies.ClaimReplies))
        return told.claims

    async def statement(self, since: date, until: date) -> Statement:
        """Return what is owed for the claims that were taken in a period."""
        path = f"/v1/statement?since={since}&until={until}"
        return await self._signed("GET", path, None, Decoder(Statement))

    async def _signed(self, method: str, path: str, content: object, reply: Decoder[T]) -> T:
        return await self._talk(self._speaker.signed(method, path, content, reply))

    async def _plain(self, method: str, path: str, content: object, reply: Decoder[T]) -> T:
        return await self._talk(self._speaker.plain(method, path, content, reply))

    async def _talk(self, steps: Steps[T]) -> T:
        return await converse_async(self._http, steps)
