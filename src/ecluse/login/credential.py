"""The JSON in which a browser hands over what a passkey made (WebAuthn Level 3 section 5.1).

Only what is verified is read; the fields are those of `PublicKeyCredential.toJSON()`. Bytes are
base64url; a text that is not the canonical one of its bytes is refused.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from ecluse.errors import EcluseError
from ecluse.login import base64url


class PasskeyError(EcluseError):
    """A passkey, or what it made, that is not accepted."""


class Attestation(msgspec.Struct, frozen=True, rename="camel"):
    """`AuthenticatorAttestationResponseJSON`."""

    attestation_object: str
    client_data: str = msgspec.field(name="clientDataJSON")


class Assertion(msgspec.Struct, frozen=True, rename="camel"):
    """`AuthenticatorAssertionResponseJSON`."""

    authenticator_data: str
    signature: str
    client_data: str = msgspec.field(name="clientDataJSON")
    user_handle: str | None = None


class RegistrationResponse(msgspec.Struct, frozen=True, rename="camel"):
    """`RegistrationResponseJSON`: what `navigator.credentials.create()` gives."""

    id: str
    raw_id: str
    response: Attestation
    type: Literal["public-key"]


class AuthenticationResponse(msgspec.Struct, frozen=True, rename="camel"):
    """`AuthenticationResponseJSON`: what `navigator.credentials.get()` gives."""

    id: str
    raw_id: str
    response: Assertion
    type: Literal["public-key"]

    def credential(self) -> bytes:
        """Return the id of the passkey that claims to have signed.

        Raises:
            PasskeyError: Not base64url.
        """
        return decode(self.raw_id)

    def account(self) -> bytes | None:
        """Return the user handle, which is the account; None when the passkey gave none.

        Raises:
            PasskeyError: Not base64url.
        """
        handle = self.response.user_handle
        return decode(handle) if handle else None


def decode(text: str) -> bytes:
    """Return the bytes of a field.

    Raises:
        PasskeyError: Not the canonical base64url of any bytes.
    """
    try:
        return base64url.decode(text)
    except ValueError as error:
        raise PasskeyError("A field of the passkey's answer is not base64url.") from error
