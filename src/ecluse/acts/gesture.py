"""One person's signature under one step of an act: a passkey gesture that commits to the content."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from ecluse.acts.act import Person, digest
from ecluse.login import accounts, base64url, passkey
from ecluse.login.challenge import ActStep
from ecluse.login.credential import AuthenticationResponse, PasskeyError
from ecluse.login.roles import AccountRole


if TYPE_CHECKING:
    from ecluse.acts.act import Content
    from ecluse.login.passkey import RelyingParty
    from ecluse.store.connection import Connection


class Gesture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What comes with a step: the assertion and when it was asked for, Unix seconds."""

    created: int
    assertion: AuthenticationResponse


class Signer(msgspec.Struct, frozen=True):
    """Whose signed request brought the gesture."""

    account: bytes
    role: AccountRole
    keyid: str


class _Proof(msgspec.Struct, frozen=True):
    created: int
    keyid: str
    assertion: AuthenticationResponse


def step_of(
    step: Literal["propose", "second"], number: bytes, content: Content, created: int, keyid: str
) -> ActStep:
    """Return what a person signs to propose or second the act `number`."""
    return ActStep(step, base64url.encode(number), digest(content).hex(), created, keyid)


async def verify(
    connection: Connection,
    party: RelyingParty,
    signer: Signer,
    step: ActStep,
    assertion: AuthenticationResponse,
    now: float,
) -> Person:
    """Return the person whose passkey agrees to this step now. Role: officer.

    Raises:
        PasskeyError: The gesture is not this account's, not of this step, or not of this moment.
    """
    known = await accounts.load_passkey(connection, signer.account, assertion.credential())
    if known is None:
        raise PasskeyError("The gesture was made with another passkey.")
    count = passkey.verify_gesture(party, assertion, known, agreed=step, now=now)
    await accounts.advance_counter(connection, known, count)
    proof = _Proof(step.created, step.keyid, assertion)
    return Person(signer.account, signer.role, known.credential, msgspec.json.encode(proof))
