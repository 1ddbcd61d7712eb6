"""`POST /v1/checks`: the door that everything else is built around, and an answer again by its id."""

from __future__ import annotations

import asyncio
import hashlib
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from ecluse.errors import EcluseError
from ecluse.gate import replies
from ecluse.gate.answer import REFUSED
from ecluse.gate.grid import wait_for_grid
from ecluse.gate.request import (
    CheckBody,
    NoPersonThereError,
    PersonSubject,
    asked,
    parse,
    parse_batch,
    require_current,
    typed_subject,
)
from ecluse.gate.rows import spend_nonces
from ecluse.login import accounts, base64url
from ecluse.login.challenge import gesture_challenge
from ecluse.login.credential import PasskeyError
from ecluse.login.passkey import GESTURE_SECONDS, verify_gesture
from ecluse.login.roles import AccountRole, Right, RoleError, may


if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ecluse.gate.again import Reply
    from ecluse.gate.caller import Caller, Callers
    from ecluse.gate.gate import Gate


class CheckDoor:
    """Takes a signed check in, lets one answer or the one refusal out."""

    def __init__(self, gate: Gate, callers: Callers) -> None:
        self._gate = gate
        self._callers = callers

    async def check(self, request: Request) -> Response:
        """Answer a check."""
        arrived = asyncio.get_running_loop().time()
        raw = await replies.body_of(request)
        caller = await self._callers.identify(request, raw)
        if not may(caller.role, Right.CHECK):
            raise RoleError("Only a professional's account checks.")
        return await self._answer(await self._ask(parse(raw), caller), arrived)

    async def batch(self, request: Request) -> Response:
        """Answer up to `MOST` checks of practice software: each its own decision, budget and entry.

        What is wrong with one stops no other. All leave together on the refusals' grid, so that the
        time tells of none.
        """
        arrived = asyncio.get_running_loop().time()
        raw = await replies.body_of(request)
        caller = await self._callers.identify(request, raw)
        if caller.role is not AccountRole.CLIENT:
            raise RoleError("Only practice software checks several cards at once.")
        bodies = parse_batch(raw)
        told = await asyncio.gather(
            *(self._one(body, _part(caller, number)) for number, body in enumerate(bodies))
        )
        await wait_for_grid(arrived, self._gate.config.policy.refusal_grid_ms / 1000)
        return replies.json(
            {
                "checks": [
                    {"check_id": body.check_id, **one}
                    for body, one in zip(bodies, told, strict=True)
                ]
            }
        )

    async def _one(self, body: CheckBody, caller: Caller) -> dict[str, object]:
        try:
            answer = await asyncio.shield(await self._ask(body, caller))
        except EcluseError as error:
            _, fault = replies.fault_of(error)
            return {"fault": fault}
        return {"reply": msgspec.Raw(REFUSED) if answer is None else answer}

    async def _ask(self, body: CheckBody, caller: Caller) -> Reply:
        """Put one check on its way, or find the same one's."""
        if caller.role is AccountRole.CLIENT and isinstance(body.subject, PersonSubject):
            raise NoPersonThereError(
                "Practice software checks cards and references, nobody by number and birth date.",
                hint="That takes a person's passkey, at the counter's own pages.",
            )
        check = asked(body)
        reply = await self._gate.again(caller, check)
        if reply is None:
            require_current(check, time.time())
            if isinstance(body.subject, PersonSubject):
                await self._gesture(body, body.subject, caller)
            reply = self._gate.check(caller, check)
        return reply

    async def again(self, request: Request) -> Response:
        """Give a device its last answer once more, by its check id: nothing is asked or spent.

        An id that names no answer of this device is refused before anybody is looked at.
        """
        arrived = asyncio.get_running_loop().time()
        caller = await self._callers.identify(request, await replies.body_of(request))
        await self._gate.spend(caller)
        reply = self._gate.last(caller, _check_id(request.path_params["check_id"]))
        return await self._answer(reply, arrived)

    async def _answer(self, reply: Reply, arrived: float) -> Response:
        answer = await asyncio.shield(reply)
        if answer is None:
            await wait_for_grid(arrived, self._gate.config.policy.refusal_grid_ms / 1000)
            return replies.json(REFUSED)
        return replies.json(answer)

    async def _gesture(self, body: CheckBody, person: PersonSubject, caller: Caller) -> None:
        """Verify a typed check's gesture.

        It commits to this check, person and device, so it may come again while it is of this
        moment: that is the same check about the same person, asked again because its answer was
        lost, maybe at another gate. Only its first coming advances the passkey's counter.

        Raises:
            PasskeyError: No gesture, or one that was made for something else.
        """
        if body.gesture is None:
            raise PasskeyError(
                "A check without the card takes a gesture with the passkey.",
                hint="Confirm with your passkey, or present the card.",
            )
        assertion = body.gesture.assertion
        subject = typed_subject(body, person, body.gesture, caller.keyid)
        mark = hashlib.sha256(b"ecluse/gesture" + gesture_challenge(subject)).digest()[:16]
        expires = datetime.fromtimestamp(body.gesture.created + 2 * GESTURE_SECONDS, UTC)
        async with self._gate.pool.acquire() as connection:
            passkey = await accounts.load_passkey(
                connection, caller.account, assertion.credential()
            )
            if passkey is None:
                raise PasskeyError("This passkey does not belong to this account.")
            # Its counter is compared below, when it is known whether this gesture came before.
            uncounted = msgspec.structs.replace(passkey, sign_count=0)
            count = verify_gesture(
                self._gate.config.party, assertion, uncounted, agreed=subject, now=time.time()
            )
            async with connection.transaction():
                if await spend_nonces(connection, [(caller.account, mark, expires)]):
                    await accounts.advance_counter(connection, passkey, count)


def _part(caller: Caller, number: int) -> Caller:
    """Return who asks one check of several: the request's nonce, once for each of them."""
    nonce, until = caller.nonce
    mine = hashlib.sha256(b"ecluse/batch" + nonce + number.to_bytes(2)).digest()[: len(nonce)]
    return caller._replace(nonce=(mine, until))


def _check_id(text: str) -> bytes:
    """Return a check id; of what is none, one that nobody ever used."""
    try:
        return base64url.decode(text, 16)
    except ValueError:
        return b""
