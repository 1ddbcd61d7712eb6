from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from ecluse.login import accounts, admission, enrolment
from ecluse.login.fingerprint import fingerprint
from ecluse.login.passkey import CounterError, Passkey
from ecluse.login.roles import OF_AN_ORGANISATION, AccountRole
from ecluse.login.ticket import Claims
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from ecluse.store.database import Database
    from login.conftest import As

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PROBATION = NOW + timedelta(hours=24)


def new_organisation(finess: str) -> accounts.Organisation:
    return accounts.Organisation(finess, "Pharmacie du Pont", "21", "84", 3)


def add(as_role: As, finess: str) -> bytes:
    number = os.urandom(16)
    added = new_organisation(finess)
    as_role(Role.OFFICER, lambda link: accounts.create_organisation(link, added, number=number))
    return number


def ask(as_role: As, finess: str, label: str = "Comptoir 1") -> Passkey:
    account = os.urandom(16)
    passkey = Passkey(account, os.urandom(32), os.urandom(77), 0)
    claims = Claims(account, finess, label)
    mark = as_role(Role.GATE, lambda link: enrolment.ask(link, claims, passkey, NOW))
    assert mark == fingerprint(passkey.public_key)
    return passkey


def state(as_role: As, passkey: Passkey) -> enrolment.State | None:
    mark = fingerprint(passkey.public_key)
    return as_role(Role.GATE, lambda link: enrolment.state(link, mark))


def accept(as_role: As, passkey: Passkey, role: Role = Role.OFFICER) -> admission.Accepted:
    mark = fingerprint(passkey.public_key)
    return as_role(
        role,
        lambda link: admission.accept(
            link, mark, NOW, roles=OF_AN_ORGANISATION, probation_until=PROBATION
        ),
    )


def refuse(as_role: As, passkey: Passkey, role: Role = Role.OFFICER) -> None:
    mark = fingerprint(passkey.public_key)
    as_role(role, lambda link: admission.refuse(link, mark, NOW))


def load_passkey(as_role: As, passkey: Passkey) -> Passkey | None:
    return as_role(
        Role.GATE,
        lambda link: accounts.load_passkey(link, passkey.account, passkey.credential),
    )


def test_nothing_exists_until_an_officer_accepts(as_role: As) -> None:
    organisation = add(as_role, "010000016")
    passkey = ask(as_role, "010000016")
    assert state(as_role, passkey) is enrolment.State.PENDING
    assert load_passkey(as_role, passkey) is None
    assert as_role(Role.GATE, lambda link: accounts.load(link, passkey.account)) is None

    made = accept(as_role, passkey)

    assert made == admission.Accepted(
        passkey.account,
        organisation,
        "010000016",
        "Comptoir 1",
        AccountRole.PROFESSIONAL,
        passkey.credential,
    )
    assert state(as_role, passkey) is enrolment.State.ACCEPTED
    assert load_passkey(as_role, passkey) == passkey
    assert as_role(
        Role.GATE, lambda link: accounts.load(link, passkey.account)
    ) == accounts.Account(
        account=passkey.account,
        organisation=organisation,
        label="Comptoir 1",
        probation_until=PROBATION,
        locked=None,
        role=AccountRole.PROFESSIONAL,
        insurer=None,
        name="Pharmacie du Pont",
        finess="010000016",
    )


def test_the_gate_cannot_accept_by_itself(as_role: As) -> None:
    add(as_role, "010780195")
    passkey = ask(as_role, "010780195")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        accept(as_role, passkey, Role.GATE)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        refuse(as_role, passkey, Role.GATE)


def test_a_refused_passkey_stays_refused(as_role: As) -> None:
    add(as_role, "020000015")
    passkey = ask(as_role, "020000015")
    refuse(as_role, passkey)
    assert state(as_role, passkey) is enrolment.State.REFUSED
    with pytest.raises(enrolment.EnrolmentError):
        accept(as_role, passkey)
    assert load_passkey(as_role, passkey) is None


def test_an_enrolment_is_decided_once(as_role: As) -> None:
    add(as_role, "030000014")
    passkey = ask(as_role, "030000014")
    accept(as_role, passkey)
    with pytest.raises(enrolment.EnrolmentError):
        accept(as_role, passkey)
    with pytest.raises(enrolment.EnrolmentError):
        refuse(as_role, passkey)


def test_an_organisation_that_nobody_added_cannot_be_accepted_yet(as_role: As) -> None:
    passkey = ask(as_role, "2A0000014")
    with pytest.raises(enrolment.EnrolmentError, match="FINESS") as refusal:
        accept(as_role, passkey)
    assert "2A0000014" not in str(refusal.value) + refusal.value.hint
    assert state(as_role, passkey) is enrolment.State.PENDING
    add(as_role, "2A0000014")
    assert accept(as_role, passkey).label == "Comptoir 1"


def test_the_same_key_cannot_ask_twice(as_role: As) -> None:
    passkey = ask(as_role, "040000013")
    claims = Claims(os.urandom(16), "050000012", "another counter")
    with pytest.raises(enrolment.EnrolmentError, match="before"):
        as_role(Role.GATE, lambda link: enrolment.ask(link, claims, passkey, NOW))


def test_an_unknown_fingerprint_has_no_state_and_no_decision(as_role: As) -> None:
    passkey = Passkey(os.urandom(16), b"", os.urandom(77), 0)
    assert state(as_role, passkey) is None
    with pytest.raises(enrolment.EnrolmentError):
        accept(as_role, passkey)


def test_the_officer_sees_those_who_wait(as_role: As) -> None:
    waiting, decided = ask(as_role, "060000011", "Vitrine"), ask(as_role, "060000011")
    refuse(as_role, decided)
    listed = as_role(Role.OFFICER, lambda link: admission.pending(link, NOW))
    [found] = [one for one in listed if one.fingerprint == fingerprint(waiting.public_key)]
    assert (found.finess, found.label, found.asked_at) == ("060000011", "Vitrine", NOW)
    assert fingerprint(decided.public_key) not in {one.fingerprint for one in listed}


def test_a_finess_number_belongs_to_one_organisation(as_role: As) -> None:
    add(as_role, "070000010")
    with pytest.raises(accounts.AccountError, match="already"):
        add(as_role, "070000010")


def test_two_officers_cannot_add_the_same_organisation_at_once(database: Database) -> None:
    async def add_once(number: bytes) -> None:
        connection = await database.connect(Role.OFFICER)
        try:
            await accounts.create_organisation(
                connection, new_organisation("080000018"), number=number
            )
        finally:
            await connection.close()

    async def race() -> list[Any]:
        numbers = [os.urandom(16) for _ in range(8)]
        return await asyncio.gather(*map(add_once, numbers), return_exceptions=True)

    outcomes = asyncio.run(race())
    assert outcomes.count(None) == 1
    assert all(isinstance(one, accounts.AccountError) for one in outcomes if one)


def test_an_organisation_without_professionals_is_refused(as_role: As) -> None:
    nobody = accounts.Organisation("090000017", "Personne", "21", "84", 0)
    with pytest.raises(accounts.AccountError, match="at least one"):
        as_role(
            Role.OFFICER,
            lambda link: accounts.create_organisation(link, nobody, number=os.urandom(16)),
        )


def test_of_two_gestures_with_one_count_only_one_is_the_next(as_role: As) -> None:
    add(as_role, "100000017")
    passkey = ask(as_role, "100000017")
    accept(as_role, passkey)

    def advance(count: int) -> None:
        as_role(Role.GATE, lambda link: accounts.advance_counter(link, passkey, count))

    advance(0)
    advance(0)
    advance(5)
    for replayed in (5, 4, 0):
        with pytest.raises(CounterError):
            advance(replayed)
    advance(6)
    kept = load_passkey(as_role, passkey)
    assert kept is not None
    assert kept.sign_count == 6


def test_an_officers_passkey_is_not_accepted_as_a_counters_is(as_role: As) -> None:
    passkey = Passkey(os.urandom(16), os.urandom(32), os.urandom(77), 0)
    claims = Claims(passkey.account, None, "Ada", AccountRole.SECURITY)
    as_role(Role.GATE, lambda link: enrolment.ask(link, claims, passkey, NOW))
    with pytest.raises(enrolment.EnrolmentError, match="as security"):
        accept(as_role, passkey)
    assert state(as_role, passkey) is enrolment.State.PENDING


def test_a_passkey_of_one_account_is_not_accepted_for_another(as_role: As) -> None:
    add(as_role, "110000016")
    first = ask(as_role, "110000016")
    accept(as_role, first)
    twin = Passkey(os.urandom(16), first.credential, os.urandom(77), 0)
    claims = Claims(twin.account, "110000016", "Comptoir 2")
    as_role(Role.GATE, lambda link: enrolment.ask(link, claims, twin, NOW))
    with pytest.raises(enrolment.EnrolmentError, match="belongs to an account"):
        accept(as_role, twin)


def test_so_many_may_wait_for_one_organisation_and_others_still_ask(as_role: As) -> None:
    for number in range(enrolment.MOST_OF_ONE):
        ask(as_role, "120000015", f"Comptoir {number}")
    with pytest.raises(enrolment.TooManyWaitError):
        ask(as_role, "120000015")
    ask(as_role, "130000014")


def test_a_request_counts_and_may_be_accepted_for_a_week(as_role: As) -> None:
    add(as_role, "140000013")
    passkey = ask(as_role, "140000013")
    mark, later = fingerprint(passkey.public_key), NOW + enrolment.WAITS
    listed = as_role(Role.OFFICER, lambda link: admission.pending(link, later))
    assert mark not in {one.fingerprint for one in listed}
    with pytest.raises(enrolment.EnrolmentError, match="waits"):
        as_role(
            Role.OFFICER,
            lambda link: admission.accept(
                link, mark, later, roles=OF_AN_ORGANISATION, probation_until=later
            ),
        )


@pytest.mark.parametrize(
    ("role", "finess", "amc"),
    [
        (AccountRole.PROFESSIONAL, None, None),
        (AccountRole.HOLDER, None, None),
        (AccountRole.HOLDER, "010000016", "775670482"),
        (AccountRole.SECURITY, "010000016", None),
        (AccountRole.PROTECTION, None, "775670482"),
        (AccountRole.INSURER, None, None),
        (AccountRole.INSURER, "010000016", "775670482"),
    ],
)
def test_each_role_goes_with_what_it_belongs_to(
    role: AccountRole, finess: str | None, amc: str | None
) -> None:
    with pytest.raises(enrolment.EnrolmentError):
        enrolment.claim(os.urandom(16), "Ada", role, finess=finess, amc=amc)
