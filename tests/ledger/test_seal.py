"""Events as they are sealed: what opens them, what commits to them, what they can never be."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta, timezone
from typing import get_args

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ecluse.ledger.entry import (
    ActDone,
    ActProposed,
    ActSeconded,
    ActWithdrawn,
    AlarmHeard,
    AlarmRaised,
    AlarmTold,
    AnyEvent,
    Check,
    CheckpointRefused,
    ClaimTaken,
    ClientRotated,
    Contained,
    EnrolmentAccepted,
    EnrolmentAsked,
    EnrolmentRefused,
    Event,
    FeedHeld,
    FeedInForce,
    FeedPurged,
    FeedRefused,
    GateEnded,
    HoneyPlanted,
    IncidentChanged,
    IncidentClosed,
    IncidentOpened,
    InsurerAdded,
    Lock,
    Login,
    Logout,
    NoticeAcknowledged,
    NoticeFetched,
    NoticesBuilt,
    NoticesSent,
    OrganisationAdded,
    PageRelease,
    PeerAdded,
    PeerRemoved,
    PhoneEnded,
    PhoneEnrolled,
    PolicyInForce,
    ProfessionalNamed,
    QuoteGiven,
    Restored,
    ScopeTaken,
    SignedOut,
    UnknownEventError,
    Unlock,
    Withheld,
    Witnessed,
    decode,
    encode,
)
from ecluse.ledger.seal import MonthKeys, SealError, commitment, open_sealed, seal


AT = datetime(2026, 11, 23, 18, 30, 0, 123456, tzinfo=UTC)
SOME, OTHER = b"\x01" * 16, b"\x02" * 16
HASH = b"\x03" * 32
KEYS = MonthKeys("2026-11", b"k" * 32, b"s" * 32)

EVENTS: list[Event] = [
    Check(
        at=AT,
        check=SOME,
        account=OTHER,
        organisation=SOME,
        device=HASH,
        lane="typed",
        kind="person",
        subject=OTHER,
        opened=((3, 12), (4, 1)),
        family="pharmacy",
        care_date=date(2026, 11, 23),
        outcome="released",
        reference=HASH,
        policy="2026-11-a",
    ),
    Withheld(at=AT, entry=SOME, reason="damaged"),
    Login(at=AT, account=SOME, device=HASH, credential=HASH),
    Logout(at=AT, account=SOME, device=HASH, devices=3),
    EnrolmentAsked(at=AT, fingerprint="7QFD-M2KX-94TA", finess="750000001", credential=HASH),
    EnrolmentAccepted(
        at=AT, fingerprint="7QFD-M2KX-94TA", account=SOME, organisation=OTHER, credential=HASH
    ),
    ClientRotated(at=AT, account=SOME, device=HASH, following=HASH, ends_at=AT),
    EnrolmentRefused(at=AT, fingerprint="7QFD-M2KX-94TA", by=SOME),
    OrganisationAdded(at=AT, organisation=SOME, finess="750000001", professionals=3),
    InsurerAdded(at=AT, insurer=3, amc="775670482", signing_key=HASH),
    FeedInForce(at=AT, insurer=3, feed=12, manifest=HASH, accepted=1_000_000, rejected=7),
    FeedHeld(at=AT, insurer=3, feed=13, manifest=HASH, rows=1_300_000, usual=1_000_000),
    FeedPurged(at=AT, insurer=3, feed=2, references=900_000),
    FeedRefused(at=AT, insurer=3, feed=13, manifest=HASH, reason="rows"),
    PolicyInForce(at=AT, version="2026-11-a", sha256=HASH),
    Lock(at=AT, account=SOME, reason="sweep"),
    Unlock(at=AT, account=SOME, reason="officer"),
    SignedOut(at=AT, account=SOME, devices=2, by=OTHER),
    ActProposed(at=AT, act=SOME, kind="k", content=b"{}", account=OTHER, proof=b"{}"),
    ActSeconded(at=AT, act=SOME, digest=HASH, account=OTHER, proof=b"{}"),
    ActWithdrawn(at=AT, act=SOME, account=OTHER),
    ActDone(at=AT, act=SOME, kind="k", digest=HASH),
    Restored(at=AT, entries=5),
    Witnessed(at=AT, enough=False, needed=2, size=700),
    CheckpointRefused(
        at=AT, witness="w+00000000+key", kind="forked", cosigned=b"c" * 32, offered=b"o" * 32
    ),
    PhoneEnrolled(at=AT, idx=SOME, subject=SOME, insurer=3, grant=HASH),
    PhoneEnded(at=AT, idx=SOME, insurer=3, reason="replaced"),
    PageRelease(at=AT, files={"index.html": HASH}),
    AlarmRaised(at=AT, alarm=SOME, account=SOME, kind="k", score=6.5, positions=(1, 2), why="w"),
    Contained(at=AT, alarm=SOME, account=SOME, measure="freeze", until=AT, devices=1),
    HoneyPlanted(at=AT, amc="75004407", count=10),
    PeerAdded(at=AT, peer=HASH, name="Neighbour", most="close"),
    PeerRemoved(at=AT, peer=HASH),
    ProfessionalNamed(at=AT, account=SOME, rpps="10001234567"),
    AlarmTold(at=AT, alarm=SOME, object=HASH),
    AlarmHeard(
        at=AT, alarm=SOME, peer=HASH, object="indicator--1", kind="sweep", account=OTHER, why="..."
    ),
    GateEnded(at=AT, run=HASH[:9]),
    IncidentOpened(at=AT, incident=1, since=AT, accounts=(SOME,), alarm=OTHER, cause="phishing"),
    IncidentChanged(at=AT, incident=1, since=AT, devices=(HASH,), cleared=(SOME,)),
    IncidentClosed(at=AT, incident=1, by=SOME),
    ScopeTaken(at=AT, incident=1, statement=9, begin=3, end=12, root=HASH, sure=5, possible=1),
    NoticesBuilt(at=AT, incident=1, version=1, digest=HASH, insurers=84),
    NoticesSent(at=AT, incident=1, version=1, digest=HASH),
    NoticeFetched(at=AT, incident=1, version=1, insurer=3, by=SOME),
    NoticeAcknowledged(at=AT, incident=1, version=1, insurer=3, by=SOME),
    QuoteGiven(
        at=AT,
        quote=SOME,
        account=SOME,
        organisation=SOME,
        family="pharmacy",
        ends=date(2026, 12, 27),
        amounts=((3, 350), (4, 0)),
    ),
    ClaimTaken(
        at=AT,
        claim=SOME,
        account=SOME,
        organisation=SOME,
        family="pharmacy",
        outcome="queued",
        reason="over",
        amounts=((3, 350),),
        commitment=HASH,
    ),
]


def test_every_kind_of_event_is_among_the_samples() -> None:
    assert {type(event) for event in EVENTS} == set(get_args(AnyEvent))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_every_event_comes_back_as_it_was_sealed(event: Event) -> None:
    entry = seal(event, KEYS, SOME)
    assert (entry.entry, entry.month) == (SOME, "2026-11")
    assert decode(open_sealed(entry.sealed, KEYS, SOME)) == event


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_describes_itself_to_any_reader_of_msgpack(event: Event) -> None:
    read = msgspec.msgpack.decode(encode(event))
    assert read["type"] == event.__struct_config__.tag
    assert read["at"] == AT
    assert set(read) - {"type"} <= set(event.__struct_fields__)


def test_the_format_is_the_documented_one() -> None:
    entry = seal(EVENTS[0], KEYS, SOME)
    opened = AESGCM(KEYS.key).decrypt(entry.sealed[:12], entry.sealed[12:], SOME)
    body = encode(EVENTS[0])
    padded = len(body).to_bytes(2, "big") + body
    assert opened == padded + bytes(-len(padded) % 128)
    salt = hashlib.blake2b(SOME, digest_size=32, key=KEYS.salt_key).digest()
    assert entry.commitment == hashlib.sha256(salt + entry.sealed).digest()


def test_a_sealed_check_has_one_length_whatever_was_decided() -> None:
    released = EVENTS[0]
    assert isinstance(released, Check)
    refused = msgspec.structs.replace(
        released, outcome="refused", opened=(), reference=b"", reason="organisation_day"
    )
    assert len(encode(released)) != len(encode(refused))
    assert len(seal(released, KEYS, SOME).sealed) == len(seal(refused, KEYS, SOME).sealed)


def test_two_sealings_of_one_event_have_nothing_in_common() -> None:
    one, two = (seal(EVENTS[0], KEYS, entry) for entry in (SOME, OTHER))
    assert one.sealed[:12] != two.sealed[:12]
    assert one.sealed[12:28] != two.sealed[12:28]
    assert one.commitment != two.commitment


def test_it_opens_under_no_other_month_id_or_text() -> None:
    entry = seal(EVENTS[0], KEYS, SOME)
    december = MonthKeys("2026-12", b"d" * 32, b"s" * 32)
    altered = entry.sealed[:-1] + bytes([entry.sealed[-1] ^ 1])
    for sealed, keys, entry_id in [
        (entry.sealed, december, SOME),
        (entry.sealed, KEYS, OTHER),
        (altered, KEYS, SOME),
        (b"", KEYS, SOME),
    ]:
        with pytest.raises(SealError):
            open_sealed(sealed, keys, entry_id)


def test_a_commitment_binds_text_entry_id_and_month() -> None:
    sealed = seal(EVENTS[0], KEYS, SOME).sealed
    commitments = {
        commitment(sealed, KEYS.salt_key, SOME),
        commitment(sealed, KEYS.salt_key, OTHER),
        commitment(sealed, b"d" * 32, SOME),
        commitment(sealed + b"\x00", KEYS.salt_key, SOME),
    }
    assert len(commitments) == 4


def test_keys_and_entries_cross_a_border_and_keys_never_print() -> None:
    entry = seal(EVENTS[0], KEYS, SOME)
    for sent in (KEYS, entry):
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(sent), type=type(sent)) == sent
    assert repr(KEYS) == "MonthKeys(month='2026-11')"


def test_an_event_needs_a_time_zone_and_keeps_its_instant() -> None:
    with pytest.raises(ValueError, match="time zone"):
        encode(Restored(at=datetime(2026, 11, 23), entries=0))  # noqa: DTZ001 - what is refused
    paris = AT.astimezone(timezone(timedelta(hours=1)))
    assert decode(encode(Restored(at=paris, entries=0))).at == AT


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xc1",
        msgspec.msgpack.encode({"type": "teapot", "at": AT}),
        msgspec.msgpack.encode({"type": "restored", "at": AT}),
        msgspec.msgpack.encode({"type": "restored", "at": AT, "entries": "5"}),
    ],
)
def test_it_says_so_when_bytes_are_no_event_that_it_knows(body: bytes) -> None:
    with pytest.raises(UnknownEventError):
        decode(body)


def test_an_event_with_an_attribute_of_a_later_version_is_still_read() -> None:
    later = msgspec.msgpack.encode({"type": "restored", "at": AT, "entries": 5, "by": "backup"})
    assert decode(later) == Restored(at=AT, entries=5)
