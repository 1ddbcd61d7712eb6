"""A check as it is asked: parsed strictly, and told apart from a malformed one before any look-up."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, NamedTuple

import msgspec

from ecluse.cards import code, presentation
from ecluse.cover.family import CareFamily
from ecluse.errors import EcluseError
from ecluse.gate.state import Lane
from ecluse.ids import amc, birth, nir, subject
from ecluse.login import base64url
from ecluse.login.challenge import TypedSubject
from ecluse.login.credential import AuthenticationResponse


#: Bytes of a settlement reference.
REFERENCE_SIZE = 16


class MalformedError(EcluseError):
    """The body is not a check (HTTP 400)."""


class InvalidSubjectError(EcluseError):
    """The subject cannot be anybody's: wrong key, wrong length (HTTP 422). Says which part."""


class LatePresentationError(EcluseError):
    """What the phone showed is not of this minute (HTTP 422)."""


class NoPersonThereError(EcluseError):
    """A typed check by practice software, whoever it is about (HTTP 422)."""


class CardSubject(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="card", tag_field="kind"
):
    """A presented card."""

    card: Annotated[str, msgspec.Meta(max_length=80)]


class PhoneSubject(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="phone", tag_field="kind"
):
    """What a member's phone shows in place of their card."""

    code: Annotated[str, msgspec.Meta(max_length=400)]


class ReferenceSubject(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="reference", tag_field="kind"
):
    """A patient whom the organisation knows: a settlement reference of its own."""

    reference: Annotated[str, msgspec.Meta(max_length=32)]


class PersonSubject(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="person", tag_field="kind"
):
    """A typed person: NIR, birth date and rank as printed on the card."""

    nir: Annotated[str, msgspec.Meta(max_length=32)]
    birth_date: Annotated[str, msgspec.Meta(max_length=16)]
    birth_rank: Annotated[int, msgspec.Meta(ge=1, le=9)]
    amc: Annotated[str, msgspec.Meta(max_length=16)] | None = None


class Gesture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The passkey's gesture for one typed check."""

    created: Annotated[int, msgspec.Meta(ge=0, lt=2**40)]
    assertion: AuthenticationResponse


class CheckBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /v1/checks`."""

    check_id: Annotated[str, msgspec.Meta(min_length=22, max_length=22)]
    subject: CardSubject | PhoneSubject | ReferenceSubject | PersonSubject
    care_date: date
    family: CareFamily
    gesture: Gesture | None = None


#: Checks in one request of practice software.
MOST = 50


class BatchBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /v1/checks/batch`."""

    checks: Annotated[tuple[CheckBody, ...], msgspec.Meta(min_length=1, max_length=MOST)]


class Kind(StrEnum):
    """What the subject was given as, in the ledger's words."""

    CARD = "card"
    PHONE = "phone"
    REFERENCE = "reference"
    PERSON = "person"


class Asked(NamedTuple):
    """A well-formed check: which lane, and the identifier that the keyring evaluates."""

    check: bytes
    lane: Lane
    kind: Kind
    identifier: bytes
    amc: str | None
    care_date: date
    family: CareFamily


_decoder = msgspec.json.Decoder(CheckBody)
_batches = msgspec.json.Decoder(BatchBody)
# Where msgspec says the fault is: our own names only, since a key of the sender's may be a number.
_PLACE = re.compile(r" - at `(\$(?:\.[A-Za-z_]+)*)`$")


def parse(body: bytes) -> CheckBody:
    """Parse a request body.

    Raises:
        MalformedError: Says which part, never with its value.
    """
    try:
        return _decoder.decode(body)
    except msgspec.ValidationError as error:
        # What msgspec says beside the place may hold a value.
        where = _PLACE.search(str(error))
        raise MalformedError(
            f"The check is malformed{f' at {where[1]}' if where else ''}.",
            hint="See /openapi.json for its form.",
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise MalformedError("The body is not JSON.") from None


def parse_batch(body: bytes) -> tuple[CheckBody, ...]:
    """Parse several checks, each with an id of its own.

    Raises:
        MalformedError: They are none, too many, or two have one id.
    """
    try:
        found = _batches.decode(body).checks
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # What msgspec says beside the place may hold a value.
        raise MalformedError(
            f"This is no list of 1 to {MOST} checks.", hint="See /openapi.json for its form."
        ) from None
    if len({each.check_id for each in found}) < len(found):
        raise MalformedError("Two checks have the same id.")
    return found


def asked(body: CheckBody) -> Asked:
    """Return what is asked, with the identifier in the form that the keyring evaluates.

    Raises:
        MalformedError: The check id is not one.
        InvalidSubjectError: A part of the subject cannot be right, whoever it is.
    """
    try:
        check = base64url.decode(body.check_id, 16)
    except ValueError:
        raise MalformedError("The check id is not 16 bytes of base64url.") from None
    insurer = None
    try:
        match body.subject:
            case CardSubject(card):
                lane, kind, identifier = Lane.CARD, Kind.CARD, code.decode(card)
            case PhoneSubject(shown):
                lane, kind, identifier = Lane.CARD, Kind.PHONE, presentation.decode(shown)
            case ReferenceSubject(reference):
                lane, kind, identifier = Lane.KNOWN, Kind.REFERENCE, _reference(reference)
            case PersonSubject(number, birth_date, birth_rank, named):
                lane, kind = Lane.TYPED, Kind.PERSON
                identifier = subject.person_identifier(
                    nir.parse(number), birth.parse(birth_date), birth_rank
                )
                insurer = None if named is None else amc.parse(named)
    except EcluseError as error:
        raise InvalidSubjectError(error.problem, hint=error.hint) from None
    return Asked(check, lane, kind, identifier, insurer, body.care_date, body.family)


def require_current(check: Asked, now: float) -> None:
    """Refuse what a phone showed more than a minute before `now` (Unix seconds).

    For the clerk's sake, who hears why: what counts is the keyring's own verification.

    Raises:
        LatePresentationError: It is too old, or of a time to come.
    """
    if check.kind is Kind.PHONE and not presentation.parse(check.identifier).current(now):
        raise LatePresentationError(
            "The phone's code is more than a minute old, or its clock is wrong.",
            hint="Scan the code that the phone shows now.",
        )


def _reference(text: str) -> bytes:
    try:
        return base64url.decode(text, REFERENCE_SIZE)
    except ValueError:
        raise InvalidSubjectError(
            "A settlement reference has 22 letters, digits, - or _.",
            hint="Copy it from the answer that it came with, or ask with the card.",
        ) from None


def typed_subject(
    body: CheckBody, person: PersonSubject, gesture: Gesture, keyid: str
) -> TypedSubject:
    """Return what the gesture must have committed to."""
    return TypedSubject(
        check_id=body.check_id,
        nir13=nir.parse(person.nir),
        birth_date=person.birth_date,
        birth_rank=person.birth_rank,
        amc=person.amc,
        care_date=body.care_date.isoformat(),
        family=body.family,
        created=gesture.created,
        keyid=keyid,
    )
