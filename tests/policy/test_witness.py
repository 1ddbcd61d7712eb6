"""The policy's word on witnesses."""

from __future__ import annotations

import pytest

from ecluse.ledger.cosignature import WitnessKey
from ecluse.policy import policy as policies
from ecluse.policy.faults import faults
from ecluse.policy.policy import PolicyError


KEY = WitnessKey("witness.example.org/one", b"k" * 32).text()
NAMED = f"https://witness.example.org/tlog/ {KEY}"


def with_witnesses(*known: str, needed: int = 0) -> bytes:
    text = policies.read_text().decode()
    listed = ", ".join(f'"{each}"' for each in known)
    return (
        text.replace("known = []", f"known = [{listed}]")
        .replace("\nneeded = 0", f"\nneeded = {needed}")
        .encode()
    )


def test_a_witness_is_an_address_and_a_key() -> None:
    policy = policies.parse(with_witnesses(NAMED, needed=1))
    (named,) = policy.witness.witnesses()
    assert (named.url, named.key.text()) == ("https://witness.example.org/tlog", KEY)
    assert faults(with_witnesses(NAMED, needed=1)) == []


@pytest.mark.parametrize(
    "known",
    [
        KEY,
        f"http://witness.example.org {KEY}",
        f"https://witness.example.org {KEY.replace('one', 'two')}",
        f"https://witness.example.org {KEY[:-4]}",
    ],
)
def test_a_wrong_key_or_an_address_without_tls_makes_a_policy_none(known: str) -> None:
    with pytest.raises(PolicyError):
        policies.parse(with_witnesses(known))
    (fault,) = faults(with_witnesses(known))
    assert fault.key.startswith("witness")


def test_two_witnesses_have_two_names() -> None:
    with pytest.raises(PolicyError, match="one name"):
        policies.parse(with_witnesses(NAMED, NAMED))


def test_a_policy_that_needs_more_witnesses_than_it_knows_has_a_fault() -> None:
    (fault,) = faults(with_witnesses(NAMED, needed=2))
    assert fault.key == "witness.needed"


def test_a_policy_from_before_there_were_witnesses_asks_for_none() -> None:
    text = policies.read_text()
    older = policies.parse(text[: text.index(b"[witness]")])
    assert (older.witness.needed, older.witness.known) == (0, ())
