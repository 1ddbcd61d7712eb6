"""`/v1/console/acts`: what takes two persons, proposed, seconded, withdrawn and listed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from ecluse.acts import book, gesture
from ecluse.acts.act import (
    RULES,
    ActError,
    BrakeEnd,
    Content,
    NoticesSend,
    OfficerAccept,
    UnlockAccount,
    digest,
)
from ecluse.acts.gesture import Gesture
from ecluse.breach import delivery
from ecluse.console import deeds, listing
from ecluse.console.asker import Outcome
from ecluse.console.forms import number_of
from ecluse.console.listing import Name
from ecluse.gate.body import parsed
from ecluse.login import accounts, base64url, fingerprint
from ecluse.login.roles import OF_AN_ORGANISATION


if TYPE_CHECKING:
    from starlette.requests import Request

    from ecluse.acts.act import Act, Person
    from ecluse.console.asker import Asker
    from ecluse.ledger.entry import Event
    from ecluse.login.challenge import ActStep
    from ecluse.login.passkey import RelyingParty
    from ecluse.store.connection import Connection


_LATELY = timedelta(days=7)


class ProposeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /v1/console/acts`."""

    act: str
    """16 random bytes as base64url."""
    content: Content
    gesture: Gesture


class SecondBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /v1/console/acts/{act}/second`."""

    gesture: Gesture


class ShownAct(msgspec.Struct, frozen=True):
    """An act as the console shows it; numbers as base64url, `digest` hexadecimal."""

    act: str
    content: Content
    digest: str
    state: str
    proposer: str
    proposed_at: datetime
    expires_at: datetime
    seconder: str | None
    ended_at: datetime | None


class ShownActs(msgspec.Struct, frozen=True):
    """The acts that wait, those that ended within a week, and who is who in them."""

    acts: list[ShownAct]
    lately: list[ShownAct]
    names: dict[str, Name]


class ActsDoor:
    """Acts of two persons."""

    def __init__(self, party: RelyingParty) -> None:
        self._party = party

    async def waiting(self, asker: Asker, _: Request, __: bytes) -> Outcome:
        """List the acts that wait, and what came of others."""
        waiting = await book.waiting(asker.connection, asker.now)
        lately = await book.lately(asker.connection, asker.now - _LATELY)
        named = {account for act in (*waiting, *lately) for account in _named(act)}
        names = await listing.names(asker.connection, named)
        return Outcome(
            ShownActs([shown(act) for act in waiting], [shown(act) for act in lately], names)
        )

    async def propose(self, asker: Asker, _: Request, raw: bytes) -> Outcome:
        """Propose an act."""
        body = parsed(raw, ProposeBody)
        number = number_of(body.act)
        if isinstance(body.content, OfficerAccept) and body.content.role in OF_AN_ORGANISATION:
            raise ActError("One officer accepts a professional or a holder: that is no act.")
        step = gesture.step_of(
            "propose", number, body.content, body.gesture.created, asker.caller.keyid
        )
        person = await self._person(asker, step, body.gesture)
        event = await book.propose(asker.connection, number, body.content, person, asker.now)
        return Outcome(shown(await book.load(asker.connection, number)), [event])

    async def second(self, asker: Asker, request: Request, raw: bytes) -> Outcome:
        """Second an act; what the console itself can do is done at once."""
        body = parsed(raw, SecondBody)
        number = number_of(request.path_params["act"])
        proposed = await book.load(asker.connection, number)
        await _expect_standing(asker.connection, proposed)
        step = gesture.step_of(
            "second", number, proposed.content, body.gesture.created, asker.caller.keyid
        )
        person = await self._person(asker, step, body.gesture)
        _, event = await book.second(asker.connection, number, person, asker.now)
        done = await _do(asker, proposed.content)
        return Outcome(shown(await book.load(asker.connection, number)), [event, *done])

    async def withdraw(self, asker: Asker, request: Request, _: bytes) -> Outcome:
        """Stop an act."""
        number = number_of(request.path_params["act"])
        event = await book.withdraw(
            asker.connection, number, asker.caller.account, asker.account.role, asker.now
        )
        return Outcome(shown(await book.load(asker.connection, number)), [event])

    async def _person(self, asker: Asker, step: ActStep, made: Gesture) -> Person:
        return await gesture.verify(
            asker.connection,
            self._party,
            asker.signer,
            step,
            made.assertion,
            asker.now.timestamp(),
        )


def _named(act: Act) -> list[bytes]:
    """Return the accounts that an act speaks of."""
    of = [number_of(act.content.account)] if isinstance(act.content, UnlockAccount) else []
    return [act.proposer, *([act.seconder] if act.seconder else []), *of]


def shown(act: Act) -> ShownAct:
    """Return an act as the console shows it."""
    return ShownAct(
        base64url.encode(act.act),
        act.content,
        digest(act.content).hex(),
        act.state,
        base64url.encode(act.proposer),
        act.proposed_at,
        act.expires_at,
        base64url.encode(act.seconder) if act.seconder else None,
        act.ended_at,
    )


async def _expect_standing(connection: Connection, act: Act) -> None:
    """Refuse to go on with the proposal of somebody who could not make it today.

    Raises:
        ActError: The proposer was locked since.
    """
    proposer = await accounts.load(connection, act.proposer)
    if (
        proposer is None
        or proposer.locked is not None
        or proposer.role not in RULES[type(act.content)].proposers
    ):
        raise ActError(
            "Who proposed this act may not do so any more.", hint="Withdraw it; propose it anew."
        )


async def _do(asker: Asker, content: Content) -> list[Event]:
    """Do what the console itself can do; a feed or a policy waits for its own process."""
    if isinstance(content, UnlockAccount):
        event = await deeds.unlock(asker.connection, number_of(content.account), asker.now)
    elif isinstance(content, BrakeEnd):
        event = await deeds.end_brake(asker.connection, content.until, asker.now)
    elif isinstance(content, OfficerAccept):
        _, event = await deeds.accept(
            asker.connection,
            fingerprint.parse(content.fingerprint),
            asker.now,
            roles=(content.role,),
            terms=deeds.Terms(timedelta(0)),
            amc=content.amc,
            by=asker.caller.account,
        )
    elif isinstance(content, NoticesSend):
        event = await delivery.send(asker.connection, content, asker.now)
    else:
        return []
    return [event, await book.perform(asker.connection, content, asker.now)]
