"""Passkeys: their creation, and what their gestures prove (WebAuthn Level 3, by py_webauthn).

Stricter than the library's defaults: the person is verified every time, the page is exactly ours
and not framed by another, the key stays in one device. Synced passkeys are refused because
whoever takes over the cloud account behind them has the key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import webauthn
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from webauthn.helpers import (
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
    options_to_json_dict,
    parse_attestation_object,
    parse_client_data_json,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AttestationFormat,
    AuthenticationCredential,
    AuthenticatorAssertionResponse,
    AuthenticatorAttestationResponse,
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialHint,
    RegistrationCredential,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from ecluse.login.challenge import (
    ActStep,
    TypedSubject,
    device_challenge,
    gesture_challenge,
)
from ecluse.login.credential import PasskeyError, decode


if TYPE_CHECKING:
    from ecluse.login.credential import AuthenticationResponse, RegistrationResponse

GESTURE_SECONDS = 120
"""How old a typed check's gesture may be: time to touch a key or type its PIN."""
CLOCK_SECONDS = 30

_TIMEOUT_MS = 120_000
# ES256 is what every FIDO2 authenticator has; RS256 what Windows Hello has on an older TPM.
_ALGORITHMS = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
_RSA_BITS = range(2048, 4097)
# The library lets a malformed CBOR map or key surface as whatever Python raised.
_REFUSALS = (WebAuthnException, ValueError, TypeError, LookupError, AttributeError)


class SyncedPasskeyError(PasskeyError):
    """A passkey that can be copied to other devices."""

    def __init__(self) -> None:
        super().__init__(
            "This passkey can be copied to other devices, so it is not accepted.",
            hint="Use a security key, or the computer's own passkey (Windows Hello).",
        )


class CounterError(PasskeyError):
    """A signature counter that did not advance: the passkey may have been cloned."""

    def __init__(self) -> None:
        super().__init__(
            "The passkey's counter did not advance; it may have been copied.",
            hint="Enrol a new passkey and have this one refused.",
        )


class RelyingParty(msgspec.Struct, frozen=True):
    """Whose passkeys these are.

    `rp_id` is the domain that passkeys are bound to; `origin` the pages' origin, exactly as the
    browser writes it.
    """

    rp_id: str
    origin: str
    name: str = "Écluse"


class Passkey(msgspec.Struct, frozen=True):
    """A passkey as it is kept; `public_key` is COSE (RFC 9052), `account` 16 bytes."""

    account: bytes
    credential: bytes
    public_key: bytes
    sign_count: int


def creation_options(
    party: RelyingParty, *, account: bytes, label: str, challenge: bytes
) -> dict[str, Any]:
    """Return `PublicKeyCredentialCreationOptionsJSON` for a new passkey.

    Args:
        party: Whose passkey it will be.
        account: 16 bytes, the user handle; it says nothing about a person.
        label: What the browser shows beside the passkey.
        challenge: From `challenge.enrolment_challenge`.
    """
    options = webauthn.generate_registration_options(
        rp_id=party.rp_id,
        rp_name=party.name,
        user_id=account,
        user_name=label,
        challenge=challenge,
        timeout=_TIMEOUT_MS,
        attestation=AttestationConveyancePreference.NONE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        supported_pub_key_algs=_ALGORITHMS,
        hints=[PublicKeyCredentialHint.SECURITY_KEY, PublicKeyCredentialHint.CLIENT_DEVICE],
    )
    return options_to_json_dict(options)


def verify_registration(
    party: RelyingParty, answer: RegistrationResponse, *, account: bytes, challenge: bytes
) -> Passkey:
    """Return the passkey that `answer` made for `account`.

    Raises:
        SyncedPasskeyError: It can leave its device.
        PasskeyError: Anything else that is not as it must be.
    """
    response = AuthenticatorAttestationResponse(
        client_data_json=decode(answer.response.client_data),
        attestation_object=decode(answer.response.attestation_object),
    )
    try:
        _refuse_certificates(response.attestation_object)
        made = webauthn.verify_registration_response(
            credential=RegistrationCredential(answer.id, decode(answer.raw_id), response),
            expected_challenge=challenge,
            expected_rp_id=party.rp_id,
            expected_origin=party.origin,
            require_user_verification=True,
            supported_pub_key_algs=_ALGORITHMS,
        )
        _refuse_framed(response.client_data_json)
        _refuse_weak_key(made.credential_public_key)
    except _REFUSALS as error:
        raise PasskeyError("The new passkey does not verify.", hint="Begin again.") from error
    if made.credential_device_type is not CredentialDeviceType.SINGLE_DEVICE:
        raise SyncedPasskeyError
    return Passkey(account, made.credential_id, made.credential_public_key, made.sign_count)


def verify_device_assertion(
    party: RelyingParty,
    answer: AuthenticationResponse,
    passkey: Passkey,
    *,
    nonce: bytes,
    thumbprint: bytes,
) -> int:
    """Verify that the passkey's owner vouches for one device key; return the new sign count.

    Args:
        party: Whose passkey it is.
        answer: The assertion; it must name the account itself (discoverable credential).
        passkey: As kept, loaded by the account and credential that `answer` names.
        nonce: A login nonce that `login.nonce.check` accepted.
        thumbprint: Of the device key, 32 bytes.

    Raises:
        CounterError: Everything holds but the counter.
        PasskeyError: Anything else.
    """
    if answer.account() is None:
        raise PasskeyError("The passkey did not name its account.", hint="Enrol a new passkey.")
    return _verify_assertion(party, answer, passkey, device_challenge(nonce, thumbprint))


def verify_gesture(
    party: RelyingParty,
    answer: AuthenticationResponse,
    passkey: Passkey,
    *,
    agreed: TypedSubject | ActStep,
    now: float,
) -> int:
    """Verify that the passkey's owner agreed to just this, now; return the sign count.

    Raises:
        CounterError: Everything holds but the counter.
        PasskeyError: Anything else, an age beyond two minutes included.
    """
    _refuse_stale(agreed.created, now)
    return _verify_assertion(party, answer, passkey, gesture_challenge(agreed))


def _refuse_stale(created: int, now: float) -> None:
    if not now - GESTURE_SECONDS <= created <= now + CLOCK_SECONDS:
        raise PasskeyError("The gesture is not of this moment.", hint="Make it again.")


def _verify_assertion(
    party: RelyingParty, answer: AuthenticationResponse, passkey: Passkey, challenge: bytes
) -> int:
    if answer.credential() != passkey.credential or answer.account() not in {
        None,
        passkey.account,
    }:
        raise PasskeyError("The gesture was made with another passkey.")
    response = AuthenticatorAssertionResponse(
        client_data_json=decode(answer.response.client_data),
        authenticator_data=decode(answer.response.authenticator_data),
        signature=decode(answer.response.signature),
    )
    try:
        proof = webauthn.verify_authentication_response(
            credential=AuthenticationCredential(answer.id, passkey.credential, response),
            expected_challenge=challenge,
            expected_rp_id=party.rp_id,
            expected_origin=party.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=0,  # compared below: a clone is told from a forgery
            require_user_verification=True,
        )
        _refuse_framed(response.client_data_json)
    except _REFUSALS as error:
        raise PasskeyError("The passkey's gesture does not verify.", hint="Try again.") from error
    if proof.credential_device_type is not CredentialDeviceType.SINGLE_DEVICE:
        raise SyncedPasskeyError
    if not advances(passkey.sign_count, proof.new_sign_count):
        raise CounterError
    return proof.new_sign_count


def advances(kept: int, new: int) -> bool:
    """Tell whether a sign count may follow another (WebAuthn Level 3 section 6.1.1).

    Some passkeys do not count and always say 0.
    """
    return new > kept or new == kept == 0


def _refuse_certificates(attestation_object: bytes) -> None:
    """Refuse attestation statements that bring certificates to parse: none was asked for.

    Self attestation is what a browser may pass on all the same (WebAuthn Level 3 section 5.1.3).
    """
    attestation = parse_attestation_object(attestation_object)
    if attestation.fmt not in {AttestationFormat.NONE, AttestationFormat.PACKED}:
        raise ValueError("unasked attestation format")
    if attestation.att_stmt.x5c:
        raise ValueError("unasked attestation certificates")


def _refuse_framed(client_data: bytes) -> None:
    if parse_client_data_json(client_data).cross_origin:
        raise ValueError("made in a frame of another origin's page")


def _refuse_weak_key(public_key: bytes) -> None:
    key = decoded_public_key_to_cryptography(decode_credential_public_key(public_key))
    if isinstance(key, ec.EllipticCurvePublicKey):
        sound = isinstance(key.curve, ec.SECP256R1)
    else:
        sound = isinstance(key, rsa.RSAPublicKey) and key.key_size in _RSA_BITS
    if not sound:
        raise ValueError("unsuitable public key")
