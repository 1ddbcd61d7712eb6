"""Two real operators: what the first one's watch sees, the second one acts on, and no member travels.

In 2024 the second operator fell five days after the first one, to the same method.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import pytest
import requests
import stix2
from requests.auth import AuthBase
from taxii2client.v21 import ApiRoot, Collection, Server, as_pages

from ecluse.acts.act import UnlockAccount
from ecluse.client.device import DeviceKey
from ecluse.demo.town import open_pair
from ecluse.exchange import stix
from ecluse.exchange.envelope import TAXII
from ecluse.exchange.peers import Card
from ecluse.ledger.entry import AlarmHeard, AlarmTold, Contained
from ecluse.local import neighbours
from ecluse.login import base64url, jwk, profile
from ecluse.login.fingerprint import fingerprint
from ecluse.login.keyid import KeyId
from ecluse.policy.exchange import Following
from ecluse.siege.known import covered
from ecluse.siege.live import THEFTS
from ecluse.siege.live.referee import play
from ecluse.store.roles import Role
from officers import Bureau
from promises import openly, typed
from promises.swept import sweep
from promises.test_watch import asks


if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecluse.siege.scene import Clerk, Scene
    from towns import Town


pytestmark = pytest.mark.attack

FIRST = "Premier"


class Signed(AuthBase):
    """Signs what a TAXII client of somebody else's sends, as a peer does."""

    def __init__(self, key: DeviceKey) -> None:
        self.key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        assert request.url is not None
        assert request.method is not None
        parts = urlsplit(request.url)
        target = profile.target_uri(
            f"{parts.scheme}://{parts.netloc}", parts.path.encode(), parts.query.encode()
        )
        draft = profile.draft(
            profile.Message(request.method, target),
            KeyId(None, self.key.thumbprint).text(),
            created=int(time.time()),
            nonce=secrets.token_bytes(profile.NONCE_SIZE),
        )
        request.headers.update(draft.headers(self.key.sign(draft.base)))
        return request


class Pair(NamedTuple):
    """Two operators that hear each other, and a third one's key that the first one knows."""

    first: Town
    second: Town
    reader: DeviceKey

    @property
    def origin(self) -> str:
        return self.first.operator.ports.exchange_origin


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    with open_pair(600, 7) as (first, second):
        reader = DeviceKey.generate()
        third = Card("Troisième", "https://third.example/", jwk.from_point(reader.public_key))
        asyncio.run(neighbours.add_peer(first.operator.installation, third, Following.NOTIFY))
        yield Pair(first, second, reader)


async def locked(town: Town, clerk: Clerk) -> str | None:
    connection = await town.operator.installation.database.connect(Role.OFFICER)
    try:
        reason: str | None = await connection.fetchval(
            "SELECT locked FROM account WHERE account = $1", typed.account(clerk)
        )
        return reason
    finally:
        await connection.close()


async def shut(town: Town, clerk: Clerk, patience: float = 60) -> float:
    """Wait until a clerk's account is shut; return how long that took."""
    began = time.monotonic()
    while await locked(town, clerk) is None:
        assert time.monotonic() - began < patience
        await asyncio.sleep(0.1)
    return time.monotonic() - began


async def persons(scene: Scene, thief: Clerk) -> int:
    """Ask about ten people who are on file, with a gesture for each; return how many were told."""
    told = 0
    for member in covered(scene)[30:40]:
        answer = await typed.ask(scene, await typed.attempt(scene, thief, member), scene.pipe)
        told += answer is not None and answer.json()["outcome"] == "covered"
    return told


def test_the_second_operator_shuts_the_same_professional_within_a_minute_and_loses_nobody(
    pair: Pair,
) -> None:
    async def story() -> None:
        async with pair.first.scene() as here, pair.second.scene() as there:
            assert here.finess == there.finess
            same, colleague = await there.hire(), await there.hire(there.finess[1])
            caught = await sweep(pair.first, here)
            assert await shut(pair.second, same) < 60
            # Five days later, or five seconds: the same method at the second operator.
            assert await persons(there, same) == 0
            assert await locked(pair.second, same) == "closed"
            # Cards go on, its devices stay signed in, and nobody else noticed anything.
            member = covered(there)[41]
            assert await asks(there, same, member) == "Covered"
            assert await locked(pair.second, colleague) is None
            assert await persons(there, colleague) > 0
            await in_the_ledgers(pair, caught.alarm.alarm, typed.account(same))

    asyncio.run(story())


async def in_the_ledgers(pair: Pair, alarm: str, account: bytes) -> None:
    told = [e.event for e in (await openly.read(pair.first.operator.installation)).values()]
    assert base64url.decode(alarm) in [e.alarm for e in told if isinstance(e, AlarmTold)]
    heard = [e.event for e in (await openly.read(pair.second.operator.installation)).values()]
    mine = [e for e in heard if isinstance(e, AlarmHeard) and e.account == account]
    closed = [e for e in heard if isinstance(e, Contained) and e.account == account]
    sweeps = [each for each in mine if each.kind == "sweep"]
    assert sweeps
    assert all(
        each.why == f"{FIRST} raised an alarm (sweep) about the same professional."
        for each in sweeps
    )
    assert ("close", None) in [(each.measure, each.until) for each in closed]


def test_the_siege_plays_it_and_nobody_is_told_of(pair: Pair) -> None:
    ground = pair.second.ground()._replace(neighbour=pair.first.operator)
    run = asyncio.run(play(THEFTS["second_operator"], ground, 1))
    assert (run.persons, run.bound) == (0, 0)
    assert run.contained_s is not None
    assert run.contained_s <= 60
    assert (run.honest_checks, run.honest_harmed) == (2, 0)


def test_two_officers_open_it_and_the_same_alarm_does_not_shut_it_again(pair: Pair) -> None:
    async def story() -> None:
        async with (
            pair.first.scene() as here,
            pair.second.scene() as there,
            Bureau(pair.second.operator) as bureau,
        ):
            ada, ben = await bureau.first(), await bureau.first()
            clerk = await there.hire()
            await sweep(pair.first, here)
            await shut(pair.second, clerk)
            shown = await ada.console.alarms()
            assert any(each.kind == "neighbour" and FIRST in each.why for each in shown)
            number = base64url.encode(typed.account(clerk))
            await ben.second(await ada.propose(UnlockAccount(number)))
            await asyncio.sleep(6)  # three rounds of the exchange
            assert await locked(pair.second, clerk) is None
            assert await persons(there, clerk) > 0

    asyncio.run(story())


def collection(pair: Pair, key: DeviceKey) -> Collection:
    server = Server(f"{pair.origin}/taxii2/", auth=Signed(key))
    (found,) = server.default.collections
    assert isinstance(server.default, ApiRoot)
    assert found.can_read
    assert not found.can_write
    return found


def test_a_client_that_we_did_not_write_reads_page_by_page_what_stix_takes(pair: Pair) -> None:
    found = collection(pair, pair.reader)
    objects = [
        each for page in as_pages(found.get_objects, per_request=2) for each in page["objects"]
    ]
    whole = found.get_objects()
    assert whole["objects"] == objects
    bundle = stix2.parse(
        {"type": "bundle", "id": "bundle--2f1b7a52-6d1b-4e0e-8f0c-2b7a6f5d3e11", "objects": objects}
    )
    kinds = [each["type"] for each in bundle.objects]
    assert kinds[:3] == ["identity", "extension-definition", "identity"]
    assert set(kinds[3:]) == {"indicator"}
    manifest = found.get_manifest()["objects"]
    assert [each["id"] for each in manifest] == [each["id"] for each in objects]
    last = manifest[-1]
    assert found.get_objects(added_after=last["date_added"]) == {}
    after = found.get_objects(added_after=manifest[-2]["date_added"])["objects"]
    assert [each["id"] for each in after] == [last["id"]]
    assert found.get_object(last["id"])["objects"] == [objects[-1]]
    only = found.get_objects(type="extension-definition")["objects"]
    assert only == [stix.DEFINITION]


def test_nothing_about_a_member_travels(pair: Pair) -> None:
    sent = json.dumps(collection(pair, pair.reader).get_objects())
    for member in pair.first.cast.members:
        for needle in (member.person.nir, member.card):
            assert needle not in sent
    allowed = {"extension_type", "kind", "key", "signature", "finess", "profession", "rpps"}
    for each in json.loads(sent)["objects"]:
        if each["type"] == "indicator":
            assert set(each["extensions"][stix.EXTENSION]) <= allowed


def test_nobody_reads_but_a_peer_and_no_request_counts_twice(pair: Pair) -> None:
    with pytest.raises(requests.HTTPError, match="401"):
        Server(f"{pair.origin}/taxii2/", auth=Signed(DeviceKey.generate())).title  # noqa: B018
    bare = requests.get(f"{pair.origin}/taxii2/", headers={"Accept": TAXII}, timeout=10)
    assert bare.status_code == 401
    request = requests.Request("GET", f"{pair.origin}/taxii2/", headers={"Accept": TAXII})
    ready = Signed(pair.reader)(request.prepare())
    with requests.Session() as session:
        assert [session.send(ready).status_code for _ in range(2)] == [200, 401]
    removed = DeviceKey.generate()
    third = Card("Parti", "https://gone.example/", jwk.from_point(removed.public_key))
    asyncio.run(neighbours.add_peer(pair.first.operator.installation, third, Following.NOTIFY))
    assert collection(pair, removed).get_objects()["objects"]
    asyncio.run(
        neighbours.remove_peer(pair.first.operator.installation, fingerprint(removed.public_key))
    )
    with pytest.raises(requests.HTTPError, match="401"):
        collection(pair, removed)


@pytest.mark.parametrize(
    ("path", "accept", "status"),
    [
        ("", "application/json", 406),
        ("", f"{TAXII.split(';')[0]};version=2.0", 406),
        ("alarms/collections/none/", TAXII, 404),
        ("alarms/collections/9c1f0a52-6d1b-4e0e-8f0c-2b7a6f5d3e11/objects/?limit=0", TAXII, 400),
        ("alarms/collections/9c1f0a52-6d1b-4e0e-8f0c-2b7a6f5d3e11/objects/?rank=1", TAXII, 400),
        ("alarms/collections/9c1f0a52-6d1b-4e0e-8f0c-2b7a6f5d3e11/objects/?next=x", TAXII, 400),
        ("alarms/collections/9c1f0a52-6d1b-4e0e-8f0c-2b7a6f5d3e11/objects/x--1/", TAXII, 404),
    ],
)
def test_errors_are_those_of_the_standard(pair: Pair, path: str, accept: str, status: int) -> None:
    answer = requests.get(
        f"{pair.origin}/taxii2/{path}",
        headers={"Accept": accept},
        auth=Signed(pair.reader),
        timeout=10,
    )
    assert answer.status_code == status
    assert answer.headers["content-type"] == TAXII
    body: dict[str, Any] = answer.json()
    assert body["http_status"] == str(status)
    assert body["title"]


def test_nobody_writes_into_the_collection(pair: Pair) -> None:
    path = "alarms/collections/9c1f0a52-6d1b-4e0e-8f0c-2b7a6f5d3e11/objects/"
    answer = requests.post(f"{pair.origin}/taxii2/{path}", json={"objects": []}, timeout=10)
    assert answer.status_code == 403


@pytest.mark.parametrize("command", [["status"], ["peer", "list"]])
def test_the_commands_tell_what_is_so(pair: Pair, command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ecluse", "exchange", *command, "--json"],
        env={**os.environ, "ECLUSE_HOME": str(pair.second.operator.installation.folder)},
        capture_output=True,
        check=True,
    )
    facts = json.loads(done.stdout)
    (peer,) = facts["peers"]
    assert (peer["name"], peer["most"]) == (FIRST, "close")
    assert peer["heard_at"] is not None
    assert peer["heard_day"] >= 1
