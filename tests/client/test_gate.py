from __future__ import annotations

import asyncio
from datetime import date
from typing import TYPE_CHECKING, TypeVar

import pytest

from client.conftest import LATER, ORIGIN, PARTY, OtherEnd
from ecluse.client import exchange, gate, replies
from ecluse.client.authenticator import SoftwareAuthenticator
from ecluse.cover.family import CareFamily
from ecluse.errors import EcluseError


if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ecluse.login.credential import AuthenticationResponse, RegistrationResponse

T = TypeVar("T")

TODAY = date(2026, 11, 23)
PERSON = gate.Person("255081416802538", "19550800", amc="75004407")
RECEIPT = {"position": 7, "checkpoint": "ecluse/test/shard0"}
INSURER = {"amc": "75004407", "name": "Mutuelle des Bateliers"}
COVERED = {
    "outcome": "covered",
    "lane": "card",
    "insurer": INSURER,
    "cover": {
        "family": "pharmacy",
        "package": {"label_fr": "Formule", "label_en": "Plan"},
        "valid_from": "2026-11-23",
        "valid_to": None,
        "lines": [{"act_fr": "Médicaments", "act_en": "Medicines", "basis": "100% BR"}],
    },
    "reference": "AAAAAAAAAAAAAAAAAAAAAA",
    "receipt": RECEIPT,
}


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "PAUSE", 0)


class Counter:
    """A counter's passkey, as callbacks."""

    def __init__(self) -> None:
        self.authenticator = SoftwareAuthenticator(PARTY.origin)

    async def create(self, options: dict[str, object]) -> RegistrationResponse:
        return self.authenticator.create(options)

    async def gesture(self, challenge: bytes) -> AuthenticationResponse:
        return self.authenticator.get(PARTY.rp_id, challenge)


def talk(
    end: OtherEnd,
    conversation: Callable[[gate.GateClient, Counter], Awaitable[T]],
    *,
    sign_in: bool = True,
) -> T:
    async def talked() -> T:
        async with end.client() as http:
            client, counter = gate.GateClient(ORIGIN, http), Counter()
            if sign_in:
                await client.enrol("010000016", "Comptoir 1", counter.create)
                await client.login(counter.gesture)
            return await conversation(client, counter)

    return asyncio.run(talked())


def card_check(client: gate.GateClient, _: Counter) -> Awaitable[replies.CheckReply]:
    return client.check_card("ECLBCDE", care_date=TODAY, family=CareFamily.PHARMACY)


def person_check(client: gate.GateClient, counter: Counter) -> Awaitable[replies.CheckReply]:
    return client.check_person(PERSON, counter.gesture, care_date=TODAY, family=CareFamily.OPTICS)


def test_a_counter_enrols_waits_and_signs_in(end: OtherEnd) -> None:
    async def journey(client: gate.GateClient, counter: Counter) -> None:
        enrolled = await client.enrol("010000016", "Comptoir 1", counter.create)
        assert enrolled.state == "pending"
        assert (await client.enrolment(enrolled.fingerprint)).state == "accepted"
        signed_in = await client.login(counter.gesture)
        assert signed_in.organisation == replies.Organisation("Pharmacie du Pont", "010000016")
        assert signed_in.expires_at == LATER
        assert client.keyid == signed_in.keyid

    talk(end, journey, sign_in=False)


def test_it_reads_its_own_account(end: OtherEnd) -> None:
    me = talk(end, lambda client, _: client.me())
    assert me.typed == replies.TypedBudgets(replies.Budget(3, 3), replies.Budget(1, 1))
    assert me.known.day == replies.Budget(29, 30)
    assert me.organisation_today == replies.LaneCounts(card=41, known=3, typed=5)
    assert me.probation_until == LATER
    assert [device.this for device in me.devices] == [True]


def test_it_signs_out_here_or_everywhere(end: OtherEnd) -> None:
    assert talk(end, lambda client, _: client.logout()).devices == 1
    assert talk(end, lambda client, _: client.logout(everywhere=True)).devices == 2


def test_a_covered_card_comes_with_its_cover(end: OtherEnd) -> None:
    end.reply = COVERED
    reply = talk(end, card_check)
    assert isinstance(reply, replies.Covered)
    assert reply.cover is not None
    assert reply.cover.valid_from == date(2026, 11, 23)
    assert reply.cover.lines == [replies.Line("Médicaments", "Medicines", "100% BR")]
    assert reply.receipt.position == 7
    (asked,) = end.checks
    assert asked["subject"] == {"kind": "card", "card": "ECLBCDE"}
    assert (asked["care_date"], asked["family"]) == ("2026-11-23", "pharmacy")


def test_a_card_may_not_be_covered(end: OtherEnd) -> None:
    end.reply = {"outcome": "not_covered", "lane": "card", "receipt": RECEIPT}
    assert isinstance(talk(end, card_check), replies.NotCovered)


def test_a_typed_check_carries_one_gesture_for_its_subject(end: OtherEnd) -> None:
    end.reply = {key: COVERED[key] for key in COVERED if key != "cover"} | {"lane": "typed"}
    reply = talk(end, person_check)
    assert isinstance(reply, replies.Covered)
    assert reply.cover is None
    (asked,) = end.checks
    assert asked["subject"] == {
        "kind": "person",
        "nir": "255081416802538",
        "birth_date": "19550800",
        "birth_rank": 1,
        "amc": "75004407",
    }


def test_a_number_that_is_none_is_refused_before_any_gesture(end: OtherEnd) -> None:
    wrong = gate.Person("255081416802539", "19550800")

    async def asked(client: gate.GateClient, counter: Counter) -> replies.CheckReply:
        return await client.check_person(
            wrong, counter.gesture, care_date=TODAY, family=CareFamily.OPTICS
        )

    with pytest.raises(EcluseError, match="NIR") as refusal:
        talk(end, asked)
    assert "255081416802539" not in str(refusal.value) + refusal.value.hint
    assert end.checks == []


@pytest.mark.parametrize("check", [card_check, person_check])
@pytest.mark.parametrize("lost", [1, 2])
def test_a_lost_answer_is_fetched_under_the_same_check_id(
    end: OtherEnd,
    check: Callable[[gate.GateClient, Counter], Awaitable[replies.CheckReply]],
    lost: int,
) -> None:
    async def unlucky(client: gate.GateClient, counter: Counter) -> replies.CheckReply:
        end.lost = lost
        return await check(client, counter)

    assert isinstance(talk(end, unlucky), replies.Refused)
    assert len(end.checks) == lost + 1
    assert all(asked == end.checks[0] for asked in end.checks)


def test_each_check_has_an_id_of_its_own(end: OtherEnd) -> None:
    async def twice(client: gate.GateClient, counter: Counter) -> None:
        await card_check(client, counter)
        await card_check(client, counter)

    talk(end, twice)
    first, second = (asked["check_id"] for asked in end.checks)
    assert first != second


def test_it_gives_up_when_no_answer_comes(end: OtherEnd) -> None:
    async def cut_off(client: gate.GateClient, counter: Counter) -> replies.CheckReply:
        end.lost = exchange.ATTEMPTS
        return await card_check(client, counter)

    with pytest.raises(gate.AnswerLostError):
        talk(end, cut_off)
    assert len(end.checks) == exchange.ATTEMPTS


def test_nothing_but_a_check_is_sent_twice(end: OtherEnd) -> None:
    async def cut_off(client: gate.GateClient, _: Counter) -> None:
        end.lost, end.nonces = 1, []
        await client.me()

    with pytest.raises(gate.AnswerLostError):
        talk(end, cut_off)
    assert len(end.nonces) == 1


def test_the_gates_own_words_reach_the_caller(end: OtherEnd) -> None:
    end.status, end.reply = 429, {"error": "busy", "message": "Try again in a moment."}
    with pytest.raises(gate.GateError, match="in a moment") as refusal:
        talk(end, card_check)
    assert refusal.value.code == "busy"
    assert len(end.checks) == 1


@pytest.mark.parametrize(
    ("status", "reply"),
    [(200, {"outcome": "maybe"}), (200, []), (502, "bad gateway"), (200, {"outcome": "covered"})],
)
def test_an_answer_that_it_cannot_read_is_an_error(
    end: OtherEnd, status: int, reply: object
) -> None:
    end.status, end.reply = status, reply
    with pytest.raises(gate.GateError) as refusal:
        talk(end, card_check)
    assert refusal.value.code == "unreadable"


def test_another_devices_name_does_not_help(end: OtherEnd) -> None:
    async def stolen_name(client: gate.GateClient, _: Counter) -> None:
        async with end.client() as http:
            thief = gate.GateClient(ORIGIN, http, keyid=client.keyid)
            await thief.me()

    with pytest.raises(gate.GateError) as refusal:
        talk(end, stolen_name)
    assert refusal.value.code == "signature"


def test_further_insurers_come_after_the_first_payer(end: OtherEnd) -> None:
    other = {"amc": "75004408", "name": "Mutuelle des Haleurs"}
    end.reply = {**COVERED, "also": [{"insurer": other, "priority": 2, "cover": COVERED["cover"]}]}
    told = talk(end, card_check)
    assert isinstance(told, replies.Covered)
    assert [(each.insurer.name, each.priority) for each in told.also] == [(other["name"], 2)]
    end.reply = COVERED
    alone = talk(end, card_check)
    assert isinstance(alone, replies.Covered)
    assert alone.also == []
