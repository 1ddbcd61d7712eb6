r"""One act of two persons, as a state machine (pure): no clock, no store.

    proposed -> seconded -> done
        \\           \\-> withdrawn | expired
         \\-> withdrawn | expired

What is to be done is a small struct. Its canonical JSON (RFC 8785) is what both persons see, and
that text's SHA-256 is what both sign.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, TypeAlias

import msgspec
import rfc8785

from ecluse.errors import EcluseError
from ecluse.login.roles import AccountRole


LIFETIME = timedelta(hours=24)
"""From the proposal on: time for a second person to be found, and for the act to be done."""

Hex32 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]


class ActError(EcluseError):
    """An act that cannot be proposed, seconded, withdrawn or done (HTTP 409)."""


class NotYoursError(ActError):
    """This person may not take this step (HTTP 403)."""


class UnlockAccount(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="unlock_account"
):
    """Open a locked account again."""

    account: str
    """16 bytes as base64url."""


class BrakeEnd(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="brake_end"
):
    """End the brake on everybody's typed lane before its time."""

    until: datetime
    """Until when it holds: this brake, and no later one."""


class OfficerAccept(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="officer_accept"
):
    """Let a passkey join as an officer or an insurer's staff."""

    fingerprint: str
    role: AccountRole
    amc: str | None = None
    """The insurer's number, for its staff."""


class PolicyChange(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="policy_change"
):
    """Put another policy in force."""

    sha256: Hex32
    """Of the policy file."""


class FeedRelease(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="feed_release"
):
    """Load a feed that was held because its count is out of the usual."""

    amc: str
    feed: int
    manifest: Hex32
    """SHA-256 of the signed manifest."""


class NoticesSend(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="notices_send"
):
    """Put a round of an incident's notices out for the insurers to fetch."""

    incident: int
    version: int
    digest: Hex32
    """SHA-256 over the round's files."""


Content: TypeAlias = (
    UnlockAccount | BrakeEnd | OfficerAccept | PolicyChange | FeedRelease | NoticesSend
)

_decoder: msgspec.json.Decoder[Content] = msgspec.json.Decoder(Content)


class Rule(msgspec.Struct, frozen=True):
    """Who may propose a kind of act, and who may second it."""

    proposers: frozenset[AccountRole]
    seconders: frozenset[AccountRole]


_SECURITY = frozenset({AccountRole.SECURITY})
_OFFICERS = frozenset({AccountRole.SECURITY, AccountRole.PROTECTION})

RULES: dict[type[Content], Rule] = {
    UnlockAccount: Rule(_SECURITY, _SECURITY),
    BrakeEnd: Rule(_SECURITY, _SECURITY),
    OfficerAccept: Rule(_SECURITY, _SECURITY),
    PolicyChange: Rule(_SECURITY, _OFFICERS),
    FeedRelease: Rule(_SECURITY, _SECURITY),
    NoticesSend: Rule(_OFFICERS, _OFFICERS),
}


class State(StrEnum):
    """Where an act stands."""

    PROPOSED = "proposed"
    SECONDED = "seconded"
    DONE = "done"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Person(msgspec.Struct, frozen=True):
    """Who signs a step: an account, its role, and the passkey that made the gesture."""

    account: bytes
    role: AccountRole
    credential: bytes
    proof: bytes = b""
    """The gesture as JSON, for the ledger (`acts.gesture`)."""


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One act. `act` is 16 random bytes that the proposer drew."""

    act: bytes
    content: Content
    state: State
    proposer: bytes
    proposer_key: bytes
    proposed_at: datetime
    expires_at: datetime
    seconder: bytes | None = None
    seconder_key: bytes | None = None
    ended_at: datetime | None = None

    @property
    def kind(self) -> str:
        """The word for what is to be done."""
        return kind(self.content)

    def at(self, now: datetime) -> State:
        """Return where the act stands at `now`."""
        open_still = self.state in {State.PROPOSED, State.SECONDED}
        return State.EXPIRED if open_still and now >= self.expires_at else self.state


def kind(content: Content) -> str:
    """Return the word for what is to be done."""
    return str(type(content).__struct_config__.tag)


def canonical(content: Content) -> bytes:
    """Return the one text of `content` (RFC 8785)."""
    return rfc8785.dumps(msgspec.to_builtins(content))


def digest(content: Content) -> bytes:
    """Return what both persons sign: SHA-256 of the canonical text, 32 bytes."""
    return hashlib.sha256(canonical(content)).digest()


def read(text: bytes) -> Content:
    """Return the content in a JSON text.

    Raises:
        ActError: No kind of act has this form.
    """
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ActError("No kind of act has this content.") from None


def propose(act: bytes, content: Content, person: Person, now: datetime) -> Act:
    """Return the act as `person` proposes it.

    Raises:
        NotYoursError: The person's role does not propose acts of this kind.
    """
    if person.role not in RULES[type(content)].proposers:
        raise NotYoursError("Your role does not propose acts of this kind.")
    return Act(
        act=act,
        content=content,
        state=State.PROPOSED,
        proposer=person.account,
        proposer_key=person.credential,
        proposed_at=now,
        expires_at=now + LIFETIME,
    )


def second(act: Act, person: Person, now: datetime) -> Act:
    """Return the act as `person` seconds it.

    Raises:
        NotYoursError: The person's role does not second acts of this kind, or it is the proposer:
            the same account, or another one with the same passkey.
        ActError: It does not wait for a second person.
    """
    _expect(act, State.PROPOSED, now)
    if person.role not in RULES[type(act.content)].seconders:
        raise NotYoursError("Your role does not second acts of this kind.")
    if person.account == act.proposer or person.credential == act.proposer_key:
        raise NotYoursError(
            "You proposed this act yourself.", hint="It takes a second person to second it."
        )
    return msgspec.structs.replace(
        act, state=State.SECONDED, seconder=person.account, seconder_key=person.credential
    )


def withdraw(act: Act, role: AccountRole, now: datetime) -> Act:
    """Return the act as one person of `role` stops it: a brake takes no second person.

    Raises:
        NotYoursError: The role neither proposes nor seconds acts of this kind.
        ActError: It is over.
    """
    rule = RULES[type(act.content)]
    if role not in rule.proposers | rule.seconders:
        raise NotYoursError("Your role does not withdraw acts of this kind.")
    _expect(act, State.SECONDED if act.state is State.SECONDED else State.PROPOSED, now)
    return msgspec.structs.replace(act, state=State.WITHDRAWN, ended_at=now)


def finish(act: Act, now: datetime) -> Act:
    """Return the act as done.

    Raises:
        ActError: It was not seconded, or is over.
    """
    _expect(act, State.SECONDED, now)
    return msgspec.structs.replace(act, state=State.DONE, ended_at=now)


def _expect(act: Act, wanted: State, now: datetime) -> None:
    stands = act.at(now)
    if stands is not wanted:
        raise ActError(
            f"This act is {stands}; it would have to be {wanted}.",
            hint="Propose it anew." if stands is not State.PROPOSED else "Have it seconded first.",
        )
