from __future__ import annotations

import base64
import hashlib
import os
import string
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from ecluse.client.device import DeviceKey
from ecluse.client.signing import signed_headers
from ecluse.login import base64url, profile, signature
from ecluse.login.keyid import KeyId
from ecluse.login.signature import Fault, SignatureError


if TYPE_CHECKING:
    from collections.abc import Callable

NOW = 1_795_460_000
TARGET = "http://localhost:8471/v1/checks"
BODY = b'{"check_id":"AAAAAAAAAAAAAAAAAAAAAA"}'
MESSAGE = profile.Message("POST", TARGET, BODY)
ACCOUNT = bytes(range(16))
NONCE = bytes(range(100, 116))
DEVICE = DeviceKey.generate()
KEYID = KeyId(ACCOUNT, DEVICE.thumbprint).text()

Headers = dict[str, str]


def headers_of(message: profile.Message = MESSAGE, *, created: int = NOW) -> Headers:
    return signed_headers(DEVICE, KEYID, message, created=created, nonce=NONCE)


def raw(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]


def check(
    headers: Headers,
    message: profile.Message = MESSAGE,
    *,
    now: float = NOW,
    device: DeviceKey = DEVICE,
) -> signature.Verified:
    request = signature.parse(raw(headers))
    return signature.verify(request, message, public_key=device.public_key, now=now)


def fault_of(headers: Headers, message: profile.Message = MESSAGE, *, now: float = NOW) -> Fault:
    with pytest.raises(SignatureError) as refusal:
        check(headers, message, now=now)
    return refusal.value.code


def resigned(change: Callable[[str], str], *, base: Callable[[str], str] = str) -> Headers:
    """Sign a changed `@signature-params` honestly, so that only the profile can refuse it."""
    plain = headers_of()
    params = change(plain["Signature-Input"].removeprefix("ecluse="))
    signed = base(
        profile.signature_base(MESSAGE, plain["Content-Digest"], params).decode("ascii")
    ).encode()
    sealed = base64.b64encode(DEVICE.sign(signed)).decode()
    return plain | {"Signature-Input": f"ecluse={params}", "Signature": f"ecluse=:{sealed}:"}


def test_it_says_who_signed_and_until_when() -> None:
    assert check(headers_of()) == signature.Verified(
        account=ACCOUNT,
        thumbprint=DEVICE.thumbprint,
        nonce=NONCE,
        created=NOW,
        expires=NOW + 60,
    )


def test_it_accepts_a_get_without_content() -> None:
    message = profile.Message("GET", "http://localhost:8471/v1/me")
    assert check(headers_of(message), message).account == ACCOUNT


def test_it_knows_a_device_that_no_account_has_vouched_for_yet() -> None:
    keyid = KeyId(None, DEVICE.thumbprint).text()
    headers = signed_headers(DEVICE, keyid, MESSAGE, created=NOW, nonce=NONCE)
    assert check(headers).account is None


def test_header_names_may_come_in_any_case_and_company() -> None:
    headers = [(name.upper(), value) for name, value in raw(headers_of())]
    request = signature.parse([(b"host", b"evil.example"), *headers, (b"accept", b"*/*")])
    verified = signature.verify(request, MESSAGE, public_key=DEVICE.public_key, now=NOW)
    assert verified.nonce == NONCE


@pytest.mark.parametrize("name", list(headers_of()))
def test_it_refuses_a_request_that_lacks_a_header_of_the_signature(name: str) -> None:
    headers = headers_of()
    del headers[name]
    assert fault_of(headers) is Fault.MISSING


@pytest.mark.parametrize("name", list(headers_of()))
@pytest.mark.parametrize("case", [str.lower, str.upper])
def test_it_refuses_a_header_that_stands_twice(name: str, case: Callable[[str], str]) -> None:
    fields = raw(headers_of())
    again = (case(name).encode(), headers_of()[name].encode())
    for doubled in ([*fields, again], [again, *fields]):
        with pytest.raises(SignatureError) as refusal:
            signature.parse(doubled)
        assert refusal.value.code is Fault.DUPLICATE


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('tag="ecluse-v1"', 'tag="ecluse-v2"'),
        lambda text: text.replace('tag="ecluse-v1"', 'tag="ECLUSE-V1"'),
        lambda text: text.replace(';tag="ecluse-v1"', ""),
        lambda text: text.replace("ecdsa-p256-sha256", "ecdsa-p384-sha384"),
        lambda text: text.replace("ecdsa-p256-sha256", "hmac-sha256"),
        lambda text: text.replace("ecdsa-p256-sha256", "none"),
        lambda text: text.replace(';alg="ecdsa-p256-sha256"', ""),
        lambda text: text + ';extra="1"',
        lambda text: text + ";created=1",
        lambda text: text.replace(";expires=", "; expires="),
        lambda text: text.replace(";created=", ";created=0"),
        lambda text: text.replace(";created=", ";created=-"),
        lambda text: text.replace(f"created={NOW}", f'created="{NOW}"'),
        lambda text: text.replace(f"created={NOW}", f"created={NOW}.0"),
        lambda text: text.replace(f";expires={NOW + 60}", ""),
        lambda text: text.replace(base64url.encode(NONCE), base64url.encode(NONCE[:15])),
        lambda text: text.replace(base64url.encode(NONCE), base64url.encode(NONCE)[:-1] + "x"),
        lambda text: text.replace(KEYID, KEYID.partition(".")[2]),
        lambda text: text.replace(KEYID, KEYID + "."),
        lambda text: text.replace(KEYID, "A" + KEYID),
        lambda text: text + "\n",
        lambda text: text + ", other=" + text,
        lambda text: text + ", ecluse=" + text,
    ],
)
def test_it_refuses_every_other_profile_though_honestly_signed(
    change: Callable[[str], str],
) -> None:
    assert fault_of(resigned(change)) is Fault.PROFILE


@pytest.mark.parametrize(
    ("components", "line"),
    [
        ('("@method" "@target-uri" "content-digest")', ""),
        ('("@target-uri" "@method" "content-digest" "content-type")', ""),
        ('("@method" "@target-uri" "content-digest" "content-type" "host")', '"host": x\n'),
        ('("@method" "@target-uri" "content-digest" "content-type" "@method")', ""),
        ('("@method" "@path" "content-digest" "content-type")', ""),
        ('("@method" "@target-uri" "content-digest";sf "content-type")', ""),
        ('("@method" "@target-uri" "content-digest";req "content-type")', ""),
        ('("@METHOD" "@target-uri" "content-digest" "content-type")', ""),
        ("()", ""),
    ],
)
def test_it_refuses_other_components_though_honestly_signed(components: str, line: str) -> None:
    headers = resigned(
        lambda text: text.replace(profile.COMPONENTS, components),
        base=lambda text: text.replace('"@signature-params"', f'{line}"@signature-params"'),
    )
    assert fault_of(headers) is Fault.PROFILE


def test_the_control_of_the_tests_above_is_accepted() -> None:
    assert check(resigned(str)).account == ACCOUNT


@pytest.mark.parametrize("label", ["sig1", "ECLUSE", ""])
def test_it_refuses_another_label(label: str) -> None:
    headers = headers_of()
    for name in ("Signature-Input", "Signature"):
        headers[name] = headers[name].replace("ecluse=", f"{label}=", 1)
    assert fault_of(headers) is Fault.PROFILE


def test_it_refuses_a_second_signature_beside_ours() -> None:
    headers = headers_of()
    headers["Signature"] += ", other=:AAAA:"
    assert fault_of(headers) is Fault.PROFILE


def test_it_refuses_signatures_in_der() -> None:
    headers = headers_of()
    r_and_s = base64.b64decode(headers["Signature"].split(":")[1])
    numbers = (int.from_bytes(r_and_s[:32], "big"), int.from_bytes(r_and_s[32:], "big"))
    der = base64.b64encode(encode_dss_signature(*numbers)).decode()
    assert fault_of(headers | {"Signature": f"ecluse=:{der}:"}) is Fault.PROFILE


@pytest.mark.parametrize("r_and_s", [bytes(64), b"\xff" * 64, bytes(32) + b"\x01" * 32])
def test_it_refuses_numbers_that_no_signature_has(r_and_s: bytes) -> None:
    sealed = base64.b64encode(r_and_s).decode()
    assert fault_of(headers_of() | {"Signature": f"ecluse=:{sealed}:"}) is Fault.MISMATCH


def test_base64_has_one_text_for_each_value() -> None:
    headers = headers_of()
    text = headers["Signature"]
    position = text.rindex("==") - 1
    letters = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
    other = letters[letters.index(text[position]) ^ 1]
    same_bytes = text[:position] + other + text[position + 1 :]
    assert base64.b64decode(same_bytes[8:-1]) == base64.b64decode(text[8:-1])
    assert fault_of(headers | {"Signature": same_bytes}) is Fault.PROFILE


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "Application/JSON", "text/plain", ""]
)
def test_it_refuses_another_content_type(content_type: str) -> None:
    assert fault_of(headers_of() | {"Content-Type": content_type}) is Fault.PROFILE


@pytest.mark.parametrize(
    "digest",
    [
        f"sha-512=:{base64.b64encode(hashlib.sha512(BODY).digest()).decode()}:",
        f"md5=:{base64.b64encode(bytes(16)).decode()}:",
        headers_of()["Content-Digest"] + ", " + headers_of()["Content-Digest"],
        "",
    ],
)
def test_it_refuses_another_digest_algorithm(digest: str) -> None:
    assert fault_of(headers_of() | {"Content-Digest": digest}) is Fault.PROFILE


@pytest.mark.parametrize(
    ("created", "expires", "fault"),
    [
        (NOW, NOW + 61, Fault.LIFETIME),
        (NOW, NOW, Fault.LIFETIME),
        (NOW, NOW - 1, Fault.LIFETIME),
        (NOW + 31, NOW + 60, Fault.FUTURE),
        (NOW - 31, NOW + 1, Fault.EXPIRED),
        (NOW - 10, NOW, Fault.EXPIRED),
    ],
)
def test_it_refuses_times_out_of_bounds_though_honestly_signed(
    created: int, expires: int, fault: Fault
) -> None:
    headers = resigned(
        lambda text: text.replace(f"={NOW};", f"={created};").replace(
            f"={NOW + 60};", f"={expires};"
        )
    )
    assert fault_of(headers) is fault


@pytest.mark.parametrize(("created", "expires"), [(NOW + 30, NOW + 90), (NOW - 30, NOW + 1)])
def test_the_bounds_themselves_are_accepted(created: int, expires: int) -> None:
    headers = resigned(
        lambda text: text.replace(f"={NOW};", f"={created};").replace(
            f"={NOW + 60};", f"={expires};"
        )
    )
    assert check(headers).created == created


@pytest.mark.parametrize("fault", [Fault.FUTURE, Fault.EXPIRED])
def test_a_wrong_clock_is_told_to_set_itself(fault: Fault) -> None:
    assert "clock" in SignatureError(fault).hint


def test_it_refuses_a_key_that_the_signature_does_not_name() -> None:
    with pytest.raises(SignatureError) as refusal:
        check(headers_of(), device=DeviceKey.generate())
    assert refusal.value.code is Fault.KEY


def test_it_refuses_a_signature_by_another_device_in_this_ones_name() -> None:
    forged = signed_headers(DeviceKey.generate(), KEYID, MESSAGE, created=NOW, nonce=NONCE)
    assert fault_of(forged) is Fault.MISMATCH


@pytest.mark.parametrize("point", [b"", b"\x04" + bytes(64), b"\x02" + bytes(32), b"\x04" * 65])
def test_it_refuses_a_key_that_is_no_point_of_the_curve(point: bytes) -> None:
    request = signature.parse(raw(headers_of()))
    with pytest.raises(SignatureError) as refusal:
        signature.verify(request, MESSAGE, public_key=point, now=NOW)
    assert refusal.value.code is Fault.KEY


@pytest.mark.parametrize(
    "message",
    [
        profile.Message("PUT", TARGET, BODY),
        profile.Message("POST", "http://localhost:8471/v1/logout", BODY),
        profile.Message("POST", TARGET + "?lane=card", BODY),
        profile.Message("POST", "http://evil.example/v1/checks", BODY),
        profile.Message("POST", "https://localhost:8471/v1/checks", BODY),
    ],
)
def test_a_captured_request_serves_no_other_purpose(message: profile.Message) -> None:
    assert fault_of(headers_of(), message) is Fault.MISMATCH


def test_it_refuses_other_content_under_a_captured_signature() -> None:
    assert fault_of(headers_of(), profile.Message("POST", TARGET, b"{}")) is Fault.DIGEST


def test_it_refuses_other_content_whose_digest_was_put_right() -> None:
    other = profile.content_digest(hashlib.sha256(b"{}").digest())
    headers = headers_of() | {"Content-Digest": other}
    assert fault_of(headers, profile.Message("POST", TARGET, b"{}")) is Fault.MISMATCH


@pytest.mark.parametrize(
    "message",
    [
        profile.Message('POST\n"@target-uri": x', TARGET, BODY),
        profile.Message("post", TARGET, BODY),
        profile.Message("POST", TARGET + '\n"content-digest": x', BODY),
        profile.Message("POST", TARGET + " ", BODY),
        profile.Message("POST", TARGET + "\u00e9", BODY),
    ],
)
def test_a_message_that_could_read_as_another_is_refused(message: profile.Message) -> None:
    assert fault_of(headers_of(), message) is Fault.TARGET


PARTS = ["method", "target_uri", "body", *headers_of()]


@given(part=st.sampled_from(PARTS), place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_any_flipped_bit_is_refused(part: str, place: int, bit: int) -> None:
    def flipped(value: bytes) -> bytes:
        at = place % len(value)
        return value[:at] + bytes([value[at] ^ 1 << bit]) + value[at + 1 :]

    headers, method, target, body = headers_of(), "POST", TARGET, BODY
    if part == "method":
        method = flipped(b"POST").decode("latin-1")
    elif part == "target_uri":
        target = flipped(TARGET.encode()).decode("latin-1")
    elif part == "body":
        body = flipped(BODY)
    else:
        headers[part] = flipped(headers[part].encode()).decode("latin-1")
    with pytest.raises(SignatureError):
        check(headers, profile.Message(method, target, body))


@given(
    created=st.integers(NOW - 30, NOW + 30),
    lifetime=st.integers(1, 60),
    nonce=st.binary(min_size=16, max_size=16),
    account=st.binary(min_size=16, max_size=16),
)
def test_parameters_that_are_in_bounds_but_not_the_signed_ones_are_refused(
    created: int, lifetime: int, nonce: bytes, account: bytes
) -> None:
    headers = headers_of(created=NOW - 5)
    params = profile.signature_params(
        created=created,
        expires=created + lifetime,
        nonce=base64url.encode(nonce),
        keyid=KeyId(account, DEVICE.thumbprint).text(),
    )
    headers["Signature-Input"] = f"ecluse={params}"
    assert fault_of(headers) in {Fault.MISMATCH, Fault.EXPIRED}


@given(st.lists(st.tuples(st.sampled_from([n.encode() for n in headers_of()]), st.binary())))
def test_whatever_comes_it_is_parsed_or_refused(fields: list[tuple[bytes, bytes]]) -> None:
    with pytest.raises(SignatureError):
        signature.parse(fields)


def test_the_example_of_the_standard_is_not_of_our_profile() -> None:
    """RFC 9421 appendix B.2.4, ECDSA P-256 over a response."""
    headers = {
        "Content-Type": "application/json",
        "Content-Digest": "sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX6"
        "9wWdXymyU0rjJuahq4l5aGgfLQ==:",
        "Signature-Input": 'sig-b24=("@status" "content-type" "content-digest" "content-length")'
        ';created=1618884473;keyid="test-key-ecc-p256"',
        "Signature": "sig-b24=:wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDA"
        "Uy5eCdlYUEkLIj+32oiasw==:",
    }
    assert fault_of(headers) is Fault.PROFILE


def test_digests_are_those_of_the_standard() -> None:
    """RFC 9530 appendix B.1 and B.2: the JSON example, and no content at all."""
    example = hashlib.sha256(b'{"hello": "world"}\n').digest()
    assert (
        profile.content_digest(example) == "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
    )
    nothing = hashlib.sha256(b"").digest()
    assert (
        profile.content_digest(nothing) == "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"
    )


def test_it_verifies_for_the_standards_test_key() -> None:
    """RFC 9421 appendix B.1.3: a key made elsewhere signs and is verified."""
    secret = "UpuF81l-kOxbjf7T4mNSv0r5tN67Gim7rnf6EFpcYDs"
    number = int.from_bytes(base64url.decode(secret), "big")
    device = DeviceKey(ec.derive_private_key(number, ec.SECP256R1()))
    assert device.jwk().x == "qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA"
    keyid = KeyId(ACCOUNT, device.thumbprint).text()
    headers = signed_headers(device, keyid, MESSAGE, created=NOW, nonce=os.urandom(16))
    assert check(headers, device=device).thumbprint == device.thumbprint


def test_raw_signatures_are_those_that_the_curve_library_verifies() -> None:
    sealed = DEVICE.sign(b"message")
    der = encode_dss_signature(
        int.from_bytes(sealed[:32], "big"), int.from_bytes(sealed[32:], "big")
    )
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), DEVICE.public_key)
    key.verify(der, b"message", ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        (b"/v1/me", b"", "/v1/me"),
        (b"/v1/ledger/proof/7", b"a=1&b=%20", "/v1/ledger/proof/7?a=1&b=%20"),
        (b"/v1/%2e%2e/me", b"", "/v1/%2e%2e/me"),
        (b"//evil.example/v1/me", b"", "//evil.example/v1/me"),
    ],
)
def test_the_target_is_built_on_the_configured_origin(
    path: bytes, query: bytes, expected: str
) -> None:
    assert (
        profile.target_uri("https://gate.example", path, query) == f"https://gate.example{expected}"
    )


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (b"", b""),
        (b"*", b""),
        (b"http://evil.example/v1/me", b""),
        (b"evil.example:443", b""),
        (b"@evil.example/v1/me", b""),
        (b"/v1/me#part", b""),
        (b"/v1/me?already", b""),
        (b"/v1/me ", b""),
        (b"/v1/me\n", b""),
        (b"/v1/\xc3\xa9", b""),
        (b"/v1/me", b"a b"),
        (b"/v1/me", b"a#b"),
    ],
)
def test_it_refuses_targets_that_are_not_a_plain_path_and_query(path: bytes, query: bytes) -> None:
    with pytest.raises(profile.TargetError):
        profile.target_uri("https://gate.example", path, query)
