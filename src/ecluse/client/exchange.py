"""A conversation with the gate as steps: what to send next, given what came back. No I/O.

A step is a request, and a conversation a generator of them that returns its result. `converse`
carries one over a blocking HTTP client, `converse_async` over an asynchronous one; nothing else
differs between the two.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Generator
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeAlias, TypeVar

import httpx2
import msgspec
from msgspec.json import Decoder

from ecluse.client import replies
from ecluse.client.signing import signed_headers
from ecluse.errors import EcluseError
from ecluse.login import base64url, profile


if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from decimal import Decimal

    from ecluse.client.device import DeviceKey
    from ecluse.cover.act import Bill
    from ecluse.cover.family import CareFamily

ATTEMPTS = 6
"""How often a check is sent when its answer is lost: the gate keeps an answer for 60 seconds, and
what died is replaced within a few."""
PAUSE = 0.5
"""Seconds before the second attempt; doubled before each further one."""
CHECK_ID_SIZE = 16

T = TypeVar("T")
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


class Step(NamedTuple):
    """A request to send, after waiting `after` seconds."""

    method: str
    url: str
    body: bytes
    headers: dict[str, str]
    after: float = 0.0


Steps: TypeAlias = Generator[Step, httpx2.Response, T]

LOST = frozenset({"unreachable"})
"""The answer may have been given: it is fetched under the same check id."""


class Speaker:
    """What one key says to the gate at `origin`, which knows it as `keyid`."""

    def __init__(self, origin: str, device: DeviceKey, keyid: str) -> None:
        self.origin = origin
        self.device = device
        self.keyid = keyid

    def plain(self, method: str, path: str, content: object, reply: Decoder[T]) -> Steps[T]:
        """Send a request that nobody signs."""
        body = _body(content)
        headers = {"Content-Type": profile.CONTENT_TYPE} if body else {}
        return _read((yield Step(method, f"{self.origin}{path}", body, headers)), reply)

    def signed(
        self, method: str, path: str, content: object, reply: Decoder[T], *, after: float = 0.0
    ) -> Steps[T]:
        """Send a signed request, with a nonce and a moment of its own."""
        body = _body(content)
        plain, _, query = path.partition("?")
        target = profile.target_uri(self.origin, plain.encode("ascii"), query.encode("ascii"))
        headers = signed_headers(
            self.device,
            self.keyid,
            profile.Message(method, target, body),
            created=int(time.time() + after),
            nonce=secrets.token_bytes(profile.NONCE_SIZE),
        )
        return _read((yield Step(method, f"{self.origin}{path}", body, headers, after)), reply)

    def insist(
        self, path: str, content: object, reply: Decoder[T], *, again_on: frozenset[str] = LOST
    ) -> Steps[T]:
        """Post what may be posted twice, up to `ATTEMPTS` times, each time signed anew.

        Args:
            path: Below the origin.
            content: The body.
            reply: Reads the answer.
            again_on: The codes of errors after which it is sent again.
        """
        pause = 0.0
        for attempt in range(1, ATTEMPTS):
            try:
                return (yield from self.signed("POST", path, content, reply, after=pause))
            except GateError as error:
                if error.code not in again_on:
                    raise
            pause = PAUSE * 2 ** (attempt - 1)
        return (yield from self.signed("POST", path, content, reply, after=pause))

    def check(
        self, content: dict[str, object], *, again_on: frozenset[str] = LOST
    ) -> Steps[replies.CheckReply]:
        """Check; a lost answer is fetched again under the check's own id."""
        return (yield from self.insist("/v1/checks", content, _CHECKED, again_on=again_on))


def price_body(bill: Bill, answer: replies.Covered) -> dict[str, object]:
    """Return what asks for the price of a bill under the covers that a card's answer told of."""
    return {
        "care_date": bill.day,
        "acts": bill.acts,
        "payers": answer.payers,
        "minor": bill.minor,
        "in_pathway": bill.in_pathway,
    }


def check_body(
    subject: dict[str, object], care_date: date, family: CareFamily
) -> dict[str, object]:
    """Return the body of a check that takes no gesture."""
    return {
        "check_id": base64url.encode(secrets.token_bytes(CHECK_ID_SIZE)),
        "subject": subject,
        "care_date": care_date,
        "family": family,
        "gesture": None,
    }


class Talk(Generic[T]):
    """A conversation under way: `step` is what to send next; None when `result` is there."""

    step: Step | None
    result: T

    def __init__(self, steps: Steps[T]) -> None:
        self._steps = steps
        self._take(lambda: next(steps))

    def go_on(self, answer: httpx2.Response | None) -> None:
        """Take the answer to `step`; None when it was lost.

        Raises:
            GateError: The gate refused, or does not answer.
        """
        if answer is None:
            self._take(lambda: self._steps.throw(AnswerLostError()))
        else:
            self._take(lambda: self._steps.send(answer))

    def _take(self, turn: Callable[[], Step]) -> None:
        try:
            self.step = turn()
        except StopIteration as end:
            self.step, self.result = None, end.value


def converse(http: httpx2.Client, steps: Steps[T]) -> T:
    """Carry a conversation over `http`; return its result.

    Raises:
        GateError: The gate refused, or does not answer.
    """
    talk = Talk(steps)
    while (step := talk.step) is not None:
        time.sleep(step.after)
        answer = None
        with suppress(httpx2.TransportError):
            answer = http.request(step.method, step.url, content=step.body, headers=step.headers)
        talk.go_on(answer)
    return talk.result


async def converse_async(http: httpx2.AsyncClient, steps: Steps[T]) -> T:
    """Carry a conversation over `http`; return its result.

    Raises:
        GateError: The gate refused, or does not answer.
    """
    talk = Talk(steps)
    while (step := talk.step) is not None:
        await asyncio.sleep(step.after)
        answer = None
        with suppress(httpx2.TransportError):
            answer = await http.request(
                step.method, step.url, content=step.body, headers=step.headers
            )
        talk.go_on(answer)
    return talk.result


def _body(content: object) -> bytes:
    return b"" if content is None else msgspec.json.encode(content)


def _read(answer: httpx2.Response, reply: Decoder[T]) -> T:
    try:
        if answer.status_code == httpx2.codes.OK:
            return reply.decode(answer.content)
        if answer.status_code == httpx2.codes.SERVICE_UNAVAILABLE:
            raise AnswerLostError
        fault = msgspec.json.decode(answer.content, type=replies.Fault)
    except msgspec.DecodeError as error:
        raise GateError("unreadable", "The gate's answer cannot be read.") from error
    raise GateError(fault.error, fault.message)


def quote_body(reference: str, bill: Bill) -> dict[str, object]:
    """Return the body of a new quote for a check's care."""
    quote = base64url.encode(secrets.token_bytes(CHECK_ID_SIZE))
    return {"quote": quote, "reference": reference, **_care(bill)}


def claim_body(
    reference: str, bill: Bill, *, quote: str | None = None, amc: Decimal | None = None
) -> dict[str, object]:
    """Return one claim; sent again with the same id it is taken once."""
    claim = base64url.encode(secrets.token_bytes(CHECK_ID_SIZE))
    return {"claim": claim, "reference": reference, "quote": quote, "amc": amc, **_care(bill)}


def _care(bill: Bill) -> dict[str, object]:
    care: dict[str, object] = msgspec.to_builtins(bill)
    care["care_date"] = care.pop("day")
    return care
