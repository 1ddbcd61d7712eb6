"""What a phone shows: read back whole, of one minute, one key, and one organisation if it says so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.cards import presentation
from ecluse.cards.letters import ALPHABET
from ecluse.client.device import DeviceKey
from ecluse.client.phone import Phone
from ecluse.ids.errors import IdentifierError
from ecluse.login import jwk


NOW = 1_800_000_000
SHOP = "750000001"
KEY = DeviceKey.generate()
PHONE = Phone(KEY)

#: Letters that a keyboard-wedge reader types alike on both keyboards; each place moves elsewhere.
MOVED = {"A", "M", "Q", "W", "Z"}


def shown(finess: str = "") -> presentation.Presentation:
    return presentation.parse(presentation.decode(PHONE.present(finess, NOW)))


@given(st.binary(min_size=presentation.SIZE, max_size=presentation.SIZE), st.booleans())
def test_it_reads_back_what_it_wrote_in_any_case_and_spacing(raw: bytes, low: bool) -> None:
    text = presentation.encode(raw)
    assert set(text) - set("ECP") <= set(ALPHABET)
    assert not set(text) & MOVED
    typed = " ".join(text[at : at + 5] for at in range(0, len(text), 5))
    assert presentation.decode(typed.lower() if low else typed) == raw


@given(st.integers(0, 208), st.sampled_from(ALPHABET))
def test_a_letter_that_a_reader_lost_or_changed_is_seen_nearly_always(
    place: int, letter: str
) -> None:
    text = PHONE.present("", NOW)
    with pytest.raises(IdentifierError):
        presentation.decode(text[:place] + text[place + 1 :])
    changed = text[:place] + letter + text[place + 1 :]
    if changed != text:
        try:
            raw = presentation.decode(changed)
        except IdentifierError:
            return
        assert not presentation.parse(raw).holds("", NOW)


def test_it_holds_from_its_moment_for_a_minute() -> None:
    told = shown()
    for seconds in (0, 1, presentation.LIFETIME - 1, -presentation.SKEW):
        assert told.holds("", NOW + seconds)
    for seconds in (presentation.LIFETIME, 3600, -presentation.SKEW - 1):
        assert not told.holds("", NOW + seconds)


def test_bound_it_holds_at_one_organisation_and_unbound_at_any() -> None:
    assert shown(SHOP).holds(SHOP, NOW)
    assert not shown(SHOP).holds("750000019", NOW)
    assert shown().holds("750000019", NOW)


@given(st.integers(0, presentation.SIZE - 1), st.integers(1, 255))
def test_no_byte_of_it_can_be_changed(place: int, change: int) -> None:
    raw = bytearray(presentation.decode(PHONE.present("", NOW)))
    raw[place] ^= change
    told = presentation.parse(bytes(raw))
    assert not told.holds("", NOW)
    assert not told.holds(SHOP, NOW)


def test_what_is_signed_names_its_use_and_the_signature_does_not() -> None:
    first, second = shown(), shown()
    assert first.signature != second.signature
    assert first.use == second.use
    other = presentation.parse(presentation.decode(PHONE.present("", NOW + 1)))
    assert other.use != first.use


def test_a_key_is_the_same_point_in_its_short_form() -> None:
    for _ in range(8):
        point = DeviceKey.generate().public_key
        short = presentation.compressed(point)
        assert len(short) == presentation.KEY_SIZE
        whole = jwk.load(point).public_numbers()
        assert short[0] == 2 + whole.y % 2
        assert short[1:] == whole.x.to_bytes(32, "big")
