"""What an attack is played on: a running operator, honest people, and what leaked years ago."""

from __future__ import annotations

import random
import secrets
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
from stdnum import luhn

from ecluse.cards import code
from ecluse.cards.grant import Grant, card_hash, signed
from ecluse.client.authenticator import SoftwareAuthenticator
from ecluse.client.gate import GateClient, Person
from ecluse.client.keyfile import KeyFile
from ecluse.client.phone import Phone
from ecluse.client.practice import AsyncPracticeClient
from ecluse.feeds import insurer_keys
from ecluse.ids import nir
from ecluse.ids.subject import person_identifier
from ecluse.local import officer
from ecluse.login import keyid
from ecluse.login.accounts import Organisation


if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Any, Self

    from ecluse.local.processes import Operator
    from ecluse.login.credential import AuthenticationResponse, RegistrationResponse
    from ecluse.policy.policy import Policy


_CHECKS = "/v1/checks"


@dataclass(frozen=True, slots=True)
class Member:
    """A member as printed on their card, and whether the roster says they are covered today."""

    person: Person
    card: str
    #: Care families covered today; none when the cover has ended or not begun.
    families: tuple[str, ...]
    #: Whose card it is.
    amc: str

    @property
    def identifier(self) -> bytes:
        """What the keyring evaluates, 22 bytes."""
        person = self.person
        return person_identifier(nir.parse(person.nir), person.birth_date, person.birth_rank)


class Passkey:
    """A person's passkey, on whatever page it is used."""

    def __init__(self, origin: str, rp_id: str = "localhost") -> None:
        # One that does not count, as most do: gestures may then be used in any order.
        self.authenticator = SoftwareAuthenticator(origin, counts=False)
        self.rp_id = rp_id

    async def create(self, options: Mapping[str, Any]) -> RegistrationResponse:
        """Make the passkey."""
        return self.authenticator.create(options)

    async def touch(self, challenge: bytes) -> AuthenticationResponse:
        """Sign a challenge: the person touches the key."""
        return self.authenticator.get(self.rp_id, challenge)


@dataclass(frozen=True, slots=True)
class Clerk:
    """A professional at work: a passkey, and a signed-in device."""

    passkey: Passkey
    gate: GateClient
    finess: str

    @property
    def account(self) -> bytes:
        """The account's number."""
        number = keyid.parse(self.gate.keyid).account
        if number is None:
            raise ValueError("nobody has signed in here")
        return number


@dataclass
class Scene:
    """A running operator and the people around it.

    It counts the thief's checks, from the moment that the theft begins, and knows whose accounts are
    stolen: what is needed to say when a theft was seen.
    """

    operator: Operator
    policy: Policy
    #: Real members, as a list that leaked from somewhere else years ago would name them.
    members: list[Member]
    finess: list[str]
    #: The insurers' own rosters and keys.
    insurers_side: Path
    #: What the thief draws from.
    draw: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - no secret
    today: date = field(default_factory=lambda: datetime.now(UTC).date())
    #: Accounts that the thief uses.
    stolen: set[bytes] = field(default_factory=set)
    #: Checks that left since the theft began.
    checks: int = 0
    #: What was tried on a copy of what lies at rest.
    guesses: int = 0
    #: When it began, seconds since the epoch.
    began: float = field(default_factory=time.time)
    #: Another operator, whose alarms this one hears.
    neighbour: Operator | None = None
    _folder: tempfile.TemporaryDirectory[str] | None = None

    def __post_init__(self) -> None:
        self.http = self.connect()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.http.aclose()
        if self._folder is not None:
            self._folder.cleanup()

    def connect(self, transport: httpx2.AsyncBaseTransport | None = None) -> httpx2.AsyncClient:
        """Return a client of its own, by `transport`, whose checks count."""
        hooks = {"request": [self._count]}
        return httpx2.AsyncClient(timeout=30, transport=transport, event_hooks=hooks)

    async def _count(self, request: httpx2.Request) -> None:
        self.checks += request.method == "POST" and request.url.path == _CHECKS

    def theft_begins(self) -> None:
        """Count from here: what came before was honest."""
        self.began, self.checks = time.time(), 0

    def keys(self) -> Path:
        """Return the folder of practice software's keys; it goes with the scene."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="ecluse-clients-")
        return Path(self._folder.name)

    @property
    def pages(self) -> str:
        """The pages' origin."""
        return self.operator.ports.pages_origin

    @property
    def pipe(self) -> str:
        """The pipe's origin: the public door."""
        return self.operator.ports.pipe_origin

    async def hire(self, finess: str | None = None, probation: timedelta = timedelta(0)) -> Clerk:
        """Enrol a clerk through the public door, have an officer accept, and sign in."""
        finess = finess or self.finess[0]
        passkey = Passkey(self.pages)
        gate = GateClient(self.pipe, self.http)
        asked = await gate.enrol(finess, "Comptoir", passkey.create)
        await officer.accept(self.operator.installation, asked.fingerprint, probation=probation)
        await gate.login(passkey.touch)
        return Clerk(passkey, gate, finess)

    async def steal(self, finess: str | None = None) -> Clerk:
        """Return a clerk whose device a thief uses; the watch is judged by it."""
        clerk = await self.hire(finess)
        self.stolen.add(clerk.account)
        return clerk

    async def equip(self, member: Member) -> Phone:
        """Bind a phone to a member's card through the public door, as their insurer says."""
        phone = Phone()
        word = self.granted(member, phone.name)
        await phone.enrol(self.pipe, self.http, card=member.card, grant=word)
        return phone

    def granted(self, member: Member, phone: bytes) -> bytes:
        """Have a member's insurer grant that a phone stands for their card; return its word."""
        keys = insurer_keys.read(self.insurers_side / "keys" / member.amc)
        card = card_hash(code.decode(member.card))
        return signed(Grant(member.amc, phone, int(time.time()), card), keys.sign)

    async def install(self, finess: str | None = None) -> KeyFile:
        """Register practice software through the public door, and have an officer accept it."""
        key = KeyFile.create(self.keys() / f"{secrets.token_hex(8)}.key", self.pipe)
        async with AsyncPracticeClient(key) as client:
            asked = await client.register(finess or self.finess[0], "Logiciel")
        await officer.accept(self.operator.installation, asked.fingerprint, probation=timedelta(0))
        return key


async def new_pharmacies(operator: Operator, count: int) -> list[str]:
    """Open pharmacies in Paris that nobody has used yet; return their FINESS numbers."""
    numbers = [f"75{secrets.randbelow(10**6):06}" for _ in range(count)]
    finess = [number + luhn.calc_check_digit(number) for number in numbers]
    for each in finess:
        await open_pharmacy(operator, each)
    return finess


async def open_pharmacy(operator: Operator, finess: str) -> None:
    """Open a pharmacy in Paris with this FINESS number."""
    pharmacy = Organisation(finess, "Pharmacie du Bief", "21", "11", professionals=2)
    await officer.add_organisation(operator.installation, pharmacy)
