"""What may cross from the public side to the gate, and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.errors import EcluseError
from ecluse.portal.border import HEADERS_UP, crosses, downward, upward
from ecluse.portal.origin import checked_origin


@pytest.mark.parametrize(
    "target",
    [
        b"/v1/checks",
        b"/v1/ledger/proof/17",
        b"/v1/enrolments/7F3K-92MD-0XQA",
        b"/fhir/metadata?_format=json",
        b"/fhir/CoverageEligibilityRequest/$submit",
        b"/openapi.json",
        b"/health/ready",
    ],
)
def test_the_gates_own_addresses_cross(target: bytes) -> None:
    assert crosses(target)


@pytest.mark.parametrize(
    "target",
    [
        b"/",
        b"/v1",
        b"/v1/",
        b"/v2/checks",
        b"/metrics",
        b"/v1/../metrics",
        b"/v1/./checks",
        b"/v1/..",
        b"/v1//checks",
        b"/v1/%2e%2e/metrics",
        b"/v1/checks%00",
        b"/v1/checks#top",
        b"/v1/checks\r\nhost: elsewhere",
        b"/v1/checks ",
        b"http://elsewhere/v1/checks",
        b"/health/ready/deep",
        b"/openapi.json/x",
        b"/v1\\checks",
    ],
)
def test_nothing_else_crosses(target: bytes) -> None:
    assert not crosses(target)


@given(st.binary(max_size=40), st.sampled_from([b"/v1/", b"/fhir/", b"/health/", b""]))
def test_what_crosses_reads_the_same_everywhere(tail: bytes, start: bytes) -> None:
    target = start + tail
    if crosses(target):
        path = target.split(b"?")[0]
        assert b"%" not in path
        assert not {b"", b".", b".."} & set(path[1:].split(b"/"))
        assert all(0x21 <= byte < 0x7F for byte in target)


def test_only_what_the_gate_needs_goes_up() -> None:
    sent = [(name, b"1") for name in HEADERS_UP]
    extra = [(b"cookie", b"a=b"), (b"authorization", b"x"), (b"host", b"h"), (b"forwarded", b"f")]
    assert upward(sent + extra) == sent


def test_no_cookie_and_no_server_detail_comes_down() -> None:
    came = [
        (b"Content-Type", b"application/json"),
        (b"Set-Cookie", b"a=b"),
        (b"Server", b"x"),
        (b"Retry-After", b"1"),
        (b"Access-Control-Allow-Origin", b"*"),
    ]
    assert downward(came) == [
        (b"content-type", b"application/json"),
        (b"retry-after", b"1"),
        (b"cache-control", b"no-store"),
    ]


@pytest.mark.parametrize(
    "text",
    ["https://portal.example", "http://localhost:8470", "http://[::1]:8470", "http://127.0.0.1:1"],
)
def test_an_origin_is_taken_as_a_browser_writes_it(text: str) -> None:
    assert checked_origin(text) == text


@pytest.mark.parametrize(
    "text",
    ["https://portal.example/", "portal.example", "http://a b", "http://a; script-src *", "*", ""],
)
def test_what_is_no_origin_never_reaches_a_header(text: str) -> None:
    with pytest.raises(EcluseError):
        checked_origin(text)
