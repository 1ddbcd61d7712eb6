"""An alarm as a STIX 2.1 object: an indicator, signed on its own (OASIS STIX 2.1; pure).

One object says everything, so that no filter, page or bundle can part an alarm from its signature:
an `indicator` with a property extension (section 7.3) that names the professional by register
numbers and carries the signature: ES256 over the object's canonical JSON (RFC 8785) without the
signature itself. Nothing in it is about members.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from uuid import UUID

import msgspec
import rfc8785

from ecluse.errors import EcluseError
from ecluse.exchange.pattern import CHECK, pattern
from ecluse.ids import finess, rpps
from ecluse.ids.errors import IdentifierError
from ecluse.login import base64url, signature
from ecluse.policy.exchange import Shared


if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecluse.policy.watch import WatchPolicy


EXTENSION = "extension-definition--5c9f1d27-6f0c-4ba3-9f2e-8a1f6f3f0d21"
_PROJECT = "identity--0b7a4b9c-51c4-4c67-9d0a-3e8f5b1d7c42"
_SINCE = "2026-11-25T00:00:00.000Z"

PROJECT: dict[str, Any] = {
    "type": "identity",
    "spec_version": "2.1",
    "id": _PROJECT,
    "created": _SINCE,
    "modified": _SINCE,
    "name": "Écluse",
    "identity_class": "system",
}
"""Who made the extension."""

DEFINITION: dict[str, Any] = {
    "type": "extension-definition",
    "spec_version": "2.1",
    "id": EXTENSION,
    "created_by_ref": _PROJECT,
    "created": _SINCE,
    "modified": _SINCE,
    "name": "A professional's account in third-party payment",
    "description": "Whose account an alarm is about, by French register numbers, and who signed it.",
    "schema": msgspec.json.encode(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {
                "extension_type": {"const": "property-extension"},
                "kind": {"enum": [each.value for each in Shared]},
                "finess": {"type": "string", "description": "of the organisation"},
                "profession": {"type": "string", "description": "code of TRE_G15"},
                "rpps": {"type": "string", "description": "of the professional, where known"},
                "key": {"type": "string", "description": "RFC 7638 thumbprint of a P-256 key"},
                "signature": {
                    "type": "string",
                    "description": "base64url of ES256 (r and s) by that key over the RFC 8785 form"
                    " of the whole object without this member",
                },
            },
            "required": ["extension_type", "kind", "key", "signature"],
            "$comment": f"In patterns, {CHECK} is one check: lane, found, over_budget, invented,"
            " new_person, organisation_finess, professional_rpps.",
        }
    ).decode(),
    "version": "1.0.0",
    "extension_types": ["property-extension", "new-sco"],
}
"""What the extension is (STIX 2.1, section 7.3)."""


class StixError(EcluseError):
    """An object that is no alarm of a neighbour's."""


class Professional(NamedTuple):
    """Whose account; empty when it is about everybody, `rpps` also when that is not known."""

    finess: str = ""
    profession: str = ""
    rpps: str = ""


class Raised(NamedTuple):
    """An alarm of ours to tell."""

    #: 16 random bytes.
    number: bytes
    kind: Shared
    at: datetime
    why: str
    professional: Professional


class Told(msgspec.Struct, frozen=True):
    """A neighbour's alarm, its signature proven. The neighbour's own words are not in it."""

    object: str
    kind: Shared
    professional: Professional
    at: datetime
    until: datetime
    revoked: bool


class _Extension(msgspec.Struct, frozen=True):
    kind: Shared
    key: str
    signature: str
    finess: str = ""
    rpps: str = ""
    profession: str = ""


class _Indicator(msgspec.Struct, frozen=True):
    type: Literal["indicator"]
    spec_version: Literal["2.1"]
    id: str
    valid_from: datetime
    valid_until: datetime
    extensions: dict[str, Any]
    revoked: bool = False


def operator(name: str, thumbprint: bytes, since: datetime) -> dict[str, Any]:
    """Return the identity of the operator with this key."""
    return {
        "type": "identity",
        "spec_version": "2.1",
        "id": operator_id(thumbprint),
        "created": timestamp(since),
        "modified": timestamp(since),
        "name": name,
        "identity_class": "organization",
    }


def operator_id(thumbprint: bytes) -> str:
    """Return the id of the identity of the operator with this key."""
    return f"identity--{UUID(bytes=thumbprint[:16], version=4)}"


def indicator(
    raised: Raised, thumbprint: bytes, until: datetime, policy: WatchPolicy
) -> dict[str, Any]:
    """Return an alarm as an indicator that is still to be signed (`signed`)."""
    who = raised.professional
    named = {name: value for name, value in who._asdict().items() if value}
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{UUID(bytes=raised.number, version=4)}",
        "created_by_ref": operator_id(thumbprint),
        "created": timestamp(raised.at),
        "modified": timestamp(raised.at),
        "name": f"Third-party payment: {raised.kind}",
        "description": raised.why,
        "indicator_types": ["compromised"],
        "pattern": pattern(raised.kind, who.finess, who.rpps, policy),
        "pattern_type": "stix",
        "pattern_version": "2.1",
        "valid_from": timestamp(raised.at),
        "valid_until": timestamp(until),
        "extensions": {
            EXTENSION: {
                "extension_type": "property-extension",
                "kind": raised.kind.value,
                "key": base64url.encode(thumbprint),
                **named,
            }
        },
    }


def to_sign(unsigned: Mapping[str, Any]) -> bytes:
    """Return the bytes that are signed: canonical JSON (RFC 8785) of an object not yet signed."""
    return rfc8785.dumps(dict(unsigned))


def signed(unsigned: Mapping[str, Any], made: bytes) -> bytes:
    """Return the canonical JSON of an object with its signature (64 bytes) in it."""
    extension = unsigned["extensions"][EXTENSION] | {"signature": base64url.encode(made)}
    return rfc8785.dumps({**unsigned, "extensions": {EXTENSION: extension}})


def read(told: object, public_key: bytes, thumbprint: bytes) -> Told:
    """Return a neighbour's alarm once its signature holds.

    Args:
        told: One object of a TAXII envelope, decoded.
        public_key: The neighbour's, an uncompressed P-256 point of 65 bytes.
        thumbprint: That key's.

    Raises:
        StixError: No indicator with our extension, register numbers that are none, or a signature
            by another key, over other content, or of another form.
    """
    try:
        found = msgspec.convert(told, _Indicator)
        extension = msgspec.convert(found.extensions.get(EXTENSION), _Extension)
        who = Professional(
            finess.parse(extension.finess) if extension.finess else "",
            "",
            rpps.parse(extension.rpps) if extension.rpps else "",
        )
        made = base64url.decode(extension.signature, 64)
    except (msgspec.ValidationError, IdentifierError, ValueError):
        raise StixError("This is no alarm between operators.") from None
    if extension.key != base64url.encode(thumbprint):
        raise StixError("The alarm is signed by another key than the neighbour's.")
    try:
        signature.verify_bare(public_key, to_sign(_unsigned(told)), made)
    except (signature.SignatureError, rfc8785.CanonicalizationError):
        raise StixError("The alarm's signature does not hold.") from None
    if found.valid_from.tzinfo is None or found.valid_until.tzinfo is None:
        raise StixError("The alarm's times have no time zone.")
    return Told(found.id, extension.kind, who, found.valid_from, found.valid_until, found.revoked)


def timestamp(moment: datetime) -> str:
    """Return a moment as STIX and TAXII write it, to the microsecond."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _unsigned(told: Any) -> dict[str, Any]:  # noqa: ANN401 - what JSON decodes to
    extensions = dict(told["extensions"])
    extensions[EXTENSION] = {
        name: value for name, value in extensions[EXTENSION].items() if name != "signature"
    }
    return {**told, "extensions": extensions}
