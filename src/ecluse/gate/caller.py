"""Who asks: a request's signature verified against a registered device."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from ecluse.errors import EcluseError
from ecluse.gate.registered import Registered
from ecluse.login import profile, signature
from ecluse.login.keyid import KeyId


if TYPE_CHECKING:
    import asyncpg
    from starlette.requests import Request

    from ecluse.login.roles import AccountRole


#: A device read from the database may be asked for again from memory for so long (seconds). Every
#: check asks the database again in its own transaction.
_REMEMBERED = 10.0


class DeviceExpiredError(EcluseError):
    """No such device is registered now (HTTP 401): sign in again."""


class Caller(NamedTuple):
    """An account's device, proven by its signature over the whole request."""

    account: bytes
    role: AccountRole
    #: Empty for a role that belongs to none.
    organisation: bytes
    thumbprint: bytes
    keyid: str
    #: The signature's nonce and when it may be forgotten; still to be spent.
    nonce: tuple[bytes, datetime]


class Callers:
    """Verifies requests made for `origin`; remembers devices for so many seconds."""

    def __init__(
        self, pool: asyncpg.Pool[Any], origin: str, *, remembered: float = _REMEMBERED
    ) -> None:
        self._origin = origin
        self._registered = Registered(pool, remembered)

    async def identify(self, request: Request, body: bytes) -> Caller:
        """Return who signed `request`.

        Raises:
            SignatureError: The signature does not hold.
            DeviceExpiredError: It may hold, but nobody has vouched for this device today.
        """
        signed = signature.parse(request.scope["headers"])
        if signed.account is None:
            raise signature.SignatureError(signature.Fault.KEY)
        now = time.time()
        signer = await self._registered.find((signed.account, signed.thumbprint), now)
        if signer is None:
            raise DeviceExpiredError("This device is not signed in.", hint="Sign in again.")
        message = signed_message(request, body, self._origin)
        verified = signature.verify(signed, message, public_key=signer.public_key, now=now)
        return Caller(
            signed.account,
            signer.role,
            signer.organisation,
            signed.thumbprint,
            KeyId(signed.account, signed.thumbprint).text(),
            (verified.nonce, datetime.fromtimestamp(verified.expires + 60, UTC)),
        )

    def forget(self, caller: Caller) -> None:
        """Ask the database again next time."""
        self._registered.forget((caller.account, caller.thumbprint))


def prove_possession(
    request: Request, body: bytes, point: bytes, origin: str
) -> signature.SignedRequest:
    """Verify that a key which no account has yet signed this request; return what it signed.

    Raises:
        SignatureError: It did not, or the signature names an account.
    """
    signed = signature.parse(request.scope["headers"])
    if signed.account is not None:
        raise signature.SignatureError(signature.Fault.KEY)
    message = signed_message(request, body, origin)
    signature.verify(signed, message, public_key=point, now=time.time())
    return signed


def signed_message(request: Request, body: bytes, origin: str) -> profile.Message:
    """Return what a request's signature must cover; the target from our own origin, not Host.

    Raises:
        SignatureError: The target is no plain path and query.
    """
    try:
        target = profile.target_uri(
            origin, request.scope["raw_path"], request.scope["query_string"]
        )
    except profile.TargetError:
        raise signature.SignatureError(signature.Fault.TARGET) from None
    return profile.Message(request.method, target, body)
