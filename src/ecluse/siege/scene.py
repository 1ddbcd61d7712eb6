"""What an attack is played on: a running operator, honest people, and what leaked years ago."""

from __future__ import annotations

import secrets
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2

from ecluse.client.authenticator import SoftwareAuthenticator
from ecluse.client.gate import GateClient, Person
from ecluse.client.keyfile import KeyFile
from ecluse.client.practice import AsyncPracticeClient
from ecluse.local import officer


if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Any, Self

    from ecluse.local.processes import Operator
    from ecluse.login.accounts import Organisation
    from ecluse.login.credential import AuthenticationResponse, RegistrationResponse
    from ecluse.policy.policy import Policy


@dataclass(frozen=True, slots=True)
class Member:
    """A member as printed on their card, and whether the roster says they are covered today."""

    person: Person
    card: str
    #: Care families covered today; none when the cover has ended or not begun.
    families: tuple[str, ...]


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


@dataclass
class Scene:
    """A running operator and the people around it."""

    operator: Operator
    policy: Policy
    #: Real members, as a list that leaked from somewhere else years ago would name them.
    members: list[Member]
    finess: list[str]
    http: httpx2.AsyncClient = field(default_factory=lambda: httpx2.AsyncClient(timeout=30))
    today: date = field(default_factory=lambda: datetime.now(UTC).date())
    _folder: tempfile.TemporaryDirectory[str] | None = None

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

    async def install(self, finess: str | None = None) -> KeyFile:
        """Register practice software through the public door, and have an officer accept it."""
        key = KeyFile.create(self.keys() / f"{secrets.token_hex(8)}.key", self.pipe)
        async with AsyncPracticeClient(key) as client:
            asked = await client.register(finess or self.finess[0], "Logiciel")
        await officer.accept(self.operator.installation, asked.fingerprint, probation=timedelta(0))
        return key


async def open_shops(operator: Operator, organisations: list[Organisation]) -> list[str]:
    """Add organisations; return their FINESS numbers."""
    for organisation in organisations:
        await officer.add_organisation(operator.installation, organisation)
    return [organisation.finess for organisation in organisations]
