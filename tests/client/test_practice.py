"""Practice software's client against another end that answers from a list."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import httpx2
import msgspec
import pytest

from ecluse.client import exchange, practice
from ecluse.client.exchange import GateError
from ecluse.client.keyfile import KeyFile
from ecluse.client.practice import AsyncPracticeClient, PracticeClient, Told
from ecluse.client.replies import Refused
from ecluse.cover.family import CareFamily


if TYPE_CHECKING:
    from pathlib import Path

LATER = datetime(2027, 11, 23, tzinfo=UTC)
TODAY = date(2026, 11, 23)
REFUSED = (200, {"outcome": "refused"})
EXPIRED = (401, {"error": "device_expired", "message": "Not signed in."})
BUSY = (429, {"error": "busy", "message": "Too many."})
AWAY = (503, {"error": "unavailable", "message": "Away."})
ROTATED = (200, {"keyid": "x", "expires_at": LATER, "before_ends_at": LATER})
WARNING = "This key ends in 3 days."
ME: tuple[int, object] = (
    200,
    {
        "organisation": {"name": "Pharmacie du Pont", "finess": "010000016"},
        "label": "Till 1",
        "role": "client",
        "locked": None,
        "probation_until": None,
        "typed": {"day": {"left": 0, "cap": 0}, "hour": {"left": 0, "cap": 0}},
        "card": {"day": {"left": 1490, "cap": 1500}},
        "known": {"day": {"left": 29, "cap": 30}},
        "organisation_today": {"card": 41, "known": 3, "typed": 5},
        "devices": [],
        "expires_at": LATER,
        "warning": WARNING,
    },
)


class Gate(httpx2.MockTransport):
    """Answers one after the other, and keeps what was asked."""

    def __init__(self, *answers: tuple[int, object]) -> None:
        super().__init__(self._answer)
        self._answers = list(answers)
        self.asked: list[tuple[str, Any, str]] = []

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        body = msgspec.json.decode(request.content) if request.content else None
        self.asked.append((request.url.path, body, request.headers.get("signature-input", "")))
        status, reply = self._answers.pop(0)
        return httpx2.Response(status, content=msgspec.json.encode(reply))


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "PAUSE", 0)


@pytest.fixture
def key(tmp_path: Path) -> KeyFile:
    return KeyFile.create(tmp_path / "till.key", "http://gate.test")


def check(key: KeyFile, gate: Gate, times: int = 1) -> list[Told]:
    with PracticeClient(key, httpx2.Client(transport=gate)) as client:
        return [
            client.check_card("ECL", care_date=TODAY, family=CareFamily.PHARMACY)
            for _ in range(times)
        ]


def test_both_clients_say_the_same(key: KeyFile) -> None:
    async def asked(gate: Gate) -> Told:
        async with AsyncPracticeClient(key, httpx2.AsyncClient(transport=gate)) as client:
            return await client.check_reference("R", care_date=TODAY, family=CareFamily.OPTICS)

    gate, other = Gate(REFUSED, ME), Gate(REFUSED, ME)
    told = asyncio.run(asked(gate))
    with PracticeClient(key, httpx2.Client(transport=other)) as client:
        assert told == client.check_reference("R", care_date=TODAY, family=CareFamily.OPTICS)
    for (path, body, _), (same, alike, _) in zip(gate.asked, other.asked, strict=True):
        assert path == same
        if body:
            assert body["subject"] == alike["subject"] == {"kind": "reference", "reference": "R"}


def test_it_warns_with_each_reply_and_asks_once_a_day(key: KeyFile) -> None:
    gate = Gate(REFUSED, ME, REFUSED)
    assert check(key, gate, times=2) == [Told(Refused(), WARNING)] * 2
    assert [path for path, _, _ in gate.asked] == ["/v1/checks", "/v1/me", "/v1/checks"]


def test_an_answer_does_not_wait_for_news_of_the_key(key: KeyFile) -> None:
    assert check(key, Gate(REFUSED, AWAY)) == [Told(Refused(), None)]


def test_a_check_goes_again_under_its_own_id_and_a_nonce_of_its_own(key: KeyFile) -> None:
    gate = Gate(BUSY, AWAY, REFUSED, ME)
    check(key, gate)
    checks = [(body, signed) for path, body, signed in gate.asked if path == "/v1/checks"]
    assert len(checks) == 3
    assert all(body == checks[0][0] for body, _ in checks)
    assert len({signed for _, signed in checks}) == 3


def test_all_attempts_end_while_the_gate_still_has_the_answer() -> None:
    pauses = sum(0.5 * 2**number for number in range(exchange.ATTEMPTS - 1))
    assert exchange.ATTEMPTS * practice.TIMEOUT + pauses < 60


def test_it_does_not_ask_again_what_was_refused(key: KeyFile) -> None:
    gate = Gate(EXPIRED)
    with pytest.raises(GateError) as refusal:
        check(key, gate)
    assert refusal.value.code == "device_expired"
    assert len(gate.asked) == 1


def test_a_rotation_whose_answer_was_lost_ends_with_the_key_that_counts(key: KeyFile) -> None:
    before, following = key.key, key.prepare()
    with PracticeClient(key, httpx2.Client(transport=Gate(EXPIRED, ME))) as client:
        client.rotate()
    assert KeyFile.open(key.path).key.public_key == following.public_key != before.public_key


def test_a_rotation_that_failed_leaves_the_present_key(key: KeyFile) -> None:
    before = key.key
    with (
        PracticeClient(key, httpx2.Client(transport=Gate(EXPIRED, EXPIRED))) as client,
        pytest.raises(GateError),
    ):
        client.rotate()
    assert KeyFile.open(key.path).key.public_key == before.public_key


def test_a_rotation_may_be_repeated_with_the_same_next_key(key: KeyFile) -> None:
    refused = (409, {"error": "rotation", "message": "Later."})
    gate = Gate(refused, AWAY, ROTATED)
    with PracticeClient(key, httpx2.Client(transport=gate)) as client:
        with pytest.raises(GateError):
            client.rotate()
        client.rotate()
    assert len({body["device"]["x"] for _, body, _ in gate.asked}) == 1
