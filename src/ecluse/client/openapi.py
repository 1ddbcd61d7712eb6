"""The gate's API as OpenAPI 3.1 (spec.openapis.org/oas/v3.1.1), from the types that it is made of.

Bodies are the gate's own structs, replies those that this client library reads. The tests of P1 hold
that every door of the gate stands here.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, NamedTuple

import msgspec

from ecluse import __version__
from ecluse.client import replies
from ecluse.gate import client_door, login_door, phone_door, price_door, settle_door
from ecluse.gate.request import BatchBody, CheckBody
from ecluse.ledger.proofs import ConsistencyProof, InclusionProof
from ecluse.settle.statement import Statement


class Operation(NamedTuple):
    """One route: what it is for, what it takes and tells."""

    method: str
    path: str
    summary: str
    body: Any = None
    #: None: text, a C2SP signed note.
    reply: Any = None
    #: By the one RFC 9421 profile; "new": by a key that the body brings itself.
    signed: str = "device"
    #: Queries, each a date.
    dates: tuple[str, ...] = ()


class Acts(msgspec.Struct, frozen=True):
    """`GET /v1/acts`: the kinds of act that have a price, by care family."""

    families: dict[str, list[dict[str, str]]]


class Live(msgspec.Struct, frozen=True):
    """`GET /health/live`."""

    live: bool


class Ready(msgspec.Struct, frozen=True):
    """`GET /health/ready`: database and keyring answer; enough witnesses vouch for the ledger."""

    ready: bool
    witnessed: bool


_CHECK = replies.Covered | replies.NotCovered | replies.Refused
_QUOTE = replies.Quoted | replies.NotQuoted

OPERATIONS = (
    Operation("POST", "/v1/checks", "Check one person's cover.", CheckBody, _CHECK),
    Operation(
        *("POST", "/v1/checks/batch", "Check up to 50 cards or references: practice software."),
        *(BatchBody, replies.BatchReplies),
    ),
    Operation(
        "GET", "/v1/checks/{check_id}", "Ask for the reply of the last minute.", None, _CHECK
    ),
    Operation("GET", "/v1/me", "The own account: budgets, devices, expiry.", None, replies.Me),
    Operation("GET", "/v1/insurers", "Insurers served, and since when.", None, replies.Insurers),
    Operation(
        *("POST", "/v1/prices", "Price a bill under the covers that a card's answer told of."),
        *(price_door.PriceBody, replies.Priced),
    ),
    Operation("GET", "/v1/acts", "The kinds of act that have a price.", None, Acts),
    Operation(
        *("POST", "/v1/quotes", "Guarantee what insurers pay for a check's care, for some days."),
        *(settle_door.QuoteBody, _QUOTE),
    ),
    Operation(
        *("POST", "/v1/claims", "Claim a check's care; the same claim is taken once."),
        *(settle_door.ClaimsBody, replies.ClaimReplies),
    ),
    Operation(
        *("GET", "/v1/statement", "What is owed for the claims of a period.", None, Statement),
        dates=("since", "until"),
    ),
    Operation(
        *("POST", "/v1/phones", "Have a member's phone stand for a card."),
        *(phone_door.EnrolBody, replies.PhoneBound, "new"),
    ),
    Operation(
        *("POST", "/v1/phones/end", "End a phone, by its insurer's word."),
        *(phone_door.EndBody, replies.PhoneEnded, ""),
    ),
    Operation("POST", "/v1/login/begin", "Begin a sign-in.", None, replies.LoginBegun, ""),
    Operation(
        *("POST", "/v1/login/finish", "Sign a device in with a passkey."),
        *(login_door.LoginBody, replies.SignedIn, "new"),
    ),
    Operation(
        *("POST", "/v1/logout", "Sign this device out, or all."),
        *(login_door.LogoutBody, replies.SignedOut),
    ),
    Operation(
        *("POST", "/v1/enrolments/begin", "Ask to join with a passkey."),
        *(login_door.JoinBody, replies.EnrolmentBegun, ""),
    ),
    Operation(
        *("POST", "/v1/enrolments/finish", "Hand over the passkey that was made."),
        *(login_door.JoinedBody, replies.Enrolled, ""),
    ),
    Operation(
        *("POST", "/v1/enrolments/client", "Ask to join with practice software's key."),
        *(client_door.JoinBody, replies.Enrolled, "new"),
    ),
    Operation(
        *("POST", "/v1/client/rotate", "Put a new key of practice software in place."),
        *(client_door.RotateBody, replies.Rotated),
    ),
    Operation(
        *("GET", "/v1/enrolments/{fingerprint}", "Whether an officer has accepted it."),
        *(None, replies.EnrolmentState, ""),
    ),
    Operation("GET", "/v1/ledger/checkpoint", "The ledger's latest checkpoint.", signed=""),
    Operation(
        *("GET", "/v1/ledger/checkpoint/cosigned", "The newest one that witnesses cosigned."),
        signed="",
    ),
    Operation(
        *("GET", "/v1/ledger/proof/{position}", "Prove that an entry stands in the ledger."),
        *(None, InclusionProof, ""),
    ),
    Operation(
        *("GET", "/v1/ledger/consistency/{size}", "Prove that the ledger goes on from a size."),
        *(None, ConsistencyProof, ""),
    ),
    Operation("GET", "/health/live", "The process runs.", None, Live, ""),
    Operation("GET", "/health/ready", "It can answer.", None, Ready, ""),
    Operation("GET", "/openapi.json", "This description.", None, dict[str, Any], ""),
)

_SIGNED = """Every signed request follows one profile of RFC 9421: `@method`, `@target-uri`,
`content-digest` and `content-type`, with created, expires, nonce, keyid, alg and tag. There is no
password, session or cookie. A refusal of a check is one fixed reply, whatever its reason."""


def describe() -> dict[str, Any]:
    """Return the whole description."""
    kinds = [kind for each in OPERATIONS for kind in (each.body, each.reply) if kind is not None]
    schemas, components = msgspec.json.schema_components(
        [*kinds, replies.Fault],
        ref_template="#/components/schemas/{name}",
        schema_hook=_anything,
    )
    found = dict(zip(map(id, kinds), schemas, strict=False))
    paths: dict[str, dict[str, Any]] = {}
    for each in OPERATIONS:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, found)
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Écluse, the gate",
            "version": __version__,
            "description": _SIGNED,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                name: {"type": "apiKey", "in": "header", "name": "signature", "description": words}
                for name, words in _SCHEMES.items()
            },
        },
    }


def _anything(kind: type) -> dict[str, Any]:
    """Describe what a browser's passkey adds of its own: it is not read.

    Raises:
        NotImplementedError: Another type, which has to be described.
    """
    if kind is object:
        return {"description": "Anything."}
    raise NotImplementedError


_SCHEMES = {
    "device": "An RFC 9421 signature by a device or client key that is registered now.",
    "new": "An RFC 9421 signature by the very key that the body brings.",
}


def _operation(each: Operation, schemas: dict[int, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "summary": each.summary,
        "operationId": f"{each.method.lower()}{each.path}".replace("/", "_")
        .replace("{", "")
        .replace("}", ""),
        "parameters": [
            *(_parameter(name, "path") for name in _named(each.path)),
            *(_parameter(name, "query", date=True) for name in each.dates),
        ],
        "responses": {
            "200": {
                "description": HTTPStatus.OK.phrase,
                "content": _content(schemas.get(id(each.reply)), each.reply),
            },
            "default": {
                "description": "A code for programs and a sentence for people.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Fault"}}},
            },
        },
        "security": [{each.signed: []}] if each.signed else [],
    }
    if each.body is not None:
        content = {"application/json": {"schema": schemas[id(each.body)]}}
        told["requestBody"] = {"required": True, "content": content}
    return told


def _content(schema: Any, reply: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON schemas, and types
    if reply is None:
        return {"text/plain": {"schema": {"type": "string"}}}
    return {"application/json": {"schema": schema}}


def _named(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


def _parameter(name: str, place: str, *, date: bool = False) -> dict[str, Any]:
    number = name in {"position", "size"}
    schema: dict[str, Any] = {"type": "integer", "minimum": 0} if number else {"type": "string"}
    if date:
        schema["format"] = "date"
    return {"name": name, "in": place, "required": True, "schema": schema}
