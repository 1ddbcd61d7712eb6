"""Officers, holders and insurers' staff at work: each with a passkey and a signed-in device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx2

from ecluse.client.officer import OfficerClient
from ecluse.local import officer
from ecluse.login.roles import AccountRole
from ecluse.siege.scene import Passkey


if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from ecluse.acts.act import Content
    from ecluse.client.console import ShownAct
    from ecluse.local.processes import Operator


@dataclass
class Person:
    """One person: a passkey, and the console through one device."""

    passkey: Passkey
    console: OfficerClient

    async def propose(self, content: Content) -> ShownAct:
        return await self.console.propose(content, self.passkey.touch)

    async def second(self, act: ShownAct) -> ShownAct:
        return await self.console.second(act, self.passkey.touch)


class Bureau:
    """An operator's officers, at its public door."""

    def __init__(self, operator: Operator) -> None:
        self.operator = operator
        self.http = httpx2.AsyncClient(timeout=30)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.http.aclose()

    async def asks(
        self, role: AccountRole, *, finess: str | None = None, amc: str | None = None
    ) -> tuple[Person, str]:
        """Have somebody ask to join; return them with their fingerprint."""
        passkey = Passkey(self.operator.ports.pages_origin)
        console = OfficerClient(self.operator.ports.pipe_origin, self.http)
        asked = await console.join_as(role, f"a {role}", passkey.create, finess=finess, amc=amc)
        return Person(passkey, console), asked.fingerprint

    async def first(self) -> Person:
        """Hire one of the first two security officers, by the operator's command."""
        person, mark = await self.asks(AccountRole.SECURITY)
        await officer.accept_first_officer(self.operator.installation, mark)
        return await self.signed_in(person)

    async def signed_in(self, person: Person) -> Person:
        """Have a person sign in."""
        await person.console.login(person.passkey.touch)
        return person

    async def another_device(self, person: Person) -> Person:
        """Have a person sign in on another computer with the same passkey."""
        console = OfficerClient(self.operator.ports.pipe_origin, self.http)
        return await self.signed_in(Person(person.passkey, console))

    def again(self, person: Person) -> Person:
        """Return a person hired in another event loop, on this one's connections."""
        kept = person.console
        console = OfficerClient(kept.origin, self.http, device=kept.device, keyid=kept.keyid)
        return Person(person.passkey, console)
