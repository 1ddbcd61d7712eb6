"""P1: no door lists, searches, pages through or exports members, and no process could."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import asyncpg
import httpx2
import msgspec
import pytest
from starlette.routing import Route

from ecluse.client.gate import GateClient
from ecluse.client.openapi import OPERATIONS
from ecluse.console.app import ConsoleConfig
from ecluse.console.app import create_app as create_console
from ecluse.console.deeds import Terms
from ecluse.gate.app import create_app
from ecluse.gate.gate import GateConfig
from ecluse.login.passkey import RelyingParty
from ecluse.siege import wire
from ecluse.siege.wire import Tap
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from starlette.applications import Starlette

    from ecluse.siege.wire import Reply
    from towns import Town

pytestmark = pytest.mark.attack

#: Every door there is. A new one is added here after somebody has asked what it tells, of whom.
DOORS = {
    ("POST", "/v1/checks"),
    # Practice software, up to fifty cards or references that it has: each is a check of its own.
    ("POST", "/v1/checks/batch"),
    ("GET", "/v1/checks/{check_id}"),
    ("GET", "/v1/me"),
    ("GET", "/v1/insurers"),  # about insurers: the same for everybody, and it takes no parameter
    ("POST", "/v1/prices"),  # about a bill and packages: no person, card or reference comes with it
    ("GET", "/v1/acts"),  # the kinds of act there are
    # With a check's own reference: amounts, and what becomes of the claim. Then the organisation's
    # own claims of a period, by their own ids.
    ("POST", "/v1/quotes"),
    ("POST", "/v1/claims"),
    ("GET", "/v1/statement"),
    # A phone's own key, a card's code and its insurer's word; it tells which insurer that was.
    ("POST", "/v1/phones"),
    ("POST", "/v1/phones/end"),  # an insurer's word; whether a phone of its own stood for a card
    ("POST", "/v1/login/begin"),
    ("POST", "/v1/login/finish"),
    ("POST", "/v1/logout"),
    ("POST", "/v1/enrolments/begin"),
    ("POST", "/v1/enrolments/finish"),
    ("POST", "/v1/enrolments/client"),
    ("POST", "/v1/client/rotate"),
    ("GET", "/v1/enrolments/{fingerprint}"),
    ("GET", "/v1/ledger/checkpoint"),
    ("GET", "/v1/ledger/proof/{position:int}"),
    ("GET", "/v1/ledger/consistency/{size:int}"),
    ("GET", "/v1/ledger/checkpoint/cosigned"),
    ("GET", "/openapi.json"),  # the forms of all these, about nobody
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
}

#: Those of the console, likewise: accounts, passkeys, alarms about professionals and officers, checks by
#: minute and lane, acts that wait, an insurer's own feeds, the ledger's size, incidents with how many
#: each insurer is told of. None takes anything of a member, and none tells anything but an insurer's
#: own notices and claims: files that it alone can open, about events that happened.
CONSOLE_DOORS = {
    ("GET", "/v1/console/me"),
    ("GET", "/v1/console/enrolments"),
    ("POST", "/v1/console/enrolments/{fingerprint}/accept"),
    ("POST", "/v1/console/enrolments/{fingerprint}/refuse"),
    ("GET", "/v1/console/accounts"),
    ("POST", "/v1/console/accounts/{account}/lock"),
    ("POST", "/v1/console/accounts/{account}/sign-out"),
    ("GET", "/v1/console/acts"),
    ("POST", "/v1/console/acts"),
    ("POST", "/v1/console/acts/{act}/second"),
    ("POST", "/v1/console/acts/{act}/withdraw"),
    ("GET", "/v1/console/live"),
    ("GET", "/v1/console/alarms"),
    ("GET", "/v1/console/alarms/{alarm}"),
    ("GET", "/v1/console/incidents"),
    ("POST", "/v1/console/incidents"),
    ("GET", "/v1/console/incidents/{incident:int}"),
    ("POST", "/v1/console/incidents/{incident:int}/clear"),
    ("POST", "/v1/console/incidents/{incident:int}/close"),
    ("POST", "/v1/console/incidents/{incident:int}/work"),
    ("GET", "/v1/console/incidents/{incident:int}/documents/{version:int}/{amc}"),
    ("GET", "/v1/console/claims"),
    ("GET", "/v1/console/notices"),
    ("GET", "/v1/console/notices/{incident:int}/{version:int}"),
    ("POST", "/v1/console/notices/{incident:int}/{version:int}/acknowledge"),
    ("GET", "/v1/console/feeds"),
    ("GET", "/v1/console/ledger"),
}


def gate(town: Town) -> Starlette:
    installation, ports = town.operator.installation, town.operator.ports
    return create_app(
        GateConfig(
            dsn=installation.database.dsn(Role.GATE),
            sockets=installation.sockets,
            public_origin=ports.pipe_origin,
            party=RelyingParty("localhost", ports.pages_origin),
            policy=town.policy,
            policy_digest=bytes(32),
            policies=installation.policies.folder,
        )
    )


def console(town: Town) -> Starlette:
    installation, ports = town.operator.installation, town.operator.ports
    return create_console(
        ConsoleConfig(
            dsn=installation.database.dsn(Role.OFFICER),
            sockets=installation.sockets,
            public_origin=ports.pipe_origin,
            party=RelyingParty("localhost", ports.pages_origin),
            terms=Terms(timedelta(0)),
        )
    )


def doors(app: Starlette) -> set[tuple[str, str]]:
    """Return the doors of a gate or console that has opened: method and path."""

    async def opened() -> set[tuple[str, str]]:
        async with app.router.lifespan_context(app):
            routes = [route for route in app.routes if isinstance(route, Route)]
            assert len(routes) == len(app.routes)
            return {
                (method, route.path)
                for route in routes
                for method in (route.methods or set()) - {"HEAD"}
            }

    return asyncio.run(opened())


def test_there_are_no_other_doors(town: Town) -> None:
    assert doors(gate(town)) == DOORS
    assert doors(console(town)) == CONSOLE_DOORS
    described = {(each.method, each.path) for each in OPERATIONS}
    assert described == {(method, path.replace(":int", "")) for method, path in DOORS}


def test_nothing_about_members_is_told_without_a_signature(town: Town) -> None:
    """A signed check names its one subject in the body; every other door is open to anybody."""
    origin = town.operator.ports.pipe_origin
    members = [m.person.nir[:13] for m in town.cast.members] + [m.card for m in town.cast.members]
    with httpx2.Client(base_url=origin, trust_env=False) as thief:
        for method, path in sorted(DOORS | CONSOLE_DOORS):
            for query in ("", "?page=1&limit=1000", "?nir=2", "?all=true&format=csv"):
                where = path.replace("{fingerprint}", "AAAA-AAAA-AAAA")
                where = where.replace("{check_id}", "A" * 22).replace("{position:int}", "0") + query
                answer = thief.request(method, where, json={})
                assert not any(member in answer.text for member in members)
                assert "covered" not in answer.text or path == "/openapi.json"
        assert thief.get("/v1/checks").status_code == 405


def test_the_list_of_insurers_takes_a_device_and_tells_of_insurers_alone(town: Town) -> None:
    async def asked() -> tuple[Reply, Reply, Reply]:
        tap = Tap()
        async with town.scene() as scene, httpx2.AsyncClient(transport=tap) as http:
            clerk = await scene.hire()
            gate = GateClient(scene.pipe, http, device=clerk.gate.device, keyid=clerk.gate.keyid)
            assert not any(each.late for each in await gate.insurers())
            await wire.send(http, tap.seen[0])
            await http.get(tap.seen[0].url)
            return tap.replies[0], tap.replies[1], tap.replies[2]

    told, again, unsigned = asyncio.run(asked())
    known = {each["amc"] for each in msgspec.json.decode(told.body)["insurers"]}
    assert known >= {each.name for each in (town.insurers_side / "insurers").iterdir()}
    for each in msgspec.json.decode(told.body)["insurers"]:
        assert each.keys() == {"amc", "name", "since", "fed_at", "late"}
    assert (again.status, unsigned.status) == (401, 401)


def test_a_query_changes_no_answer(town: Town) -> None:
    with httpx2.Client(base_url=town.operator.ports.pipe_origin, trust_env=False) as thief:
        plain = thief.get("/v1/ledger/proof/0").json()
        asked = thief.get("/v1/ledger/proof/0?to=100&limit=100").json()
    assert plain.keys() == asked.keys()
    assert plain["position"] == asked["position"] == 0
    assert plain["commitment"] == asked["commitment"]


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        (Role.GATE, "SELECT sealed FROM member_reference LIMIT 1"),
        (Role.GATE, "SELECT sealed FROM ledger_entry LIMIT 1"),
        (Role.GATE, "SELECT sealed FROM card_pointer LIMIT 1"),
        (Role.GATE, "SELECT wrapped FROM settlement LIMIT 1"),
        (Role.KEYRING, "SELECT sealed FROM cover_record LIMIT 1"),
        (Role.KEYRING, "SELECT sealed FROM member_reference LIMIT 1"),
        (Role.FEED, "SELECT idx FROM cover_record LIMIT 1"),
        (Role.FEED, "SELECT sealed FROM cover_record LIMIT 1"),
        (Role.FEED, "SELECT sealed FROM ledger_entry LIMIT 1"),
        (Role.LEDGER, "SELECT sealed FROM cover_record LIMIT 1"),
        (Role.WATCH, "SELECT sealed FROM cover_record LIMIT 1"),
        (Role.OFFICER, "SELECT sealed FROM cover_record LIMIT 1"),
        (Role.OFFICER, "SELECT sealed FROM ledger_entry LIMIT 1"),
    ],
)
def test_no_process_can_read_what_is_not_its_part(town: Town, role: Role, statement: str) -> None:
    async def attempt() -> None:
        connection = await town.operator.installation.database.connect(role)
        try:
            await connection.fetch(statement)
        finally:
            await connection.close()

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        asyncio.run(attempt())
