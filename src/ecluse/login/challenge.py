"""What a passkey's gesture commits to.

A WebAuthn challenge need not be random; it must be fresh and say what the person agrees to. Each
of these binds a part that is fresh (a nonce, a ticket, a check id) to the act itself, so that a
gesture made for one device or subject is worth nothing for another.
"""

from __future__ import annotations

import hashlib

import msgspec

from ecluse.errors import EcluseError


class ChallengeError(EcluseError):
    """A subject that cannot be committed to without ambiguity."""


class TypedSubject(msgspec.Struct, frozen=True):
    """A check without a card, as the person at the counter typed it.

    Texts are those of the request: `check_id` and `keyid` as sent, `nir13` without its key,
    `birth_date` as printed (YYYYMMDD), `care_date` as YYYY-MM-DD, `created` in Unix seconds.
    """

    check_id: str
    nir13: str
    birth_date: str
    birth_rank: int
    amc: str | None
    care_date: str
    family: str
    created: int
    keyid: str

    def lines(self) -> tuple[str, ...]:
        """Return what is committed to, in its order; the first line says what kind it is."""
        return (
            "ecluse/typed/v1",
            self.check_id,
            self.nir13,
            self.birth_date,
            str(self.birth_rank),
            self.amc or "",
            self.care_date,
            self.family,
            str(self.created),
            self.keyid,
        )


class ActStep(msgspec.Struct, frozen=True):
    """One person's step of an act that takes two.

    Texts are those of the request: `step` is `propose` or `second`, `act` its number as sent,
    `digest` the hexadecimal SHA-256 of what is to be done, `created` in Unix seconds.
    """

    step: str
    act: str
    digest: str
    created: int
    keyid: str

    def lines(self) -> tuple[str, ...]:
        """Return what is committed to, in its order; the first line says what kind it is."""
        return ("ecluse/act/v1", self.step, self.act, self.digest, str(self.created), self.keyid)


def device_challenge(nonce: bytes, thumbprint: bytes) -> bytes:
    """Return the challenge by which a passkey vouches for a device key, 32 bytes.

    Args:
        nonce: From `login.nonce`, whole.
        thumbprint: Of the device key, 32 bytes.
    """
    return hashlib.sha256(b"ecluse/device/v1\n" + nonce + thumbprint).digest()


def enrolment_challenge(ticket: bytes) -> bytes:
    """Return the challenge with which a passkey is created, 32 bytes."""
    return hashlib.sha256(b"ecluse/enrolment/v1\n" + ticket).digest()


def gesture_challenge(agreed: TypedSubject | ActStep) -> bytes:
    """Return the challenge of the gesture by which a person agrees to just this, 32 bytes.

    Raises:
        ChallengeError: A part holds a line break, so that two could read the same.
    """
    lines = agreed.lines()
    if any("\n" in line for line in lines):
        raise ChallengeError("A part of what is signed holds a line break.")
    return hashlib.sha256("\n".join(lines).encode()).digest()
