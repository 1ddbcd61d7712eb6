"""Ways to steal, each through a door that the thief can reach, each with what it got.

The thief of 2024 had a professional's login. These have that, and more: a relay in the middle, a
captured pipe, a signed-in device whose owner confirms everything, a list of real identities, a
photographed card, the gate itself, the whole database.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, NamedTuple

import httpx2
import msgspec

from ecluse.cards import code
from ecluse.client.device import DeviceKey
from ecluse.client.gate import GateClient, GateError
from ecluse.client.replies import Refused
from ecluse.cover.family import CareFamily
from ecluse.ids import nir
from ecluse.ids.subject import person_identifier
from ecluse.keyring.client import GateKeyring
from ecluse.keyring.messages import Asked, Committed
from ecluse.login import base64url
from ecluse.login.challenge import device_challenge
from ecluse.siege.client_key import stolen_client_key
from ecluse.siege.dump import found_in_dump
from ecluse.siege.known import known_patients, stolen_references
from ecluse.siege.wire import Captured, Tap, card_check, disclosed, send, signed, typed_check
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from ecluse.login.credential import AuthenticationResponse
    from ecluse.siege.scene import Clerk, Member, Scene


class Theft(NamedTuple):
    """One way to steal: the promise it attacks, and how many persons it may get at most."""

    name: str
    promise: str
    bound: Callable[[Scene], int]
    commit: Callable[[Scene], Awaitable[int]]


_BACK_DOORS = (
    "/v1/members", "/v1/members?page=1", "/v1/persons", "/v1/search?nir=1", "/v1/export",
    "/v1/checks?limit=100", "/v1/checks/export.csv", "/v1/ledger/entries", "/v1/feeds", "/admin",
    "/fhir/Patient", "/fhir/Coverage?beneficiary=1", "/fhir/$export", "/v1/graphql", "/metrics",
)  # fmt: skip


def _nobody(_: Scene) -> int:
    return 0


async def relayed_login(scene: Scene) -> int:
    """A look-alike page relays the whole sign-in, live, and the clerk plays along."""
    victim = await scene.hire()
    passkey = victim.passkey
    thief = GateClient(scene.pipe, scene.http)
    passkey.authenticator.origin = "https://ecluse-portail.example"
    try:
        await thief.login(passkey.touch)
    except GateError:
        return 0
    return await _sweep_cards(scene, thief)


async def borrowed_assertion(scene: Scene) -> int:
    """An assertion made for the clerk's device is used to register the thief's."""
    victim = await scene.hire()
    thief = GateClient(scene.pipe, scene.http)

    async def stolen(_challenge: bytes) -> AuthenticationResponse:
        # What the clerk's browser would sign: their own device's challenge, not the thief's.
        own = device_challenge(secrets.token_bytes(40), victim.gate.device.thumbprint)
        return await victim.passkey.touch(own)

    try:
        await thief.login(stolen)
    except GateError:
        return 0
    return await _sweep_cards(scene, thief)


async def replayed_request(scene: Scene) -> int:
    """A captured pipe sends a clerk's request again: within the minute and byte for byte."""
    request = await _capture(scene)
    return await _told(scene, [request] * 20)


async def altered_request(scene: Scene) -> int:
    """A captured pipe changes a request on its way: the card, the path, the method, the date."""
    request = await _capture(scene)
    other = scene.members[1].card.encode()
    forged = [
        request._replace(body=request.body.replace(scene.members[0].card.encode(), other)),
        request._replace(body=request.body.replace(b"pharmacy", b"hospital")),
        request._replace(url=request.url + "?all=1"),
        request._replace(url=request.url.replace("/v1/checks", "/v1/checks/")),
        request._replace(method="PUT"),
        request._replace(headers={**request.headers, "content-digest": "sha-256=:AAAA:"}),
    ]
    return await _told(scene, forged)


async def other_device(scene: Scene) -> int:
    """A thief knows everything that passed and stands in storage, and signs with a key of theirs."""
    victim = await scene.hire()
    body = card_check(scene.members[2].card, scene.today.isoformat())
    forged = signed(scene.pipe, body, DeviceKey.generate(), victim.gate.keyid)
    bare = forged._replace(headers={"content-type": "application/json"})
    return await _told(scene, [forged, bare])


async def silent_malware(scene: Scene) -> int:
    """Malware uses a signed-in device with a list of real identities; nobody touches the key."""
    victim = await scene.hire()
    sweep = [
        signed(
            scene.pipe,
            typed_check(member, scene.today.isoformat()),
            victim.gate.device,
            victim.gate.keyid,
        )
        for member in scene.members[:40]
    ]
    return await _told(scene, sweep)


async def diverted_gesture(scene: Scene) -> int:
    """The clerk confirms one person; malware puts others under the same gesture."""
    victim, mine = await scene.hire(), scene.members[0]
    async with httpx2.AsyncClient(transport=(tap := Tap()), timeout=30) as http:
        gate = GateClient(scene.pipe, http, device=victim.gate.device, keyid=victim.gate.keyid)
        await gate.check_person(
            mine.person, victim.passkey.touch, care_date=scene.today, family=CareFamily.PHARMACY
        )
    gesture = tap.seen[-1].body
    stolen = 0
    for member in scene.members[1:20]:
        body = gesture.replace(mine.person.nir.encode(), member.person.nir.encode()).replace(
            mine.person.birth_date.encode(), member.person.birth_date.encode()
        )
        stolen += disclosed(await send(scene.http, _resigned(scene, victim, body)))
    return stolen


async def willing_clerk(scene: Scene) -> int:
    """The worst case: malware, a list of real identities, and a clerk who confirms every prompt.

    Everything at once, so that budgets are raced as well.
    """
    victim = await scene.hire()

    async def attempt(member: Member) -> bool:
        reply = await victim.gate.check_person(
            member.person,
            victim.passkey.touch,
            care_date=scene.today,
            family=CareFamily.PHARMACY,
        )
        return not isinstance(reply, Refused)

    covered = [member for member in scene.members if "pharmacy" in member.families][:60]
    return sum(await asyncio.gather(*map(attempt, covered)))


async def guessed_cards(scene: Scene) -> int:
    """A signed-in device tries card codes that it makes up."""
    victim = await scene.hire()
    stolen = 0
    for _ in range(200):
        guess = code.encode(secrets.token_bytes(code.SECRET_SIZE))
        reply = await victim.gate.check_card(
            guess, care_date=scene.today, family=CareFamily.PHARMACY
        )
        stolen += not isinstance(reply, Refused)
    return stolen


async def photographed_card(scene: Scene) -> int:
    """One photographed card goes round every stolen login: one person, at so many organisations."""
    card, told = scene.members[3].card, 0
    for finess in scene.finess:
        thief = await scene.hire(finess)
        reply = await thief.gate.check_card(card, care_date=scene.today, family=CareFamily.PHARMACY)
        told += not isinstance(reply, Refused)
    if told > scene.policy.card.organisations_per_card_day:
        raise AssertionError(f"a paper card was answered at {told} organisations")
    return int(told > 0)


async def back_doors(scene: Scene) -> int:
    """A thief looks for anything that lists, searches, pages through or exports."""
    opened = 0
    for path in _BACK_DOORS:
        for method in ("GET", "POST"):
            answer = await scene.http.request(method, scene.pipe + path, json={})
            opened += answer.is_success
    return opened


async def captured_gate(scene: Scene) -> int:
    """The gate's process itself is taken: it asks the keyring for records without an entry."""
    installation = scene.operator.installation
    stolen = 0
    async with GateKeyring(installation.sockets) as keyring:
        entries = [secrets.token_bytes(16) for _ in scene.members[:50]]
        await keyring.locate(
            [
                Asked(entry, "typed", bytes(16), bytes(16), _identifier(member))
                for entry, member in zip(entries, scene.members, strict=False)
            ]
        )
        opened = await keyring.unseal(
            [Committed(entry, position) for position, entry in enumerate(entries)]
        )
        stolen += sum(bool(each.record_keys) for each in opened)
    return stolen


async def dumped_database(scene: Scene) -> int:
    """Every table, as the database's own administrator sees it, and a list of real identities."""
    sample = scene.members[:50]
    secrets_held = [
        secret
        for member in sample
        for secret in (
            _identifier(member),
            _identifier(member)[:13],
            member.person.nir.encode(),
            member.card.encode(),
            code.decode(member.card),
        )
    ]
    connection = await scene.operator.installation.database.connect(Role.OWNER)
    try:
        return await found_in_dump(connection, secrets_held)
    finally:
        await connection.close()


THEFTS: tuple[Theft, ...] = (
    Theft("relayed_login", "P7", _nobody, relayed_login),
    Theft("borrowed_assertion", "P7", _nobody, borrowed_assertion),
    Theft("replayed_request", "P6", _nobody, replayed_request),
    Theft("altered_request", "P6", _nobody, altered_request),
    Theft("other_device", "P7", _nobody, other_device),
    Theft("silent_malware", "P7", _nobody, silent_malware),
    Theft("diverted_gesture", "P7", _nobody, diverted_gesture),
    Theft(
        "willing_clerk",
        "P3",
        lambda s: min(s.policy.typed.account_day, s.policy.typed.account_hour),
        willing_clerk,
    ),
    Theft("stolen_client_key", "P7", _nobody, stolen_client_key),
    Theft("known_patients", "P3", lambda s: s.policy.known.account_day, known_patients),
    Theft("stolen_references", "P3", _nobody, stolen_references),
    Theft("guessed_cards", "P3", _nobody, guessed_cards),
    Theft("photographed_card", "P3", lambda _: 1, photographed_card),
    Theft("back_doors", "P1", _nobody, back_doors),
    Theft("captured_gate", "P2", _nobody, captured_gate),
    Theft("dumped_database", "P5", _nobody, dumped_database),
)


async def _capture(scene: Scene) -> Captured:
    """Return a clerk's own check, as a captured pipe keeps it."""
    victim = await scene.hire()
    async with httpx2.AsyncClient(transport=(tap := Tap()), timeout=30) as http:
        gate = GateClient(scene.pipe, http, device=victim.gate.device, keyid=victim.gate.keyid)
        await gate.check_card(
            scene.members[0].card, care_date=scene.today, family=CareFamily.PHARMACY
        )
    return tap.seen[-1]


async def _told(scene: Scene, requests: Sequence[Captured]) -> int:
    """Send requests; count those that are answered with anything about a person."""
    return sum([disclosed(await send(scene.http, each)) for each in requests])


async def _sweep_cards(scene: Scene, thief: GateClient) -> int:
    """Use a registration that should not exist."""
    stolen = 0
    for member in scene.members[:20]:
        reply = await thief.check_card(
            member.card, care_date=scene.today, family=CareFamily.PHARMACY
        )
        stolen += not isinstance(reply, Refused)
    return stolen


def _resigned(scene: Scene, victim: Clerk, body: bytes) -> Captured:
    """Sign an altered body with the victim's own device, as malware on it would."""
    told = msgspec.json.decode(body)
    told["check_id"] = base64url.encode(secrets.token_bytes(16))
    return signed(scene.pipe, told, victim.gate.device, victim.gate.keyid)


def _identifier(member: Member) -> bytes:
    person = member.person
    return person_identifier(nir.parse(person.nir), person.birth_date, person.birth_rank)
