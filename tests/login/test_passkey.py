from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest
import webauthn
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st
from webauthn.helpers import encode_cbor, parse_cbor

from ecluse.client.authenticator import Flag, SoftwareAuthenticator
from ecluse.login import base64url, passkey
from ecluse.login.challenge import (
    TypedSubject,
    device_challenge,
    enrolment_challenge,
    gesture_challenge,
)
from ecluse.login.credential import AuthenticationResponse, PasskeyError, RegistrationResponse


if TYPE_CHECKING:
    from collections.abc import Mapping

ORIGIN = "http://localhost:8470"
PARTY = passkey.RelyingParty("localhost", ORIGIN)
ACCOUNT = bytes(range(16))
CHALLENGE = enrolment_challenge(b"ticket")
NONCE = bytes(40)
THUMBPRINT = hashlib.sha256(b"device").digest()
NOW = 1_795_460_000
SUBJECT = TypedSubject(
    check_id="AAAAAAAAAAAAAAAAAAAAAA",
    nir13="2550814168025",
    birth_date="19550800",
    birth_rank=1,
    amc="75004407",
    care_date="2026-11-23",
    family="pharmacy",
    created=NOW,
    keyid="a.b",
)
HUMAN = Flag.PRESENT | Flag.VERIFIED


def options(
    party: passkey.RelyingParty = PARTY, challenge: bytes = CHALLENGE
) -> Mapping[str, object]:
    return passkey.creation_options(party, account=ACCOUNT, label="Comptoir 1", challenge=challenge)


def registered(answer: RegistrationResponse) -> passkey.Passkey:
    return passkey.verify_registration(PARTY, answer, account=ACCOUNT, challenge=CHALLENGE)


def enrolled() -> tuple[SoftwareAuthenticator, passkey.Passkey]:
    authenticator = SoftwareAuthenticator(ORIGIN)
    return authenticator, registered(authenticator.create(options()))


def vouched(answer: AuthenticationResponse, kept: passkey.Passkey) -> int:
    return passkey.verify_device_assertion(PARTY, answer, kept, nonce=NONCE, thumbprint=THUMBPRINT)


def agreed(
    answer: AuthenticationResponse,
    kept: passkey.Passkey,
    subject: TypedSubject = SUBJECT,
    now: float = NOW,
) -> int:
    return passkey.verify_gesture(PARTY, answer, kept, agreed=subject, now=now)


def test_a_new_passkey_must_be_discoverable_and_verify_its_person() -> None:
    asked = json.loads(json.dumps(options()))
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert asked["authenticatorSelection"]["residentKey"] == "required"
    assert asked["attestation"] == "none"
    assert asked["rp"]["id"] == "localhost"
    assert asked["user"]["id"] == base64url.encode(ACCOUNT)


def test_a_new_passkey_is_kept_for_its_account() -> None:
    _, kept = enrolled()
    assert kept.account == ACCOUNT
    assert kept.sign_count == 0
    assert parse_cbor(kept.public_key)[3] == -7


def test_the_messages_are_those_that_a_browser_sends() -> None:
    authenticator = SoftwareAuthenticator(ORIGIN)
    sent = msgspec.json.encode(authenticator.create(options()))
    shown = json.loads(sent)
    assert set(shown) == {"id", "rawId", "response", "type"}
    assert set(shown["response"]) == {"clientDataJSON", "attestationObject"}
    shown["clientExtensionResults"] = {"credProps": {"rk": True}}
    shown["authenticatorAttachment"] = "cross-platform"
    registered(msgspec.json.decode(json.dumps(shown), type=RegistrationResponse))


def test_a_passkey_vouches_for_a_device() -> None:
    authenticator, kept = enrolled()
    answer = authenticator.get("localhost", device_challenge(NONCE, THUMBPRINT))
    assert answer.account() == ACCOUNT
    assert answer.credential() == kept.credential
    assert vouched(answer, kept) == 1


def test_a_gesture_agrees_to_one_subject() -> None:
    authenticator, kept = enrolled()
    assert agreed(authenticator.get("localhost", gesture_challenge(SUBJECT)), kept) == 1


def test_a_gesture_may_leave_out_the_account_that_is_known_already() -> None:
    authenticator, kept = enrolled()
    answer = authenticator.get("localhost", gesture_challenge(SUBJECT))
    shorter = msgspec.structs.replace(answer.response, user_handle=None)
    assert agreed(msgspec.structs.replace(answer, response=shorter), kept) == 1


def test_signing_in_names_its_account() -> None:
    authenticator, kept = enrolled()
    answer = authenticator.get("localhost", device_challenge(NONCE, THUMBPRINT))
    shorter = msgspec.structs.replace(answer.response, user_handle=None)
    with pytest.raises(PasskeyError, match="name its account"):
        vouched(msgspec.structs.replace(answer, response=shorter), kept)


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "http://localhost",
        "http://localhost:8471",
        "https://localhost:8470",
        "http://localhost:8470/",
        "http://LOCALHOST:8470",
        "http://localhost:8470.evil.example",
    ],
)
def test_it_refuses_what_was_made_on_another_page(origin: str) -> None:
    authenticator, kept = enrolled()
    with pytest.raises(PasskeyError):
        registered(SoftwareAuthenticator(origin).create(options()))
    authenticator.origin = origin
    with pytest.raises(PasskeyError):
        vouched(authenticator.get("localhost", device_challenge(NONCE, THUMBPRINT)), kept)


def test_it_refuses_passkeys_of_another_domain() -> None:
    elsewhere = passkey.RelyingParty("evil.example", ORIGIN)
    authenticator = SoftwareAuthenticator(ORIGIN)
    answer = authenticator.create(options(elsewhere))
    with pytest.raises(PasskeyError):
        registered(answer)
    made = passkey.verify_registration(elsewhere, answer, account=ACCOUNT, challenge=CHALLENGE)
    with pytest.raises(PasskeyError):
        vouched(authenticator.get("evil.example", device_challenge(NONCE, THUMBPRINT)), made)


@pytest.mark.parametrize("flags", [Flag.PRESENT, Flag.VERIFIED, Flag.NONE])
def test_it_refuses_without_a_person_present_and_verified(flags: Flag) -> None:
    authenticator, kept = enrolled()
    with pytest.raises(PasskeyError):
        registered(SoftwareAuthenticator(ORIGIN, flags=flags).create(options()))
    authenticator.flags = flags
    with pytest.raises(PasskeyError):
        vouched(authenticator.get("localhost", device_challenge(NONCE, THUMBPRINT)), kept)


def test_it_refuses_passkeys_that_can_leave_their_device_and_says_what_to_use() -> None:
    authenticator, kept = enrolled()
    synced = SoftwareAuthenticator(ORIGIN, flags=HUMAN | Flag.BACKUP_ELIGIBLE)
    with pytest.raises(passkey.SyncedPasskeyError) as refusal:
        registered(synced.create(options()))
    assert "security key" in refusal.value.hint
    authenticator.flags |= Flag.BACKUP_ELIGIBLE
    with pytest.raises(passkey.SyncedPasskeyError):
        vouched(authenticator.get("localhost", device_challenge(NONCE, THUMBPRINT)), kept)


def test_it_refuses_a_registration_for_another_ticket() -> None:
    other = enrolment_challenge(b"another ticket")
    with pytest.raises(PasskeyError):
        registered(SoftwareAuthenticator(ORIGIN).create(options(challenge=other)))


@pytest.mark.parametrize(
    "challenge",
    [
        device_challenge(NONCE, hashlib.sha256(b"thief").digest()),
        device_challenge(b"\x01" * 40, THUMBPRINT),
        gesture_challenge(SUBJECT),
        enrolment_challenge(NONCE + THUMBPRINT),
    ],
)
def test_it_refuses_vouching_for_another_device_or_moment(challenge: bytes) -> None:
    authenticator, kept = enrolled()
    with pytest.raises(PasskeyError):
        vouched(authenticator.get("localhost", challenge), kept)


@pytest.mark.parametrize(
    "change",
    [
        {"nir13": "1550814168025"},
        {"birth_rank": 2},
        {"family": "optics"},
        {"check_id": "BAAAAAAAAAAAAAAAAAAAAA"},
        {"keyid": "thief"},
        {"created": NOW - 1},
    ],
)
def test_it_refuses_a_gesture_for_another_subject(change: dict[str, str | int]) -> None:
    authenticator, kept = enrolled()
    answer = authenticator.get("localhost", gesture_challenge(SUBJECT))
    with pytest.raises(PasskeyError):
        agreed(answer, kept, msgspec.structs.replace(SUBJECT, **change))


@pytest.mark.parametrize("now", [NOW + 121, NOW - 31])
def test_it_refuses_a_gesture_of_another_moment(now: int) -> None:
    authenticator, kept = enrolled()
    answer = authenticator.get("localhost", gesture_challenge(SUBJECT))
    with pytest.raises(PasskeyError, match="moment"):
        agreed(answer, kept, now=now)


def test_it_refuses_another_accounts_passkey() -> None:
    authenticator, kept = enrolled()
    answer = authenticator.get("localhost", device_challenge(NONCE, THUMBPRINT))
    _, other = enrolled()
    with pytest.raises(PasskeyError, match="another passkey"):
        vouched(answer, other)
    with pytest.raises(PasskeyError, match="another passkey"):
        vouched(answer, msgspec.structs.replace(kept, account=bytes(16)))


def test_it_refuses_a_signature_of_another_key() -> None:
    _, kept = enrolled()
    thief, other = enrolled()
    answer = thief.get("localhost", device_challenge(NONCE, THUMBPRINT))
    named = msgspec.structs.replace(
        answer,
        id=base64url.encode(kept.credential),
        raw_id=base64url.encode(kept.credential),
    )
    assert vouched(answer, other) == 1
    with pytest.raises(PasskeyError, match="does not verify"):
        vouched(named, kept)


def test_it_refuses_a_counter_that_does_not_advance() -> None:
    authenticator, kept = enrolled()
    answer = authenticator.get("localhost", device_challenge(NONCE, THUMBPRINT))
    for count in (1, 2):
        ahead = msgspec.structs.replace(kept, sign_count=count)
        with pytest.raises(passkey.CounterError):
            vouched(answer, ahead)


@pytest.mark.parametrize(
    ("kept", "new", "follows"),
    [(0, 0, True), (0, 1, True), (4, 5, True), (4, 4, False), (4, 3, False), (4, 0, False)],
)
def test_counters_only_go_up_unless_the_passkey_never_counts(
    kept: int, new: int, follows: bool
) -> None:
    assert passkey.advances(kept, new) is follows


class Framed(SoftwareAuthenticator):
    """Used by our page inside another's frame."""

    def _client_data(self, ceremony: str, challenge: str) -> str:
        said = json.loads(base64url.decode(super()._client_data(ceremony, challenge)))
        return base64url.encode(json.dumps(said | {"crossOrigin": True}).encode())


def test_it_refuses_gestures_inside_another_pages_frame() -> None:
    framed = Framed(ORIGIN)
    answer = framed.create(options())
    with pytest.raises(PasskeyError):
        registered(answer)
    # Without attestation nothing signs the client data, so the passkey itself can be had.
    said = SoftwareAuthenticator(ORIGIN).create(options()).response.client_data
    kept = registered(with_response(answer, client_data=said))
    with pytest.raises(PasskeyError):
        vouched(framed.get("localhost", device_challenge(NONCE, THUMBPRINT)), kept)


def packed(key: ec.EllipticCurvePrivateKey, **statement: object) -> RegistrationResponse:
    """Register `key` with a packed statement that it signs itself (WebAuthn section 8.2)."""
    answer = with_key(
        SoftwareAuthenticator(ORIGIN).create(options()), cose(key.public_key(), size=32, curve=1)
    )
    data = parse_cbor(base64url.decode(answer.response.attestation_object))["authData"]
    hashed = hashlib.sha256(base64url.decode(answer.response.client_data)).digest()
    sealed = key.sign(data + hashed, ec.ECDSA(hashes.SHA256()))
    return attested(answer, {"fmt": "packed", "attStmt": {"alg": -7, "sig": sealed, **statement}})


def certificate(key: ec.EllipticCurvePrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Security key")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(Encoding.DER)


def test_it_accepts_self_attestation_which_browsers_may_pass_on() -> None:
    assert registered(packed(ec.generate_private_key(ec.SECP256R1()))).account == ACCOUNT


def test_it_refuses_attestation_certificates_though_they_would_verify() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    answer = packed(key, x5c=[certificate(key)])
    webauthn.verify_registration_response(
        credential=json.loads(msgspec.json.encode(answer)),
        expected_challenge=CHALLENGE,
        expected_rp_id="localhost",
        expected_origin=ORIGIN,
    )
    with pytest.raises(PasskeyError):
        registered(answer)


def test_it_refuses_attestation_that_nobody_asked_for() -> None:
    answer = SoftwareAuthenticator(ORIGIN).create(options())
    for change in ({"fmt": "tpm"}, {"fmt": "packed", "attStmt": {"x5c": [b""]}}, {"fmt": "new"}):
        with pytest.raises(PasskeyError):
            registered(attested(answer, change))


def cose(key: ec.EllipticCurvePublicKey, *, size: int, curve: int) -> dict[int, int | bytes]:
    numbers = key.public_numbers()
    x, y = numbers.x.to_bytes(size, "big"), numbers.y.to_bytes(size, "big")
    return {1: 2, 3: -7, -1: curve, -2: x, -3: y}


def rsa_cose(bits: int) -> dict[int, int | bytes]:
    numbers = rsa.generate_private_key(65537, bits).public_key().public_numbers()
    return {1: 3, 3: -257, -1: numbers.n.to_bytes(bits // 8, "big"), -2: b"\x01\x00\x01"}


P256 = cose(ec.generate_private_key(ec.SECP256R1()).public_key(), size=32, curve=1)
P384 = cose(ec.generate_private_key(ec.SECP384R1()).public_key(), size=48, curve=2)


@pytest.mark.parametrize(
    "key",
    [
        P256 | {-3: bytes(32)},
        P384,
        {1: 1, 3: -8, -1: 6, -2: bytes(32)},
        {**P256, 3: -65535},
        {**P256, -2: "text"},
        {1: 2, 3: -7, -1: 1},
        {},
        [],
        7,
        rsa_cose(1024),
    ],
)
def test_it_refuses_keys_that_cannot_be_trusted_to_sign(key: object) -> None:
    with pytest.raises(PasskeyError):
        registered(with_key(SoftwareAuthenticator(ORIGIN).create(options()), key))


@pytest.mark.parametrize("key", [P256, rsa_cose(2048)])
def test_it_accepts_the_keys_that_security_keys_and_windows_make(key: object) -> None:
    kept = registered(with_key(SoftwareAuthenticator(ORIGIN).create(options()), key))
    assert parse_cbor(kept.public_key) == key


@settings(max_examples=200)
@given(data=st.data())
def test_a_damaged_registration_is_refused_and_never_a_crash(data: st.DataObject) -> None:
    answer = SoftwareAuthenticator(ORIGIN).create(options())
    name = data.draw(st.sampled_from(["client_data", "attestation_object"]))
    damaged = bytearray(base64url.decode(getattr(answer.response, name)))
    place = data.draw(st.integers(min_value=0)) % len(damaged)
    damaged[place] = data.draw(st.integers(0, 255))
    try:
        kept = registered(with_response(answer, **{name: base64url.encode(bytes(damaged))}))
    except PasskeyError:
        return
    # Without attestation nothing signs the key, its id and its model: they are what they are.
    assert kept.account == ACCOUNT


@settings(max_examples=200)
@given(data=st.data())
def test_a_damaged_assertion_is_refused(data: st.DataObject) -> None:
    authenticator, kept = enrolled()
    answer = authenticator.get("localhost", device_challenge(NONCE, THUMBPRINT))
    name = data.draw(
        st.sampled_from(["client_data", "authenticator_data", "signature", "user_handle"])
    )
    whole = base64url.decode(getattr(answer.response, name))
    place = data.draw(st.integers(min_value=0)) % len(whole)
    bit = data.draw(st.integers(0, 7))
    damaged = whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :]
    changed = msgspec.structs.replace(answer.response, **{name: base64url.encode(damaged)})
    with pytest.raises(PasskeyError):
        vouched(msgspec.structs.replace(answer, response=changed), kept)


@pytest.mark.parametrize("text", ["A", "AB", "A+/=", "é"])
def test_fields_that_are_not_base64url_are_refused(text: str) -> None:
    authenticator, kept = enrolled()
    answer = authenticator.get("localhost", device_challenge(NONCE, THUMBPRINT))
    for name in ("client_data", "authenticator_data", "signature", "user_handle"):
        changed = msgspec.structs.replace(answer.response, **{name: text})
        with pytest.raises(PasskeyError):
            vouched(msgspec.structs.replace(answer, response=changed), kept)


def with_response(answer: RegistrationResponse, **changes: str) -> RegistrationResponse:
    return msgspec.structs.replace(
        answer, response=msgspec.structs.replace(answer.response, **changes)
    )


def attested(answer: RegistrationResponse, change: Mapping[str, object]) -> RegistrationResponse:
    whole = parse_cbor(base64url.decode(answer.response.attestation_object))
    return with_response(answer, attestation_object=base64url.encode(encode_cbor(whole | change)))


def with_key(answer: RegistrationResponse, key: object) -> RegistrationResponse:
    whole = parse_cbor(base64url.decode(answer.response.attestation_object))
    before_key = 32 + 1 + 4 + 16 + 2 + 32
    return attested(answer, {"authData": whole["authData"][:before_key] + encode_cbor(key)})
