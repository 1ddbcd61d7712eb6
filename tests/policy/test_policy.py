"""The policy file: read strictly, and faults named by their key."""

from __future__ import annotations

import hashlib
from importlib import resources
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.policy.policy import PolicyError, Probation, parse, read


if TYPE_CHECKING:
    from pathlib import Path


DEFAULT = (resources.files("ecluse.policy") / "default.toml").read_bytes()


def changed(key: str, line: str) -> bytes:
    """The default file with the last line of `key` replaced."""
    lines = DEFAULT.decode().splitlines()
    (*_, place) = (number for number, each in enumerate(lines) if each.startswith(f"{key} = "))
    lines[place] = line
    return "\n".join(lines).encode()


def test_the_default_policy_is_what_was_promised() -> None:
    policy, _ = read()
    assert policy.registration_hours <= 12
    assert (policy.typed.account_day, policy.typed.account_hour) == (10, 4)
    assert policy.card.organisations_per_card_day == 4
    assert policy.typed.account_hour <= policy.typed.account_day
    assert policy.typed.organisation_day_floor <= policy.typed.organisation_day_least


def test_a_policy_is_named_by_the_hash_of_its_file(tmp_path: Path) -> None:
    other = tmp_path / "policy.toml"
    other.write_bytes(changed("account_day", "account_day = 8"))
    policy, digest = read(other)
    assert policy.typed.account_day == 8
    assert digest == hashlib.sha256(other.read_bytes()).hexdigest()
    assert read()[1] == hashlib.sha256(DEFAULT).hexdigest()


@pytest.mark.parametrize(
    ("key", "line", "told"),
    [
        ("version", 'version = ""', "$.version"),
        ("version", "version = 3", "$.version"),
        ("registration_hours", "registration_hours = 13", "$.registration_hours"),
        ("registration_hours", "registration_hours = 0", "$.registration_hours"),
        ("refusal_grid_ms", "refusal_grid_ms = 0", "$.refusal_grid_ms"),
        ("settlement_days", "settlement_days = 1.5", "$.settlement_days"),
        ("account_hour", "account_hour = -1", "$.typed.account_hour"),
        ("account_hour", 'account_hour = "4"', "$.typed.account_hour"),
        ("account_hour", "account_hour = true", "$.typed.account_hour"),
        ("lease_block", "lease_block = 0", "$.typed.lease_block"),
        ("days", "days = 0", "$.known.days"),
        ("days", "days = 367", "$.known.days"),
        (
            "organisations_per_card_day",
            "organisations_per_card_day = 0",
            "$.card.organisations_per_card_day",
        ),
        ("fraction", "fraction = 1.01", "$.probation.fraction"),
        ("fraction", "fraction = nan", "$.probation.fraction"),
        ("platform_day", "", "platform_day"),
        ("platform_day", "platform_daily = 3", "platform_da"),
        ("hours", "hours = 24\nminutes = 3", "minutes"),
        ("hours", "hours = 24\nhours = 12", "line"),
        ("version", "version = ", "line 3"),
    ],
)
def test_a_fault_is_named_by_its_key(key: str, line: str, told: str) -> None:
    with pytest.raises(PolicyError) as error:
        parse(changed(key, line))
    assert told in error.value.problem


def test_a_file_in_another_encoding_is_no_policy() -> None:
    with pytest.raises(PolicyError):
        parse(DEFAULT.replace(b"2026-11-a", b"\xe9t\xe9"))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"absent\.toml"):
        read(tmp_path / "absent.toml")


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_probation_leaves_a_whole_number_and_never_more_than_its_fraction(
    cap: int, fraction: float
) -> None:
    left = Probation(hours=24, fraction=fraction).of(cap)
    assert 0 <= left <= cap
    assert left <= cap * fraction < left + 1


@given(st.integers(1, 500))
def test_an_organisation_grows_with_its_professionals_from_the_least_on(many: int) -> None:
    typed = read()[0].typed
    cap = typed.organisation_day(many)
    assert cap == max(typed.organisation_day_least, many * typed.organisation_day_per_professional)
    assert cap <= typed.organisation_day(many + 1)
