from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.client.device import DeviceKey
from ecluse.login import base64url, jwk, keyid


# The key and thumbprint of RFC 9449 section 6.1.
EXAMPLE = jwk.Jwk(
    kty="EC",
    crv="P-256",
    x="l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
    y="9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
)


@given(st.binary(max_size=80))
def test_base64url_comes_back(value: bytes) -> None:
    assert base64url.decode(base64url.encode(value), len(value)) == value


@pytest.mark.parametrize("text", ["AA==", "A", "AB", "A A", "A+", "A/", "AA\n", "é", "AAAAA"])
def test_base64url_refuses_a_second_text_for_the_same_bytes(text: str) -> None:
    with pytest.raises(ValueError, match=r"canonical|padding|data characters|ASCII"):
        base64url.decode(text)


def test_the_thumbprint_is_that_of_the_standard() -> None:
    expected = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
    assert base64url.encode(jwk.thumbprint(jwk.to_point(EXAMPLE))) == expected


def test_a_key_survives_both_forms() -> None:
    assert jwk.from_point(jwk.to_point(EXAMPLE)) == EXAMPLE


@pytest.mark.parametrize(
    "change",
    [
        {"x": EXAMPLE.y},
        {"x": EXAMPLE.x + "A"},
        {"y": EXAMPLE.y[:-1]},
        {"y": base64url.encode(bytes(32))},
        {"y": ""},
    ],
)
def test_it_refuses_coordinates_of_no_point(change: dict[str, str]) -> None:
    with pytest.raises(jwk.JwkError):
        jwk.to_point(msgspec.structs.replace(EXAMPLE, **change))


@pytest.mark.parametrize(
    "change", [{"kty": "OKP"}, {"crv": "P-384"}, {"d": "AAAA"}, {"alg": "ES256"}, {"x": None}]
)
def test_it_refuses_other_keys_and_private_ones(change: dict[str, str | None]) -> None:
    text = msgspec.json.encode(msgspec.structs.asdict(EXAMPLE) | change)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=jwk.Jwk)


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=32, max_size=32))
def test_a_key_id_comes_back(account: bytes, thumbprint: bytes) -> None:
    for named in (keyid.KeyId(account, thumbprint), keyid.KeyId(None, thumbprint)):
        assert keyid.parse(named.text()) == named


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "AAAA",
        "." + "A" * 42,
        "." + "A" * 42 + "B",
        "A" * 22 + "A" * 43,
        "A" * 21 + "." + "A" * 43,
        "A" * 22 + "." + "A" * 43 + ".",
        "A" * 22 + ".." + "A" * 43,
    ],
)
def test_it_refuses_other_key_ids(text: str) -> None:
    with pytest.raises(keyid.KeyIdError):
        keyid.parse(text)


def test_each_device_has_a_key_of_its_own() -> None:
    assert DeviceKey.generate().thumbprint != DeviceKey.generate().thumbprint
