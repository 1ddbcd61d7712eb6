"""An independent implementation of RFC 9421 agrees with ours, both ways."""

from __future__ import annotations

import datetime as dt
import os
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    InvalidSignature,
    MappingKeyResolver,
)
from http_message_signatures.algorithms import ECDSA_P256_SHA256
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.client.device import DeviceKey
from ecluse.client.signing import signed_headers
from ecluse.login import base64url, profile, signature
from ecluse.login.keyid import KeyId


PRIVATE = ec.generate_private_key(ec.SECP256R1())
DEVICE = DeviceKey(PRIVATE)
ACCOUNT = bytes(range(16))
KEYID = KeyId(ACCOUNT, DEVICE.thumbprint).text()
KEYS = MappingKeyResolver(public_keys={KEYID: PRIVATE.public_key()}, private_keys={KEYID: PRIVATE})
COMPONENTS = ("@method", "@target-uri", "content-digest", "content-type")
ORDER = ("created", "expires", "nonce", "keyid", "alg", "tag")

paths = st.text("abcdefghijklmnopqrstuvwxyz0123456789-._~", max_size=20).map(
    lambda text: f"/{text}"
)
targets = paths.filter(lambda path: path not in {"/.", "/.."}).map(
    lambda path: f"http://localhost:8471{path}"
)
messages = st.builds(
    profile.Message, st.sampled_from(["GET", "POST"]), targets, st.binary(max_size=200)
)


class Request:
    """A message as the oracle wants it."""

    def __init__(self, message: profile.Message, headers: dict[str, str]) -> None:
        self.method = message.method
        self.url = message.target_uri
        self.headers = dict(headers)


class OrderedSigner(HTTPMessageSigner):
    """The oracle, writing the parameters in our profile's order: the signer is free to choose."""

    def _build_signature_base(
        self,
        message: Request,
        *,
        covered_component_ids: list[object],
        signature_params: dict[str, object],
        component_resolver: object = None,
    ) -> tuple[object, ...]:
        return super()._build_signature_base(
            message,
            covered_component_ids=covered_component_ids,
            signature_params={name: signature_params[name] for name in ORDER},
            component_resolver=component_resolver,
        )


def signed_by_oracle(message: profile.Message, now: int) -> list[tuple[bytes, bytes]]:
    request = Request(message, {"Content-Type": "application/json"})
    moment = dt.datetime.fromtimestamp(now, tz=dt.UTC)
    OrderedSigner(signature_algorithm=ECDSA_P256_SHA256, key_resolver=KEYS).sign(
        request,
        key_id=KEYID,
        created=moment,
        expires=moment + dt.timedelta(seconds=60),
        nonce=base64url.encode(os.urandom(16)),
        label="ecluse",
        tag="ecluse-v1",
        covered_component_ids=COMPONENTS,
        body=message.body,
    )
    return [(name.encode(), value.encode()) for name, value in request.headers.items()]


def verified_by_oracle(message: profile.Message, headers: dict[str, str]) -> str:
    verifier = HTTPMessageVerifier(signature_algorithm=ECDSA_P256_SHA256, key_resolver=KEYS)
    (result,) = verifier.verify(
        Request(message, headers),
        expect_tag="ecluse-v1",
        expect_label="ecluse",
        require_components=COMPONENTS,
        body=message.body,
    )
    return str(result.parameters["keyid"])


@settings(max_examples=50)
@given(messages)
def test_what_the_oracle_signs_verifies_here(message: profile.Message) -> None:
    now = int(time.time())
    request = signature.parse(signed_by_oracle(message, now))
    verified = signature.verify(request, message, public_key=DEVICE.public_key, now=now)
    assert (verified.account, verified.thumbprint) == (ACCOUNT, DEVICE.thumbprint)


@settings(max_examples=50)
@given(messages)
def test_what_is_signed_here_verifies_with_the_oracle(message: profile.Message) -> None:
    headers = signed_headers(DEVICE, KEYID, message, created=int(time.time()), nonce=os.urandom(16))
    assert verified_by_oracle(message, headers) == KEYID


@settings(max_examples=25)
@given(messages, st.binary(min_size=1, max_size=5))
def test_the_oracle_refuses_what_is_refused_here(message: profile.Message, more: bytes) -> None:
    now = int(time.time())
    headers = signed_headers(DEVICE, KEYID, message, created=now, nonce=os.urandom(16))
    other = profile.Message(message.method, message.target_uri, message.body + more)
    with pytest.raises(InvalidSignature):
        verified_by_oracle(other, headers)
    request = signature.parse([(name.encode(), text.encode()) for name, text in headers.items()])
    with pytest.raises(signature.SignatureError):
        signature.verify(request, other, public_key=DEVICE.public_key, now=now)
