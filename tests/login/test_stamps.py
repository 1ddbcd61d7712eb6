from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.login import nonce, stamp, ticket


KEY = bytes(range(32))
NOW = 1_795_460_000
ENTROPY = bytes(range(16))
CLAIMS = ticket.Claims(bytes(16), "010000016", "Comptoir 1")


def test_a_nonce_is_accepted_for_five_minutes() -> None:
    issued = nonce.issue(KEY, entropy=ENTROPY, now=NOW)
    assert len(issued) == nonce.NONCE_SIZE
    nonce.check(KEY, issued, NOW)
    nonce.check(KEY, issued, NOW + 299.9)
    with pytest.raises(stamp.StampError, match="time"):
        nonce.check(KEY, issued, NOW + 300)


@given(place=st.integers(0, nonce.NONCE_SIZE - 1), bit=st.integers(0, 7))
def test_a_nonce_with_any_flipped_bit_is_refused(place: int, bit: int) -> None:
    issued = bytearray(nonce.issue(KEY, entropy=ENTROPY, now=NOW))
    issued[place] ^= 1 << bit
    with pytest.raises(stamp.StampError):
        nonce.check(KEY, bytes(issued), NOW)


@given(st.binary(max_size=60))
def test_what_this_gate_did_not_issue_is_refused(invented: bytes) -> None:
    with pytest.raises(stamp.StampError):
        nonce.check(KEY, invented, NOW)


def test_another_gates_nonce_is_refused() -> None:
    with pytest.raises(stamp.StampError):
        nonce.check(KEY, nonce.issue(bytes(32), entropy=ENTROPY, now=NOW), NOW)


def test_a_ticket_brings_its_claims_back_for_ten_minutes() -> None:
    issued = ticket.issue(KEY, CLAIMS, NOW)
    assert ticket.read(KEY, issued, NOW + 599) == CLAIMS
    with pytest.raises(stamp.StampError, match="time"):
        ticket.read(KEY, issued, NOW + 600)


def test_a_ticket_with_other_claims_is_refused() -> None:
    issued = ticket.issue(KEY, CLAIMS, NOW)
    forged = issued.replace(b"010000016", b"010780195")
    with pytest.raises(stamp.StampError):
        ticket.read(KEY, forged, NOW)


def test_a_nonce_is_no_ticket_and_a_ticket_no_nonce() -> None:
    claims = msgspec.msgpack.encode(CLAIMS)
    with pytest.raises(stamp.StampError):
        ticket.read(KEY, nonce.issue(KEY, entropy=claims, now=NOW), NOW)
    with pytest.raises(stamp.StampError):
        nonce.check(KEY, ticket.issue(KEY, CLAIMS, NOW), NOW)
