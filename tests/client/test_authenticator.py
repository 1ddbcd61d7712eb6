from __future__ import annotations

import hashlib

import pytest
from webauthn.helpers import parse_attestation_object, parse_authenticator_data

from ecluse.client.authenticator import AuthenticatorError, Flag, SoftwareAuthenticator
from ecluse.login import base64url, passkey


ORIGIN = "http://localhost:8470"
PARTY = passkey.RelyingParty("localhost", ORIGIN)
OPTIONS = passkey.creation_options(
    PARTY, account=bytes(16), label="Comptoir 1", challenge=bytes(32)
)


def test_it_makes_what_a_security_key_makes() -> None:
    made = SoftwareAuthenticator(ORIGIN).create(OPTIONS)
    attestation = parse_attestation_object(base64url.decode(made.response.attestation_object))
    data = attestation.auth_data
    assert attestation.fmt == "none"
    assert data.rp_id_hash == hashlib.sha256(b"localhost").digest()
    assert (data.flags.up, data.flags.uv, data.flags.be, data.flags.bs) == (
        True,
        True,
        False,
        False,
    )
    assert data.attested_credential_data is not None
    assert base64url.encode(data.attested_credential_data.credential_id) == made.raw_id == made.id


def test_it_counts_its_signatures() -> None:
    authenticator = SoftwareAuthenticator(ORIGIN)
    authenticator.create(OPTIONS)
    answers = [authenticator.get("localhost", bytes(32)) for _ in range(3)]
    data = [base64url.decode(answer.response.authenticator_data) for answer in answers]
    assert [parse_authenticator_data(one).sign_count for one in data] == [1, 2, 3]


def test_its_flags_are_what_it_was_told() -> None:
    authenticator = SoftwareAuthenticator(ORIGIN, flags=Flag.PRESENT | Flag.BACKUP_ELIGIBLE)
    authenticator.create(OPTIONS)
    answer = authenticator.get("localhost", bytes(32))
    flags = parse_authenticator_data(base64url.decode(answer.response.authenticator_data)).flags
    assert (flags.up, flags.uv, flags.be) == (True, False, True)


def test_a_passkey_serves_its_own_site_only() -> None:
    authenticator = SoftwareAuthenticator(ORIGIN)
    authenticator.create(OPTIONS)
    with pytest.raises(AuthenticatorError, match="no passkey"):
        authenticator.get("evil.example", bytes(32))


def test_it_makes_no_credential_that_it_cannot_sign_with() -> None:
    wanted = {**OPTIONS, "pubKeyCredParams": [{"type": "public-key", "alg": -257}]}
    with pytest.raises(AuthenticatorError, match="ES256"):
        SoftwareAuthenticator(ORIGIN).create(wanted)
