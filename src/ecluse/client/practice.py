"""Check from practice software, with a key of its own in place of a person's passkey.

key = KeyFile.open(Path("till.key"))
with PracticeClient(key) as client:
    told = client.check_card(code, care_date=today, family=CareFamily.PHARMACY)
    print(told.reply, told.warning)

Such a key asks with cards, with members' phones and with its organisation's own settlement references. A check by number
and birth date takes a person's gesture, and the gate refuses it from here, whoever it is about.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import httpx2
from msgspec.json import Decoder

from ecluse.client import replies
from ecluse.client.exchange import (
    GateError,
    Speaker,
    check_body,
    converse,
    converse_async,
    price_body,
    quote_body,
)
from ecluse.login import base64url, clients
from ecluse.login.keyid import KeyId
from ecluse.settle.statement import Statement


if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from types import TracebackType
    from typing import Self

    from ecluse.client.device import DeviceKey
    from ecluse.client.exchange import Steps
    from ecluse.client.keyfile import KeyFile
    from ecluse.cover.act import Bill
    from ecluse.cover.family import CareFamily

T = TypeVar("T")

TIMEOUT = 7.0
"""Seconds for each attempt: all of them end within the minute in which an answer can be fetched
again."""
AGAIN_ON = frozenset({"unreachable", "busy"})
"""Errors after which a check is sent again under its own id: nothing was told, or it was lost."""
_ASKED_ANEW = 86_400.0  # seconds after which the key's own state is asked for again


class Told(NamedTuple):
    """A reply, and what there is to say about the key that asked; None: nothing."""

    reply: replies.CheckReply
    warning: str | None


class PracticeClient:
    """Checks with the key in `key`, one after the other.

    Raises:
        GateError: From every method, when the gate refuses or does not answer; `code` says why.
    """

    def __init__(self, key: KeyFile, http: httpx2.Client | None = None) -> None:
        self._http = http or httpx2.Client(timeout=TIMEOUT)
        self._talk = _Talk(key)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def register(self, finess: str, label: str) -> replies.Enrolled:
        """Ask to join an organisation; an officer then accepts the key's fingerprint."""
        return converse(self._http, self._talk.register(finess, label))

    def state(self) -> replies.EnrolmentState:
        """Return whether an officer has accepted the key that was registered."""
        return converse(self._http, self._talk.state())

    def me(self) -> replies.Me:
        """Return the client's own account."""
        return converse(self._http, self._talk.me())

    def insurers(self) -> list[replies.ListedInsurer]:
        """Return the insurers whose members can be checked, and whether their feeds are late."""
        return converse(self._http, self._talk.insurers()).insurers

    def me_if_accepted(self) -> replies.Me | None:
        """Return the client's own account; None while its key does not count."""
        try:
            return self.me()
        except GateError as error:
            if error.code != "device_expired":
                raise
        return None

    def check_card(self, card: str, *, care_date: date, family: CareFamily) -> Told:
        """Ask whether the bearer of a card is covered."""
        return converse(self._http, self._talk.check_card(card, care_date, family))

    def check_phone(self, code: str, *, care_date: date, family: CareFamily) -> Told:
        """Ask whether the bearer of a phone is covered, by the code that it shows."""
        return converse(self._http, self._talk.check_phone(code, care_date, family))

    def check_reference(self, reference: str, *, care_date: date, family: CareFamily) -> Told:
        """Ask about whom this organisation was given a settlement reference for."""
        return converse(self._http, self._talk.check_reference(reference, care_date, family))

    def check_cards(
        self, cards: Sequence[str], *, care_date: date, family: CareFamily
    ) -> list[replies.BatchReply]:
        """Ask about the bearers of up to 50 cards at once; each is a check of its own."""
        return converse(self._http, self._talk.check_cards(cards, care_date, family)).checks

    def price(self, bill: Bill, answer: replies.Covered) -> replies.Priced:
        """Return what a bill costs under the covers that a card's answer told of, and why."""
        return converse(self._http, self._talk.price(bill, answer))

    def quote(self, reference: str, bill: Bill) -> replies.Quoted | replies.NotQuoted:
        """Return the price of a check's care, and until when what insurers pay is guaranteed."""
        return converse(self._http, self._talk.quote(reference, bill))

    def claim(self, *claims: dict[str, object]) -> list[replies.ClaimReply]:
        """Send claims (`client.exchange.claim_body`), a hundred at most; return what became of each."""
        return converse(self._http, self._talk.claim(claims)).claims

    def statement(self, since: date, until: date) -> Statement:
        """Return what is owed for the claims that were taken in a period."""
        return converse(self._http, self._talk.statement(since, until))

    def rotate(self) -> replies.Rotated:
        """Put a new key in place of the present one, in the file and at the gate."""
        return converse(self._http, self._talk.rotate())


class AsyncPracticeClient:
    """`PracticeClient` for programs that do other things meanwhile; its methods are the same."""

    def __init__(self, key: KeyFile, http: httpx2.AsyncClient | None = None) -> None:
        self._http = http or httpx2.AsyncClient(timeout=TIMEOUT)
        self._talk = _Talk(key)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def register(self, finess: str, label: str) -> replies.Enrolled:
        """Ask to join an organisation; an officer then accepts the key's fingerprint."""
        return await converse_async(self._http, self._talk.register(finess, label))

    async def state(self) -> replies.EnrolmentState:
        """Return whether an officer has accepted the key that was registered."""
        return await converse_async(self._http, self._talk.state())

    async def me(self) -> replies.Me:
        """Return the client's own account."""
        return await converse_async(self._http, self._talk.me())

    async def insurers(self) -> list[replies.ListedInsurer]:
        """Return the insurers whose members can be checked, and whether their feeds are late."""
        return (await converse_async(self._http, self._talk.insurers())).insurers

    async def check_card(self, card: str, *, care_date: date, family: CareFamily) -> Told:
        """Ask whether the bearer of a card is covered."""
        return await converse_async(self._http, self._talk.check_card(card, care_date, family))

    async def check_phone(self, code: str, *, care_date: date, family: CareFamily) -> Told:
        """Ask whether the bearer of a phone is covered, by the code that it shows."""
        asked = self._talk.check_phone(code, care_date, family)
        return await converse_async(self._http, asked)

    async def check_reference(self, reference: str, *, care_date: date, family: CareFamily) -> Told:
        """Ask about whom this organisation was given a settlement reference for."""
        asked = self._talk.check_reference(reference, care_date, family)
        return await converse_async(self._http, asked)

    async def check_cards(
        self, cards: Sequence[str], *, care_date: date, family: CareFamily
    ) -> list[replies.BatchReply]:
        """Ask about the bearers of up to 50 cards at once; each is a check of its own."""
        asked = self._talk.check_cards(cards, care_date, family)
        return (await converse_async(self._http, asked)).checks

    async def price(self, bill: Bill, answer: replies.Covered) -> replies.Priced:
        """Return what a bill costs under the covers that a card's answer told of, and why."""
        return await converse_async(self._http, self._talk.price(bill, answer))

    async def quote(self, reference: str, bill: Bill) -> replies.Quoted | replies.NotQuoted:
        """Return the price of a check's care, and until when what insurers pay is guaranteed."""
        return await converse_async(self._http, self._talk.quote(reference, bill))

    async def claim(self, *claims: dict[str, object]) -> list[replies.ClaimReply]:
        """Send claims (`client.exchange.claim_body`), a hundred at most; return what became of each."""
        return (await converse_async(self._http, self._talk.claim(claims))).claims

    async def statement(self, since: date, until: date) -> Statement:
        """Return what is owed for the claims that were taken in a period."""
        return await converse_async(self._http, self._talk.statement(since, until))

    async def rotate(self) -> replies.Rotated:
        """Put a new key in place of the present one, in the file and at the gate."""
        return await converse_async(self._http, self._talk.rotate())


class _Talk:
    """What a client says, step by step, whatever carries it."""

    def __init__(self, key: KeyFile) -> None:
        self._key = key
        self._speaker = Speaker(key.gate, key.key, key.keyid)
        self._warning: str | None = None
        self._asked_at = -_ASKED_ANEW

    def register(self, finess: str, label: str) -> Steps[replies.Enrolled]:
        key = self._key.key
        newcomer = Speaker(self._key.gate, key, KeyId(None, key.thumbprint).text())
        asked = {"finess": finess, "label": label, "device": key.jwk()}
        return newcomer.signed("POST", "/v1/enrolments/client", asked, Decoder(replies.Enrolled))

    def state(self) -> Steps[replies.EnrolmentState]:
        path = f"/v1/enrolments/{self._key.fingerprint}"
        return self._speaker.plain("GET", path, None, Decoder(replies.EnrolmentState))

    def me(self) -> Steps[replies.Me]:
        me = yield from self._speaker.signed("GET", "/v1/me", None, Decoder(replies.Me))
        self._warning, self._asked_at = me.warning, time.monotonic()
        return me

    def insurers(self) -> Steps[replies.Insurers]:
        return self._speaker.signed("GET", "/v1/insurers", None, Decoder(replies.Insurers))

    def check_card(self, card: str, care_date: date, family: CareFamily) -> Steps[Told]:
        return self._check({"kind": "card", "card": card}, care_date, family)

    def check_phone(self, code: str, care_date: date, family: CareFamily) -> Steps[Told]:
        return self._check({"kind": "phone", "code": code}, care_date, family)

    def check_reference(self, reference: str, care_date: date, family: CareFamily) -> Steps[Told]:
        return self._check({"kind": "reference", "reference": reference}, care_date, family)

    def check_cards(
        self, cards: Sequence[str], care_date: date, family: CareFamily
    ) -> Steps[replies.BatchReplies]:
        checks = [check_body({"kind": "card", "card": card}, care_date, family) for card in cards]
        # The same ids again are answered again: a lost answer costs nothing.
        told = Decoder(replies.BatchReplies)
        return self._speaker.insist("/v1/checks/batch", {"checks": checks}, told, again_on=AGAIN_ON)

    def price(self, bill: Bill, answer: replies.Covered) -> Steps[replies.Priced]:
        body = price_body(bill, answer)
        return self._speaker.signed("POST", "/v1/prices", body, Decoder(replies.Priced))

    def quote(self, reference: str, bill: Bill) -> Steps[replies.Quoted | replies.NotQuoted]:
        body = quote_body(reference, bill)
        told = Decoder(replies.Quoted | replies.NotQuoted)
        return self._speaker.signed("POST", "/v1/quotes", body, told)

    def claim(self, claims: tuple[dict[str, object], ...]) -> Steps[replies.ClaimReplies]:
        # The same claims again are taken once, so that a lost answer is asked for anew.
        told = Decoder(replies.ClaimReplies)
        return self._speaker.insist("/v1/claims", {"claims": claims}, told, again_on=AGAIN_ON)

    def statement(self, since: date, until: date) -> Steps[Statement]:
        path = f"/v1/statement?since={since}&until={until}"
        return self._speaker.signed("GET", path, None, Decoder(Statement))

    def rotate(self) -> Steps[replies.Rotated]:
        before, following = self._key.key, self._key.prepare()
        told = clients.statement(self._key.account, before.thumbprint, following.thumbprint)
        asked = {"device": following.jwk(), "proof": base64url.encode(following.sign(told))}
        try:
            rotated = yield from self._speaker.insist(
                "/v1/client/rotate", asked, Decoder(replies.Rotated), again_on=AGAIN_ON
            )
        except GateError as error:
            if error.code != "device_expired":
                raise
            # Perhaps an earlier attempt came through, and the key before has ended since.
            rotated = yield from self._rotated_before(following)
        self._key.promote()
        self._speaker = Speaker(self._key.gate, self._key.key, self._key.keyid)
        self._warning = None
        return rotated

    def _rotated_before(self, following: DeviceKey) -> Steps[replies.Rotated]:
        keyid = KeyId(self._key.account, following.thumbprint).text()
        speaker = Speaker(self._key.gate, following, keyid)
        me = yield from speaker.signed("GET", "/v1/me", None, Decoder(replies.Me))
        return replies.Rotated(keyid, me.expires_at, None)

    def _check(
        self, subject: dict[str, object], care_date: date, family: CareFamily
    ) -> Steps[Told]:
        body = check_body(subject, care_date, family)
        reply = yield from self._speaker.check(body, again_on=AGAIN_ON)
        if time.monotonic() - self._asked_at >= _ASKED_ANEW:
            yield from self._look_at_oneself()
        return Told(reply, self._warning)

    def _look_at_oneself(self) -> Steps[None]:
        """Learn whether the key ends soon; an answer that is there must not wait for that."""
        try:
            yield from self.me()
        except GateError:
            return
