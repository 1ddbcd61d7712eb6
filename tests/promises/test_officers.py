"""What an officer's login is worth, stolen or in bad hands, at a real operator's public door."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import httpx2
import msgspec
import pytest

import policies
from ecluse.acts.act import FeedRelease, OfficerAccept, PolicyChange, UnlockAccount
from ecluse.acts.gesture import step_of
from ecluse.client.gate import GateError
from ecluse.client.officer import OfficerClient
from ecluse.console.deeds import DeedError
from ecluse.cover.family import CareFamily
from ecluse.ledger import entry
from ecluse.local import officer
from ecluse.login import accounts, base64url, passkey
from ecluse.login.credential import AuthenticationResponse, PasskeyError
from ecluse.login.passkey import RelyingParty
from ecluse.login.roles import AccountRole
from ecluse.siege import wire
from ecluse.siege.scene import Passkey
from ecluse.store.roles import Role
from officers import Bureau, Person
from promises import openly
from promises.shops import new_shop
from towns import open_town


if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
    from pathlib import Path

    from ecluse.siege.scene import Clerk, Scene
    from towns import Town

    Story = Callable[["Office"], Coroutine[object, object, None]]

pytestmark = pytest.mark.attack


@dataclass
class Staff:
    """Everybody but the professionals; each was accepted in the way of their role."""

    ada: Person
    ben: Person
    protection: Person
    holder: Person
    insurer: Person
    amc: str
    finess: str

    def everybody(self) -> list[Person]:
        return [self.ada, self.ben, self.protection, self.holder, self.insurer]


@dataclass
class Office:
    """One test's event loop: the scene, the bureau, and everybody on its connections."""

    town: Town
    scene: Scene
    bureau: Bureau
    staff: Staff

    async def hire(self) -> Clerk:
        return await self.scene.hire(self.staff.finess)


@pytest.fixture(scope="module")
def office_town() -> Iterator[Town]:
    with open_town(members=600) as town:
        yield town


def amcs(town: Town) -> list[str]:
    """The AMC numbers of the nation's insurers."""
    return sorted(path.name for path in (town.insurers_side / "insurers").iterdir())


async def _accept(
    staff: tuple[Person, Person], mark: str, role: AccountRole, amc: str | None
) -> None:
    ada, ben = staff
    await ben.second(await ada.propose(OfficerAccept(mark, role, amc)))


async def _staff(town: Town) -> Staff:
    async with Bureau(town.operator) as bureau, town.scene() as scene:
        ada, ben = await bureau.first(), await bureau.first()
        finess = await new_shop(scene)
        amc = amcs(town)[0]
        protection, mark = await bureau.asks(AccountRole.PROTECTION)
        await _accept((ada, ben), mark, AccountRole.PROTECTION, None)
        insurer, mark = await bureau.asks(AccountRole.INSURER, amc=amc)
        await _accept((ada, ben), mark, AccountRole.INSURER, amc)
        holder, mark = await bureau.asks(AccountRole.HOLDER, finess=finess)
        await ada.console.accept(mark)
        for person in (protection, insurer, holder):
            await bureau.signed_in(person)
        return Staff(ada, ben, protection, holder, insurer, amc, finess)


@pytest.fixture(scope="module")
def staff(office_town: Town) -> Staff:
    return asyncio.run(_staff(office_town))


@pytest.fixture
def play(office_town: Town, staff: Staff) -> Callable[[Story], None]:
    """Run one story with the office open."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Office]:
        async with Bureau(office_town.operator) as bureau, office_town.scene() as scene:
            here = {
                name: bureau.again(person)
                for name, person in vars(staff).items()
                if isinstance(person, Person)
            }
            yield Office(
                office_town, scene, bureau, Staff(**here, amc=staff.amc, finess=staff.finess)
            )

    def run(story: Story) -> None:
        async def played() -> None:
            async with opened() as office:
                await story(office)

        asyncio.run(played())

    return run


async def code(asking: Coroutine[object, object, object]) -> str:
    """Return the operator's word for why it refused; `ok` when it did not."""
    try:
        await asking
    except GateError as error:
        return error.code
    return "ok"


async def locked_clerk(office: Office) -> tuple[Clerk, str]:
    """Hire a clerk whose account one officer then locks; return it with its number."""
    clerk = await office.hire()
    number = clerk.gate.keyid.split(".")[0]
    await office.staff.ada.console.lock(number, "suspicion")
    return clerk, number


async def outcome(office: Office, clerk: Clerk) -> str:
    member = office.town.cast.members[0]
    reply = await clerk.gate.check_card(
        member.card, care_date=office.scene.today, family=CareFamily(member.families[0])
    )
    return type(reply).__name__


def test_one_officer_locks_at_once_and_two_unlock(play: Callable[[Story], None]) -> None:
    async def story(office: Office) -> None:
        clerk, number = await locked_clerk(office)
        assert await outcome(office, clerk) == "Refused"
        act = await office.staff.ada.propose(UnlockAccount(number))
        assert await outcome(office, clerk) == "Refused"
        assert [one.act for one in await office.staff.ben.console.acts()].count(act.act) == 1
        done = await office.staff.ben.second(act)
        assert done.state == "done"
        assert await outcome(office, clerk) == "Covered"

    play(story)


def test_an_officer_alone_unlocks_nothing(play: Callable[[Story], None]) -> None:
    async def story(office: Office) -> None:
        clerk, number = await locked_clerk(office)
        ada = office.staff.ada
        act = await ada.propose(UnlockAccount(number))
        assert await code(ada.second(act)) == "role"
        elsewhere = await office.bureau.another_device(ada)
        assert await code(elsewhere.second(act)) == "role"
        for other in (office.staff.protection, office.staff.holder, office.staff.insurer):
            assert await code(other.second(act)) == "role"
        assert await outcome(office, clerk) == "Refused"
        assert (await ada.console.withdraw(act.act)).state == "withdrawn"
        assert await code(office.staff.ben.second(act)) == "act"

    play(story)


def test_a_gesture_for_one_act_is_worth_nothing_for_another(play: Callable[[Story], None]) -> None:
    async def story(office: Office) -> None:
        _, number = await locked_clerk(office)
        ada, ben = office.staff.ada, office.staff.ben
        act = await ada.propose(UnlockAccount(number))
        other = await ada.propose(PolicyChange("ab" * 32))
        # What ben is shown is the harmless act; what is sent is the other one.
        swapped = msgspec.structs.replace(act, content=other.content)
        assert await code(ben.console.second(swapped, ben.passkey.touch)) == "gesture"
        # Ada's own gesture under ben's request.
        assert await code(ben.console.second(act, ada.passkey.touch)) == "gesture"
        assert {one.state for one in await ada.console.acts()} == {"proposed"}
        for one in (act, other):
            await ada.console.withdraw(one.act)

    play(story)


def test_whoever_was_locked_meanwhile_has_no_word(play: Callable[[Story], None]) -> None:
    async def story(office: Office) -> None:
        _, number = await locked_clerk(office)
        ada, ben = office.staff.ada, office.staff.ben
        carl, mark = await office.bureau.asks(AccountRole.SECURITY)
        await _accept((ada, ben), mark, AccountRole.SECURITY, None)
        await office.bureau.signed_in(carl)
        mine = await carl.console.mine()
        act = await carl.propose(UnlockAccount(number))
        await ada.console.lock(mine.account, "lost")
        assert await code(ben.second(act)) == "act"
        assert await code(carl.console.waiting()) == "role"
        assert (await carl.console.mine()).locked == "lost"
        await ada.console.withdraw(act.act)

    play(story)


def test_a_third_officer_is_not_accepted_on_the_machine(play: Callable[[Story], None]) -> None:
    async def story(office: Office) -> None:
        _, mark = await office.bureau.asks(AccountRole.SECURITY)
        installation = office.town.operator.installation
        with pytest.raises(DeedError, match="two security officers"):
            await officer.accept_first_officer(installation, mark)
        assert await code(office.staff.ada.console.accept(mark)) == "enrolment"
        assert await code(office.staff.holder.console.accept(mark)) == "enrolment"
        # As what it did not ask to be, two cannot accept it either.
        act = await office.staff.ada.propose(OfficerAccept(mark, AccountRole.PROTECTION))
        assert await code(office.staff.ben.second(act)) == "enrolment"
        await office.staff.ada.console.withdraw(act.act)
        await office.staff.ada.console.refuse(mark)

    play(story)


def test_a_holder_answers_for_its_own_organisation_and_no_other(
    play: Callable[[Story], None],
) -> None:
    async def story(office: Office) -> None:
        holder, ada = office.staff.holder, office.staff.ada
        elsewhere = await new_shop(office.scene)
        stranger = await office.scene.hire(elsewhere)
        number = stranger.gate.keyid.split(".")[0]
        _, theirs = await office.bureau.asks(AccountRole.PROFESSIONAL, finess=elsewhere)
        _, rival = await office.bureau.asks(AccountRole.HOLDER, finess=office.staff.finess)
        counter, ours = await office.bureau.asks(
            AccountRole.PROFESSIONAL, finess=office.staff.finess
        )
        assert {one.fingerprint for one in await holder.console.waiting()} == {ours, rival}
        assert await code(holder.console.accept(theirs)) == "enrolment"
        assert await code(holder.console.refuse(theirs)) == "enrolment"
        assert await code(holder.console.accept(rival)) == "enrolment"
        assert await code(holder.console.lock(number, "left")) == "role"
        assert await code(holder.console.sign_out(number)) == "role"
        own = (await ada.console.mine()).account
        assert await code(holder.console.lock(own, "left")) == "role"
        assert await code(holder.console.acts()) == "role"
        assert await code(holder.propose(UnlockAccount(number))) == "role"
        listed = await holder.console.accounts(elsewhere)
        assert number not in {one.account for one in listed}

        accepted = await holder.console.accept(ours)
        await office.bureau.signed_in(counter)
        [found] = [a for a in await holder.console.accounts() if a.account == accepted.account]
        assert (found.devices, found.locked) == (1, None)
        assert (await holder.console.sign_out(found.account)).devices == 1
        assert await code(counter.console.me()) == "device_expired"
        assert (await ada.console.refuse(theirs)).state == "refused"
        assert (await ada.console.refuse(rival)).state == "refused"

    play(story)


def test_nobody_here_checks_a_member(play: Callable[[Story], None]) -> None:
    async def story(office: Office) -> None:
        member = office.town.cast.members[1]
        today, family = office.scene.today, CareFamily(member.families[0])
        for person in office.staff.everybody():
            card = person.console.check_card(member.card, care_date=today, family=family)
            assert await code(card) == "role"
            typed = person.console.check_person(
                member.person, person.passkey.touch, care_date=today, family=family
            )
            assert await code(typed) == "role"

    play(story)


def test_each_role_has_its_rights_and_no_other(play: Callable[[Story], None]) -> None:
    async def story(office: Office) -> None:
        clerk = await office.hire()
        gate, today = clerk.gate, office.scene.today
        counter = OfficerClient(
            gate.origin, office.bureau.http, device=gate.device, keyid=gate.keyid
        )
        told = {}
        for person in [*office.staff.everybody(), Person(clerk.passkey, counter)]:
            at = person.console
            mine = await at.mine()
            reached = {
                "enrolments": await code(at.waiting()),
                "accounts": await code(at.accounts()),
                "acts": await code(at.acts()),
                "alarms": await code(at.alarms()),
                "live": await code(at.live()),
                "evidence": await code(at.evidence("A" * 22)),
                "feeds": await code(at.feeds()),
                "incidents": await code(at.incidents()),
                "notices": await code(at.notices()),
                "claims": await code(at.claims(today, today + timedelta(days=1))),
                "ledger": await code(at.ledger()),
            }
            # No alarm has that number; who may look is told so.
            same = {reached.pop("live"), reached.pop("evidence").replace("malformed", "ok")}
            assert same == {reached["alarms"]}
            assert set(reached.values()) <= {"ok", "role"}
            told[mine.role] = {name for name, answer in reached.items() if answer == "ok"}
            assert told[mine.role] == set(mine.rights) - {"check"}
        assert told == {
            "security": {"enrolments", "accounts", "acts", "alarms", "incidents"},
            "protection": {"acts", "incidents", "ledger"},
            "holder": {"enrolments", "accounts"},
            "insurer": {"feeds", "notices", "claims"},
            "professional": set(),
        }

    play(story)


def test_an_insurers_staff_sees_its_own_feeds_alone(play: Callable[[Story], None]) -> None:
    async def story(office: Office) -> None:
        seen = await office.staff.insurer.console.feeds()
        assert seen.insurer.amc == office.staff.amc
        assert [feed.state for feed in seen.feeds] == ["in_force"]
        others = [amc for amc in amcs(office.town) if amc != office.staff.amc]
        text = msgspec.json.encode(seen).decode()
        assert others
        assert not any(amc in text for amc in others)
        content = FeedRelease(others[0], 1, "ab" * 32)
        assert await code(office.staff.insurer.propose(content)) == "role"

    play(story)


def test_a_data_protection_officer_sees_that_the_ledger_is_as_signed(
    play: Callable[[Story], None],
) -> None:
    async def story(office: Office) -> None:
        state = await office.staff.protection.console.ledger()
        assert state.verified
        assert 0 < state.signed <= state.size
        assert state.checkpoint.startswith("ecluse/")

    play(story)


def test_an_officers_stolen_requests_do_nothing_again_or_altered(
    play: Callable[[Story], None],
) -> None:
    async def story(office: Office) -> None:
        tap = wire.Tap()
        async with httpx2.AsyncClient(transport=tap) as tapped, httpx2.AsyncClient() as thief:
            clerk = await office.hire()
            other = await office.hire()
            number, spared = (one.gate.keyid.split(".")[0] for one in (clerk, other))
            ada = office.staff.ada
            kept = ada.console
            watched = OfficerClient(kept.origin, tapped, device=kept.device, keyid=kept.keyid)
            await watched.login(ada.passkey.touch)
            await watched.lock(number, "left")
            await watched.propose(UnlockAccount(number), ada.passkey.touch)
            assert len(tap.seen) == 4
            for seen in tap.seen[1:]:
                assert (await wire.send(thief, seen)).status_code == 401
            lock = tap.seen[2]
            altered = [
                lock._replace(url=lock.url.replace(number, spared)),
                lock._replace(body=lock.body.replace(b"left", b"lost")),
                lock._replace(url=lock.url.replace("/lock", "/sign-out")),
                lock._replace(url=lock.url + "?a=1"),
                lock._replace(headers={"content-type": "application/json"}),
            ]
            for request in altered:
                assert (await wire.send(thief, request)).status_code == 401
            # The thief's own key, under the officer's name.
            forged = OfficerClient(kept.origin, thief, keyid=kept.keyid)
            assert await code(forged.waiting()) == "signature"
            listed = await ada.console.accounts(office.staff.finess)
            assert {one.account: one.locked for one in listed}[spared] is None

    play(story)


def test_an_officer_on_a_false_page_signs_nothing_that_counts(
    play: Callable[[Story], None],
) -> None:
    async def story(office: Office) -> None:
        ben = office.staff.ben
        lured = Passkey("https://ecluse.example.net")
        lured.authenticator._credentials = ben.passkey.authenticator._credentials  # noqa: SLF001 - the same key on another page
        relay = OfficerClient(office.scene.pipe, office.bureau.http)
        assert await code(relay.login(lured.touch)) == "gesture"
        _, number = await locked_clerk(office)
        act = await office.staff.ada.propose(UnlockAccount(number))
        assert await code(ben.console.second(act, lured.touch)) == "gesture"
        await ben.console.withdraw(act.act)

    play(story)


def test_a_flood_of_passkeys_is_stopped_and_the_counter_next_door_still_joins(
    play: Callable[[Story], None],
) -> None:
    async def story(office: Office) -> None:
        flooded, other = await new_shop(office.scene), await new_shop(office.scene)
        codes: list[str] = []
        while codes.count("enrolments_full") == 0 and len(codes) < 50:
            asking = office.bureau.asks(AccountRole.PROFESSIONAL, finess=flooded)
            codes.append(await code(asking))
        assert codes == ["ok"] * 20 + ["enrolments_full"]
        assert await code(office.bureau.asks(AccountRole.PROFESSIONAL, finess=other)) == "ok"
        waiting = [w for w in await office.staff.ada.console.waiting() if w.finess == flooded]
        for one in waiting:
            await office.staff.ada.console.refuse(one.fingerprint)
        assert await code(office.bureau.asks(AccountRole.PROFESSIONAL, finess=flooded)) == "ok"

    play(story)


def test_every_step_stands_in_the_ledger(play: Callable[[Story], None]) -> None:
    async def story(office: Office) -> None:
        _, number = await locked_clerk(office)
        ada, ben = office.staff.ada, office.staff.ben
        act = await ada.propose(UnlockAccount(number))
        await ben.second(act)
        await ada.console.sign_out(number)
        installation = office.town.operator.installation
        events = [each.event for each in (await openly.read(installation)).values()]
        kinds = {type(event) for event in events}
        assert kinds >= {
            *(entry.OrganisationAdded, entry.InsurerAdded, entry.EnrolmentRefused),
            *(entry.ActProposed, entry.ActSeconded, entry.ActWithdrawn, entry.ActDone),
        }
        account, this = base64url.decode(number), base64url.decode(act.act)
        by = [base64url.decode(p.console.keyid.split(".")[0]) for p in (ada, ben)]
        story_of = [
            (type(event).__name__, getattr(event, "by", None) or getattr(event, "account", None))
            for event in events
            if getattr(event, "act", None) == this
            or (
                isinstance(event, entry.Lock | entry.Unlock | entry.SignedOut)
                and event.account == account
            )
        ]
        assert story_of == [
            ("Lock", by[0]),
            ("ActProposed", by[0]),
            ("ActSeconded", by[1]),
            ("Unlock", account),
            ("ActDone", None),
            ("SignedOut", by[0]),
        ]
        assert (await openly.verified(installation)).verified

    play(story)


def test_the_console_answers_nobody_unsigned(play: Callable[[Story], None]) -> None:
    async def story(office: Office) -> None:
        async with httpx2.AsyncClient(base_url=office.scene.pipe) as thief:
            for path in ("me", "accounts", "enrolments", "acts", "feeds", "ledger"):
                answer = await thief.get(f"/v1/console/{path}")
                assert (answer.status_code, answer.json()["error"]) == (401, "signature")

    play(story)


async def cap_of(clerk: Clerk) -> int:
    return (await clerk.gate.me()).typed.day.cap


async def require_signed(
    office: Office, said: entry.ActProposed | entry.ActSeconded, content: PolicyChange
) -> None:
    """Verify the gesture that a step's entry holds, with the passkey of the account it names."""
    proof = msgspec.json.decode(said.proof)
    assertion = msgspec.convert(proof["assertion"], AuthenticationResponse)
    connection = await office.town.operator.installation.database.connect(Role.OFFICER)
    try:
        known = await accounts.load_passkey(connection, said.account, assertion.credential())
    finally:
        await connection.close()
    assert known is not None
    word: Literal["propose", "second"] = (
        "propose" if isinstance(said, entry.ActProposed) else "second"
    )
    passkey.verify_gesture(
        RelyingParty("localhost", office.scene.pages),
        assertion,
        msgspec.structs.replace(known, sign_count=0),  # it has been used since
        agreed=step_of(word, said.act, content, proof["created"], proof["keyid"]),
        now=proof["created"],
    )


def test_two_signatures_at_the_console_change_what_a_running_gate_decides_by(
    play: Callable[[Story], None], tmp_path: Path
) -> None:
    async def story(office: Office) -> None:
        installation, ada = office.town.operator.installation, office.staff.ada
        clerk = await office.hire()
        stated = await cap_of(clerk)
        text = policies.write(tmp_path / "seven.toml", typed={"account_day": 7}).read_bytes()
        content = PolicyChange(installation.policies.put(text).hex())
        act = await ada.propose(content)
        assert await code(ada.second(act)) == "role"
        await asyncio.sleep(2.5)
        assert await cap_of(clerk) == stated != 7
        await office.staff.protection.second(act)
        for _ in range(100):
            if await cap_of(clerk) == 7:
                break
            await asyncio.sleep(0.1)
        assert await cap_of(clerk) == 7

        events = [each.event for each in (await openly.read(installation)).values()]
        proposed, seconded, done = (
            event for event in events if getattr(event, "act", b"") == base64url.decode(act.act)
        )
        in_force = events[events.index(done) :]
        assert isinstance(proposed, entry.ActProposed)
        assert isinstance(seconded, entry.ActSeconded)
        assert isinstance(done, entry.ActDone)
        assert proposed.account != seconded.account
        assert bytes.fromhex(content.sha256) in {
            event.sha256 for event in in_force if isinstance(event, entry.PolicyInForce)
        }
        for said in (proposed, seconded):
            await require_signed(office, said, content)
            with pytest.raises(PasskeyError):
                await require_signed(office, said, PolicyChange("ab" * 32))

    play(story)
