from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.acts import act as acts
from ecluse.acts.act import (
    LIFETIME,
    RULES,
    Act,
    ActError,
    BrakeEnd,
    FeedRelease,
    NoticesSend,
    NotYoursError,
    OfficerAccept,
    Person,
    PolicyChange,
    State,
    UnlockAccount,
)
from ecluse.login.roles import AccountRole


NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
UNLOCK = UnlockAccount("AAAAAAAAAAAAAAAAAAAAAA")
CONTENTS: list[acts.Content] = [
    UNLOCK,
    BrakeEnd(NOON),
    OfficerAccept("7F3K-92MD-0XQA", AccountRole.PROTECTION),
    PolicyChange("ab" * 32),
    FeedRelease("775670482", 3, "cd" * 32),
    NoticesSend(1, 2, "ef" * 32),
]


def person(name: str, role: AccountRole = AccountRole.SECURITY) -> Person:
    return Person(name.encode(), role, f"key of {name}".encode())


def proposed(by: str = "ada") -> Act:
    return acts.propose(bytes(16), UNLOCK, person(by), NOON)


def test_one_proposes_another_seconds_and_it_is_done_once() -> None:
    seconded = acts.second(proposed(), person("ben"), NOON)
    done = acts.finish(seconded, NOON)
    assert (seconded.state, done.state) == (State.SECONDED, State.DONE)
    with pytest.raises(ActError, match="is done"):
        acts.finish(done, NOON)


def test_the_proposer_does_not_second() -> None:
    with pytest.raises(NotYoursError):
        acts.second(proposed("ada"), person("ada"), NOON)


def test_nor_does_another_account_with_the_proposers_passkey() -> None:
    twin = Person(b"another account", AccountRole.SECURITY, person("ada").credential)
    with pytest.raises(NotYoursError):
        acts.second(proposed("ada"), twin, NOON)


def test_nothing_is_done_on_one_persons_word() -> None:
    with pytest.raises(ActError, match="is proposed"):
        acts.finish(proposed(), NOON)


@pytest.mark.parametrize(("content", "role"), list(product(CONTENTS, AccountRole)))
def test_only_the_roles_of_the_rule_propose_and_second(
    content: acts.Content, role: AccountRole
) -> None:
    rule = RULES[type(content)]
    by = person("ada", next(iter(rule.proposers)))
    stands = acts.propose(bytes(16), content, by, NOON)
    if role not in rule.proposers:
        with pytest.raises(NotYoursError):
            acts.propose(bytes(16), content, person("ben", role), NOON)
    if role in rule.seconders:
        assert acts.second(stands, person("ben", role), NOON).state is State.SECONDED
    else:
        with pytest.raises(NotYoursError):
            acts.second(stands, person("ben", role), NOON)


def test_every_kind_has_its_rule_and_only_officers_stand_in_it() -> None:
    assert {type(content) for content in CONTENTS} == RULES.keys()
    officers = {AccountRole.SECURITY, AccountRole.PROTECTION}
    assert all(rule.proposers | rule.seconders <= officers for rule in RULES.values())


def test_one_officer_stops_an_act_and_nobody_else_does() -> None:
    with pytest.raises(NotYoursError):
        acts.withdraw(proposed(), AccountRole.HOLDER, NOON)
    stopped = acts.withdraw(proposed(), AccountRole.SECURITY, NOON)
    with pytest.raises(ActError, match="is withdrawn"):
        acts.second(stopped, person("ben"), NOON)


def test_it_ends_after_a_day_to_the_moment() -> None:
    end = NOON + LIFETIME
    seconded = acts.second(proposed(), person("ben"), end - timedelta(microseconds=1))
    assert seconded.at(end) is State.EXPIRED
    with pytest.raises(ActError, match="expired"):
        acts.finish(seconded, end)
    with pytest.raises(ActError, match="expired"):
        acts.second(proposed(), person("ben"), end)


def test_the_digest_is_that_of_the_canonical_text_and_names_the_kind() -> None:
    text = b'{"account":"AAAAAAAAAAAAAAAAAAAAAA","kind":"unlock_account"}'
    assert acts.canonical(UNLOCK) == text
    assert acts.digest(UNLOCK) == hashlib.sha256(text).digest()
    assert len(set(map(acts.digest, CONTENTS))) == len(CONTENTS)


@pytest.mark.parametrize("content", CONTENTS, ids=acts.kind)
def test_a_content_is_read_back_from_its_text(content: acts.Content) -> None:
    assert acts.read(acts.canonical(content)) == content


@pytest.mark.parametrize(
    "text",
    [b"", b"{}", b'{"kind":"open_everything"}', b'{"kind":"policy_change","sha256":"x"}', b"\xff"],
)
def test_what_is_no_act_is_refused(text: bytes) -> None:
    with pytest.raises(ActError):
        acts.read(text)


STEPS = st.tuples(
    st.sampled_from(["second", "withdraw", "finish"]),
    st.sampled_from(["ada", "ben", "cy"]),
    st.sampled_from(AccountRole),
    st.timedeltas(timedelta(0), LIFETIME * 2),
)


@given(st.lists(STEPS, max_size=8))
def test_whatever_happens_nothing_is_done_without_two(
    steps: list[tuple[str, str, AccountRole, timedelta]],
) -> None:
    stands = proposed("ada")
    for step, name, role, after in steps:
        by, now = person(name, role), NOON + after
        try:
            if step == "second":
                stands = acts.second(stands, by, now)
            elif step == "withdraw":
                stands = acts.withdraw(stands, by.role, now)
            else:
                stands = acts.finish(stands, now)
        except ActError:
            continue
    if stands.state is State.DONE:
        assert stands.seconder not in {None, stands.proposer}
        assert stands.ended_at is not None
        assert stands.ended_at < stands.expires_at
