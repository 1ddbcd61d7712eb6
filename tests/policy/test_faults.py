"""A file under review: every fault of it at once, each with its key and its line."""

from __future__ import annotations

import msgspec
import pytest

from ecluse.policy.faults import faults
from ecluse.policy.policy import Policy, parse, read, read_text
from ecluse.policy.words import changes, terms


DEFAULT = read_text()


def with_lines(**lines: str) -> bytes:
    """The default file with the lines of some keys replaced; `typed__hours` is `[typed] hours`."""
    under, kept = "", []
    for line in DEFAULT.decode().splitlines():
        if line.startswith("["):
            under = line.strip("[]") + "__"
        name = under + line.partition(" = ")[0]
        kept.append(lines.pop(name, line))
    assert not lines
    return "\n".join(kept).encode()


def test_the_default_policy_has_no_fault() -> None:
    assert faults(DEFAULT) == []


def test_every_fault_is_named_with_its_line() -> None:
    text = with_lines(
        registration_hours="registration_hours = 24",
        typed__account_day='typed_account_day = "ten"',
        typed__lease_block="lease_block = 0",
        probation__fraction="fraction = 2.0",
    )
    lines = text.decode().splitlines()
    found = faults(text)
    assert {fault.key for fault in found} == {
        "registration_hours",
        "typed.account_day",
        "typed.typed_account_day",
        "typed.lease_block",
        "probation.fraction",
    }
    for fault in found:
        if fault.line is None:
            assert (fault.key, "missing" in fault.problem) == ("typed.account_day", True)
        else:
            assert lines[fault.line - 1].startswith(fault.key.rpartition(".")[2])


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("typed.account_hour", "account_hour = 11"),
        ("typed.organisation_day_floor", "organisation_day_floor = 21"),
        ("typed.region_profession_day", "region_profession_day = 250001"),
        ("typed.lease_block", "lease_block = 20001"),
        ("card.account_day", "account_day = 5001"),
        ("probation.fraction", "fraction = 0.2"),
        ("probation.fraction", "fraction = 0"),
    ],
)
def test_numbers_that_make_no_sense_together_are_a_fault(key: str, line: str) -> None:
    text = with_lines(**{key.replace(".", "__"): line})
    parse(text)
    assert [fault.key for fault in faults(text)] == [key]


@pytest.mark.parametrize("text", [b"version = ", b"\xff", b"[typed]\naccount_day = 1\n[typed]\n"])
def test_what_is_no_policy_at_all_is_one_fault(text: bytes) -> None:
    assert len(faults(text)) == 1


def test_a_whole_section_may_be_missing_or_no_section() -> None:
    assert "card" in {fault.key for fault in faults(DEFAULT.replace(b"[card]", b"[cards]"))}
    assert {fault.key for fault in faults(b"typed = 3")} >= {"typed", "card", "version"}


def test_every_number_has_its_words() -> None:
    policy = read()[0]
    for term in terms(policy):
        assert term.meaning, term.key
        assert term.unit or term.key == "version", term.key


def test_two_policies_are_compared_key_by_key() -> None:
    before = read()[0]
    typed = msgspec.structs.replace(before.typed, account_day=8)
    after: Policy = msgspec.structs.replace(before, version="next", typed=typed)
    assert changes(before, before) == []
    assert changes(before, after) == [
        ("version", before.version, "next"),
        ("typed.account_day", 10, 8),
    ]
