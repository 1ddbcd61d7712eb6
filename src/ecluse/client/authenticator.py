"""A FIDO2 authenticator in software, for rehearsals, load runs and tests.

It makes what a security key makes (WebAuthn Level 3 sections 6.1 and 6.5): ES256 credentials,
discoverable, with a signature counter, attestation "none", the person claimed to be verified. It
verifies nobody and keeps its keys in memory: whoever holds the process can use them. A counter at
work uses a security key or the computer's own passkey through its browser.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from enum import IntFlag
from typing import TYPE_CHECKING, Any

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import encode_cbor

from ecluse.errors import EcluseError
from ecluse.login import base64url
from ecluse.login.credential import (
    Assertion,
    Attestation,
    AuthenticationResponse,
    RegistrationResponse,
)


if TYPE_CHECKING:
    from collections.abc import Mapping

_AAGUID = bytes(16)  # "no model": what an authenticator without attestation reports
_ES256 = -7


class Flag(IntFlag):
    """Flags of authenticator data (WebAuthn Level 3 section 6.1)."""

    NONE = 0x00
    PRESENT = 0x01
    VERIFIED = 0x04
    BACKUP_ELIGIBLE = 0x08
    ATTESTED = 0x40


class AuthenticatorError(EcluseError):
    """What this authenticator cannot do."""


class _Credential(msgspec.Struct):
    rp_id: str
    user_handle: bytes
    private_key: ec.EllipticCurvePrivateKey
    sign_count: int = 0


class SoftwareAuthenticator:
    """Credentials in memory, used on behalf of the page at `origin`.

    Attributes:
        origin: What a browser would write into the client data.
        flags: What every message claims about the person and the credential.
        counts: Whether it counts signatures; many passkeys always say 0 (section 6.1.1).
    """

    def __init__(
        self,
        origin: str,
        *,
        flags: Flag = Flag.PRESENT | Flag.VERIFIED,
        counts: bool = True,
    ) -> None:
        self.origin = origin
        self.flags = flags
        self.counts = counts
        self._credentials: dict[bytes, _Credential] = {}

    def create(self, options: Mapping[str, Any]) -> RegistrationResponse:
        """Make a credential.

        Args:
            options: `PublicKeyCredentialCreationOptionsJSON`.

        Raises:
            AuthenticatorError: ES256 is not among the algorithms asked for.
        """
        if all(wanted["alg"] != _ES256 for wanted in options["pubKeyCredParams"]):
            raise AuthenticatorError("This authenticator makes ES256 credentials only.")
        number = secrets.token_bytes(32)
        made = _Credential(
            rp_id=options["rp"]["id"],
            user_handle=base64url.decode(options["user"]["id"]),
            private_key=ec.generate_private_key(ec.SECP256R1()),
        )
        self._credentials[number] = made
        attested = _AAGUID + len(number).to_bytes(2, "big") + number + _cose(made.private_key)
        data = self._data(made, Flag.ATTESTED) + attested
        attestation = encode_cbor({"fmt": "none", "attStmt": {}, "authData": data})
        return RegistrationResponse(
            id=base64url.encode(number),
            raw_id=base64url.encode(number),
            response=Attestation(
                client_data=self._client_data("webauthn.create", options["challenge"]),
                attestation_object=base64url.encode(attestation),
            ),
            type="public-key",
        )

    def get(self, rp_id: str, challenge: bytes) -> AuthenticationResponse:
        """Sign `challenge` with the latest credential for `rp_id`.

        Raises:
            AuthenticatorError: There is none.
        """
        known = [number for number, kept in self._credentials.items() if kept.rp_id == rp_id]
        if not known:
            raise AuthenticatorError("This authenticator has no passkey for that site.")
        number = known[-1]
        kept = self._credentials[number]
        kept.sign_count += self.counts
        data = self._data(kept)
        client_data = self._client_data("webauthn.get", base64url.encode(challenge))
        signed = data + hashlib.sha256(base64url.decode(client_data)).digest()
        return AuthenticationResponse(
            id=base64url.encode(number),
            raw_id=base64url.encode(number),
            response=Assertion(
                client_data=client_data,
                authenticator_data=base64url.encode(data),
                signature=base64url.encode(
                    kept.private_key.sign(signed, ec.ECDSA(hashes.SHA256()))
                ),
                user_handle=base64url.encode(kept.user_handle),
            ),
            type="public-key",
        )

    def _data(self, credential: _Credential, more: Flag = Flag.NONE) -> bytes:
        rp_hash = hashlib.sha256(credential.rp_id.encode()).digest()
        return rp_hash + bytes([self.flags | more]) + credential.sign_count.to_bytes(4, "big")

    def _client_data(self, ceremony: str, challenge: str) -> str:
        said = {
            "type": ceremony,
            "challenge": challenge,
            "origin": self.origin,
            "crossOrigin": False,
        }
        return base64url.encode(json.dumps(said, separators=(",", ":")).encode())


def _cose(private_key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the public key as COSE (RFC 9053 section 7.1.1): EC2, ES256, P-256, x, y."""
    point = private_key.public_key().public_numbers()
    return encode_cbor(
        {1: 2, 3: _ES256, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
    )
