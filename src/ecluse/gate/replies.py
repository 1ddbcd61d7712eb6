"""HTTP forms: JSON bodies, errors with a code and a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from starlette.responses import Response

from ecluse.acts.act import ActError, NotYoursError
from ecluse.cards.grant import GrantError
from ecluse.errors import EcluseError
from ecluse.gate.again import NoAnswerError, OtherCheckError
from ecluse.gate.caller import DeviceExpiredError
from ecluse.gate.catalogue import NoPackageError
from ecluse.gate.pipeline import BusyError, ReplayedError, UnavailableError
from ecluse.gate.request import (
    InvalidSubjectError,
    LatePresentationError,
    MalformedError,
    NoPersonThereError,
)
from ecluse.keyring.client import KeyringUnreachableError
from ecluse.ledger.errors import LedgerError
from ecluse.login.clients import NotAClientError, RotationError
from ecluse.login.credential import PasskeyError
from ecluse.login.devices import DeviceError
from ecluse.login.enrolment import EnrolmentError, TooManyWaitError
from ecluse.login.roles import RoleError
from ecluse.login.signature import SignatureError
from ecluse.login.stamp import StampError


if TYPE_CHECKING:
    from starlette.requests import Request


#: A request's body, at most.
MOST_BYTES = 64 * 1024

HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


class TooLargeError(EcluseError):
    """The body is larger than any honest one (HTTP 413)."""


_ERRORS: dict[type[EcluseError], tuple[int, str]] = {
    SignatureError: (401, "signature"),
    DeviceExpiredError: (401, "device_expired"),
    ReplayedError: (401, "replayed"),
    PasskeyError: (401, "gesture"),
    StampError: (401, "expired"),
    DeviceError: (401, "device"),
    MalformedError: (400, "malformed"),
    RoleError: (403, "role"),
    NotYoursError: (403, "role"),
    ActError: (409, "act"),
    TooManyWaitError: (429, "enrolments_full"),
    OtherCheckError: (400, "check_id"),
    NoAnswerError: (404, "no_answer"),
    NoPackageError: (404, "no_package"),
    EnrolmentError: (409, "enrolment"),
    TooLargeError: (413, "too_large"),
    InvalidSubjectError: (422, "invalid_subject"),
    LatePresentationError: (422, "late_presentation"),
    NoPersonThereError: (422, "no_person_there"),
    GrantError: (403, "grant"),
    NotAClientError: (403, "not_a_client"),
    RotationError: (409, "rotation"),
    LedgerError: (404, "not_yet"),
    BusyError: (429, "busy"),
    UnavailableError: (503, "unavailable"),
    KeyringUnreachableError: (503, "unavailable"),
}


def json(value: object, status: int = 200) -> Response:
    """Return `value` as a JSON response that nobody may cache."""
    body = value if isinstance(value, bytes) else msgspec.json.encode(value)
    return Response(body, status, HEADERS, "application/json")


async def failure(_: Request, error: Exception) -> Response:
    """Turn an Écluse error into its status, code and sentence."""
    status, told = fault_of(error)
    return json(told, status)


def fault_of(error: Exception) -> tuple[int, dict[str, str]]:
    """Return an error's status, and its code and sentence."""
    status, code = next(
        (told for kind, told in _ERRORS.items() if isinstance(error, kind)), (400, "malformed")
    )
    problem = error.problem if isinstance(error, EcluseError) else str(error)
    hint = error.hint if isinstance(error, EcluseError) else ""
    return status, {"error": code, "message": f"{problem} {hint}".strip()}


async def unavailable(_: Request, __: Exception) -> Response:
    """Answer while the database is away."""
    told = {"error": "unavailable", "message": "The database does not answer. Try again."}
    return json(told, 503)


async def fault(_: Request, __: Exception) -> Response:
    """Answer for a fault of ours; what it was stands in the log, not in the answer."""
    told = {"error": "fault", "message": "The gate failed. Nothing was told about anybody."}
    return json(told, 500)


async def body_of(request: Request) -> bytes:
    """Return the body.

    Raises:
        TooLargeError: More than 64 kB.
    """
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise TooLargeError("The request is larger than 64 kB.")
    return bytes(body)
