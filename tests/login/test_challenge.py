from __future__ import annotations

import hashlib

import msgspec
import pytest

from ecluse.login.challenge import (
    ChallengeError,
    TypedSubject,
    device_challenge,
    enrolment_challenge,
    gesture_challenge,
)


SUBJECT = TypedSubject(
    check_id="AAAAAAAAAAAAAAAAAAAAAA",
    nir13="2550814168025",
    birth_date="19550800",
    birth_rank=1,
    amc=None,
    care_date="2026-11-23",
    family="pharmacy",
    created=1_795_460_000,
    keyid="a.b",
)


def test_a_typed_check_commits_to_these_lines() -> None:
    text = (
        "ecluse/typed/v1\nAAAAAAAAAAAAAAAAAAAAAA\n2550814168025\n19550800\n1\n\n2026-11-23\n"
        "pharmacy\n1795460000\na.b"
    )
    assert gesture_challenge(SUBJECT) == hashlib.sha256(text.encode()).digest()


@pytest.mark.parametrize(
    "change",
    [
        {"check_id": "BAAAAAAAAAAAAAAAAAAAAA"},
        {"nir13": "2550814168026"},
        {"birth_date": "19550801"},
        {"birth_rank": 2},
        {"amc": "75004407"},
        {"care_date": "2026-11-24"},
        {"family": "optics"},
        {"created": 1_795_460_001},
        {"keyid": "a.c"},
    ],
)
def test_a_typed_check_commits_to_every_part(change: dict[str, str | int]) -> None:
    other = msgspec.structs.replace(SUBJECT, **change)
    assert gesture_challenge(other) != gesture_challenge(SUBJECT)


def test_no_part_can_run_into_the_next() -> None:
    with pytest.raises(ChallengeError):
        gesture_challenge(msgspec.structs.replace(SUBJECT, amc="75004407\n2026-11-23"))


def test_challenges_of_different_acts_never_meet() -> None:
    same = bytes(40)
    assert device_challenge(same, bytes(32)) != enrolment_challenge(same + bytes(32))
    assert device_challenge(same, bytes(32)) != device_challenge(same, b"\x01" * 32)
