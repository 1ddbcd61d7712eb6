"""A record opens for its person and row alone, and its length tells nothing."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.cover.record import (
    BUCKET,
    Cover,
    RecordError,
    bound_suffix,
    open_record,
    pack,
    seal,
)
from ecluse.keyring.aead import seal_each


PLACE: dict[str, Any] = {
    "key": os.urandom(32),
    "index": os.urandom(16),
    "insurer": 7,
    "feed": 12,
    "epoch": 1,
}
days = st.dates().map(lambda day: day.isoformat())
periods = st.lists(st.tuples(days, st.one_of(st.none(), days)), max_size=8)
covers = st.builds(Cover, st.text(max_size=30), periods, st.integers(1, 2))


@given(covers)
def test_it_opens_to_what_was_sealed(cover: Cover) -> None:
    sealed = seal(cover, **PLACE)
    assert (len(sealed) - 28) % BUCKET == 0
    assert open_record(sealed, **PLACE) == cover


@given(
    st.text("ABCDEFGHIJ0123456789_-", min_size=1, max_size=20),
    days,
    st.one_of(st.none(), days),
    st.integers(1, 2),
)
def test_every_cover_of_a_roster_has_one_length(
    package: str, first: str, last: str | None, priority: int
) -> None:
    assert len(pack(Cover(package, [(first, last)], priority))) == BUCKET


@pytest.mark.parametrize(
    "other",
    [
        {"key": os.urandom(32)},
        {"index": os.urandom(16)},
        {"insurer": 8},
        {"feed": 13},
        {"epoch": 2},
    ],
)
def test_it_does_not_open_in_another_place(other: dict[str, Any]) -> None:
    sealed = seal(Cover("A", [("2026-01-01", None)], 1), **PLACE)
    with pytest.raises(RecordError):
        open_record(sealed, **PLACE | other)


def test_altered_bytes_do_not_open() -> None:
    sealed = seal(Cover("A", [("2026-01-01", None)], 1), **PLACE)
    for spoilt in (sealed[:-1], sealed[:20] + bytes([sealed[20] ^ 1]) + sealed[21:], b""):
        with pytest.raises(RecordError):
            open_record(spoilt, **PLACE)


def test_the_loaders_way_seals_the_same_records() -> None:
    several = [Cover("A", [("2026-01-01", "2026-12-31")], 2), Cover("B", [], 1)]
    places = [{**PLACE, "key": os.urandom(32), "index": os.urandom(16)} for _ in several]
    suffix = bound_suffix(PLACE["insurer"], PLACE["feed"], PLACE["epoch"])
    sealed = seal_each(
        b"".join(place["key"] for place in places),
        b"".join(pack(cover) for cover in several),
        b"".join(place["index"] + suffix for place in places),
    )
    assert len(sealed) == 2 * (12 + BUCKET + 16)
    halves = sealed[: len(sealed) // 2], sealed[len(sealed) // 2 :]
    assert [
        open_record(half, **place) for half, place in zip(halves, places, strict=True)
    ] == several
