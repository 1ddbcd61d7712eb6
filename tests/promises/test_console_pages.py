"""The officers' page in a real Chromium at a real operator, whose watch catches a real thief."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import pytest
from playwright.sync_api import expect

from ecluse.acts.act import OfficerAccept
from ecluse.breach.opening import open_notice
from ecluse.cover.family import CareFamily
from ecluse.feeds import insurer_keys
from ecluse.login import base64url
from ecluse.login.roles import AccountRole
from officers import Bureau
from portal.conftest import browser, open_context, playwright_of, with_security_key
from portal.test_accessibility import violations
from promises.swept import sweep


if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator
    from typing import TypeVar

    from playwright.sync_api import Browser, Page

    from officers import Person
    from promises.swept import Caught
    from towns import Town

    T = TypeVar("T")

__all__ = ["browser", "playwright_of"]

pytestmark = [pytest.mark.browser, pytest.mark.attack]

_PATIENCE = 30_000


def beside(story: Coroutine[object, object, T]) -> T:
    """Run `story` on another thread: a running Playwright lets no other loop start on its own."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, story).result()


class Console(NamedTuple):
    """The operator, its first two officers (without a browser), and how to open the page."""

    town: Town
    ada: Person
    ben: Person
    browser: Browser

    def join(self, role: AccountRole, *, narrow: bool = False) -> Page:
        """Enrol somebody at the page, have them accepted as their role is, and sign them in."""
        context = (
            self.browser.new_context(
                locale="en-GB", viewport={"width": 360, "height": 800}, color_scheme="dark"
            )
            if narrow
            else open_context(self.browser)
        )
        page = with_security_key(context.new_page())
        page.set_default_timeout(_PATIENCE)
        pages = f"{self.town.operator.ports.pages_origin}/console/"
        page.goto(f"{pages}#enrol")
        page.locator(f"input[value={role}]").check()
        amc = min(path.name for path in (self.town.insurers_side / "insurers").iterdir())
        if role is AccountRole.HOLDER:
            page.locator("#enrol-finess").fill(self.town.cast.finess[0])
        if role is AccountRole.INSURER:
            page.locator("#enrol-amc").fill(amc)
        page.locator("#enrol-label").fill(f"the page's {role}")
        page.locator("#enrol-label").press("Enter")
        page.locator("#enrol-fingerprint").wait_for()
        of_insurer = amc if role is AccountRole.INSURER else None
        beside(self._accept(page.locator("#enrol-fingerprint").inner_text(), role, of_insurer))
        page.goto(f"{pages}#signin")
        page.reload()
        page.locator("#signin-go").click()
        page.locator("#sign-out").wait_for()
        return page

    async def _accept(self, mark: str, role: AccountRole, amc: str | None) -> None:
        async with Bureau(self.town.operator) as bureau:
            ada, ben = bureau.again(self.ada), bureau.again(self.ben)
            if role is AccountRole.HOLDER:
                await ada.console.accept(mark)
            else:
                await ben.second(await ada.propose(OfficerAccept(mark, role, amc)))

    async def caught(self) -> Caught:
        """Have a thief sweep, and the watch lock the account."""
        async with self.town.scene() as scene:
            return await sweep(self.town, scene)

    def locked(self, finess: str, account: str) -> str | None:
        """Return why an account is locked, as an officer is told."""

        async def ask() -> str | None:
            async with Bureau(self.town.operator) as bureau:
                listed = await bureau.again(self.ada).console.accounts(finess)
                return {each.account: each.locked for each in listed}[account]

        return beside(ask())


@pytest.fixture(scope="module")
def console(
    watched: Town,
    officers: tuple[Person, Person],
    browser: Browser,
) -> Console:
    expect.set_options(timeout=_PATIENCE)
    return Console(watched, *officers, browser)


@pytest.fixture(scope="module")
def pair(console: Console) -> Iterator[tuple[Page, Page]]:
    """Two security officers: one at a desk, in French, one on a phone at night, in English."""
    desk, phone = (
        console.join(AccountRole.SECURITY),
        console.join(AccountRole.SECURITY, narrow=True),
    )
    yield desk, phone
    for page in (desk, phone):
        page.context.close()


def begin(page: Page, place: str = "now") -> None:
    """Open a place afresh."""
    page.goto(f"{page.url.split('#')[0]}#{place}")
    page.reload()
    page.locator("#sign-out").wait_for()


def tab_to(page: Page, name: str) -> None:
    """Reach a button with the Tab key alone."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == name:
            return
    raise AssertionError(f"no Tab leads to {name}")


def test_an_attack_is_a_sentence_with_evidence_and_two_gestures_open_the_account(
    console: Console, pair: tuple[Page, Page]
) -> None:
    desk, phone = pair
    thief = beside(console.caught())
    alarm = thief.alarm
    begin(desk)
    expect(desk.locator("#verdict")).to_contain_text("alerte")
    case = desk.locator("#alarms .case", has_text="quelqu\u2019un essaie des numéros").first
    number = case.get_attribute("id")
    row = case.locator(".done", has_text="verrouillé").first
    row.get_by_role("button", name="Éléments").click()
    told = case.locator(".evidence tbody tr")
    expect(told).to_have_count(len(alarm.positions))
    assert [line.locator("td").last.inner_text() for line in told.all()] == [
        str(position) for position in alarm.positions
    ]
    expect(told.first).to_contain_text("refusé")
    text = desk.content()
    assert not any(member.person.nir in text for member in console.town.cast.members)
    assert violations(desk) == []

    case.get_by_role("button", name="Proposer de rouvrir").click()
    desk.locator("#confirm-go").click()
    mine = desk.locator("#waiting .case")
    expect(mine).to_contain_text("Vous l\u2019avez proposé")
    expect(mine.get_by_role("button", name="Confirmer")).to_have_count(0)
    account = alarm.account
    finess = thief.clerk.finess
    assert console.locked(finess, account) == "watch"

    # The other one has a phone and no mouse.
    begin(phone)
    expect(phone.locator("#waiting")).to_contain_text("Unlock the account")
    tab_to(phone, "Second it, with my passkey")
    phone.keyboard.press("Enter")
    expect(phone.locator("#confirm .signed")).to_contain_text(account)
    assert violations(phone) == []
    phone.keyboard.press("Enter")
    expect(phone.locator("#waiting .case")).to_have_count(0)
    assert console.locked(finess, account) is None
    expect(desk.locator(f"#alarms [id='{number}']")).to_have_count(0)
    expect(desk.locator(f"#before [id='{number}']")).to_have_count(1)


def test_no_place_of_an_officer_has_a_barrier(console: Console, pair: tuple[Page, Page]) -> None:
    async def asks() -> None:
        async with Bureau(console.town.operator) as bureau:
            await bureau.asks(AccountRole.PROTECTION)

    beside(asks())
    for page in pair:
        for place in ("acts", "enrolments", "accounts"):
            begin(page, place)
            page.locator(f"#{place} .case, #{place} .lines").first.wait_for()
            assert violations(page) == [], place
        begin(page, "enrolments")
        page.locator("#enrolments .case").first.get_by_role("button").first.click()
        page.locator("#heard").fill("none")
        page.locator("#confirm-go").click()
        expect(page.locator("#confirm-wrong")).to_be_visible()
        assert violations(page) == []
        page.locator("#confirm-no").click()
        page.goto(f"{page.url.split('#')[0]}#enrol")
        page.locator("#enrol-label").wait_for()
        assert violations(page) == []


def test_one_officer_locks_at_once_and_says_why(console: Console, pair: tuple[Page, Page]) -> None:
    async def hire() -> tuple[str, str]:
        async with console.town.scene() as scene:
            clerk = await scene.hire()
            return clerk.finess, base64url.encode(clerk.account)

    finess, account = beside(hire())
    _, phone = pair
    begin(phone, "accounts")
    phone.locator("#accounts-finess").fill(finess)
    phone.locator("#accounts-finess").press("Enter")
    last = phone.locator("#accounts .case").last
    last.get_by_role("button", name="Lock").click()
    phone.locator("#lock-reason").select_option("lost")
    phone.locator("#confirm-go").click()
    expect(phone.locator("#accounts .case.open").last).to_contain_text("lost")
    assert console.locked(finess, account) == "lost"


def test_an_incident_goes_from_the_register_to_the_insurers_own_page(
    console: Console, pair: tuple[Page, Page]
) -> None:
    """Opened, read, built, read before it is approved by two, sent, fetched, acknowledged."""
    amc = min(path.name for path in (console.town.insurers_side / "insurers").iterdir())
    account, persons = beside(told_of(console.town, amc))
    page = console.join(AccountRole.PROTECTION)
    page.get_by_role("button", name="Ouvrir un incident").click()
    page.locator("#incident-who").fill("not a number")
    page.locator("#confirm-go").click()
    expect(page.locator("#confirm-wrong")).to_be_visible()
    page.locator("#incident-who").fill(account)
    page.locator("#incident-cause").select_option("malware")
    assert violations(page) == []
    page.locator("#confirm-go").click()
    body = page.locator("#incident-body")
    expect(body.locator(".now-verdict")).to_contain_text(f"{persons} personnes concernées")
    expect(body.locator("table.bars").nth(1)).to_contain_text(amc)
    assert violations(page) == []
    page.get_by_role("button", name="Établir les notifications").click()
    expect(body).to_contain_text("Deux personnes doivent en approuver l\u2019envoi")
    body.locator("summary", has_text="Assureur par assureur").click()
    body.get_by_role("button", name="Lire", exact=True).first.click()
    expect(page.locator("#confirm .document").first).to_contain_text(str(persons))
    assert page.locator("#confirm [lang=en] h3").count() == 3
    assert violations(page) == []
    page.locator("#confirm-go").click()
    page.get_by_role("button", name="Proposer l\u2019envoi").click()
    page.locator("#confirm-go").click()

    _, phone = pair
    begin(phone, "acts")
    phone.get_by_role("button", name="Second it").first.click()
    phone.locator("#confirm-go").click()
    begin(phone, f"incident/{page.url.split('/')[-1]}")
    expect(phone.locator("#incident-body")).to_contain_text("Put out")
    assert violations(phone) == []

    insurer = console.join(AccountRole.INSURER)
    expect(insurer.locator("#notices .clock").first).to_contain_text("encore 71 h")
    with insurer.expect_download() as fetched:
        insurer.get_by_role("button", name="Télécharger le fichier").click()
    keys = insurer_keys.read(console.town.insurers_side / "keys" / amc)
    opened = open_notice(fetched.value.path().read_bytes(), keys)
    assert len({row["member_ref"] for row in opened.rows}) == persons
    assert violations(insurer) == []
    insurer.get_by_role("button", name="Accuser réception").click()
    expect(insurer.locator("#notices .case")).to_contain_text("Accusée le")
    for each in (page, insurer):
        each.context.close()


async def told_of(town: Town, amc: str) -> tuple[str, int]:
    """Have a counter's account told of an insurer's members; return it, and of how many."""
    async with town.scene() as scene:
        clerk = await scene.hire()
        members = [each for each in scene.members if each.families and each.amc == amc][:7]
        for member in members:
            await clerk.gate.check_card(
                member.card, care_date=scene.today, family=CareFamily(member.families[0])
            )
        return base64url.encode(clerk.account), len(members)


@pytest.mark.parametrize(
    ("role", "places", "told"),
    [
        (AccountRole.HOLDER, ["Demandes", "Comptes"], "comptoir"),
        (AccountRole.INSURER, ["Notifications", "Livraisons"], "adhérents"),
        (AccountRole.PROTECTION, ["Incidents", "Actes", "Registre"], "registre des violations"),
    ],
)
def test_each_role_has_its_places_and_is_refused_the_others(
    console: Console, role: AccountRole, places: list[str], told: str
) -> None:
    page = console.join(role)
    expect(page.locator("main")).to_contain_text(told)
    shown = [link.inner_text() for link in page.locator("#places a:visible").all()]
    assert shown == places
    assert violations(page) == []
    if role is AccountRole.PROTECTION:
        begin(page, "ledger")
        expect(page.locator("#ledger")).to_contain_text("tel qu\u2019il a été signé")
        assert violations(page) == []
    begin(page, "now")
    expect(page.locator("#banner")).to_contain_text("Votre rôle ne permet pas")
    assert page.locator("#alarms .case").count() == 0
    # At the counter, the key has no place and leaves nothing behind.
    page.goto(console.town.operator.ports.pages_origin)
    page.locator("#signin-go").click()
    expect(page.locator("#banner a")).to_have_attribute("href", "/console/")
    page.context.close()
