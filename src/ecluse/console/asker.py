"""Who asks the console: a signed request, and the account behind it as it stands at this moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from ecluse.acts.gesture import Signer
from ecluse.gate.pipeline import ReplayedError
from ecluse.gate.rows import spend_nonces
from ecluse.login import accounts
from ecluse.login.roles import AccountRole, Right, RoleError, may


if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecluse.gate.caller import Caller
    from ecluse.ledger.entry import Event
    from ecluse.login.accounts import Account
    from ecluse.store.connection import Connection


class Outcome(NamedTuple):
    """What a request is answered with, and what the ledger is told in the same transaction."""

    reply: object
    events: Sequence[Event] = ()


@dataclass(frozen=True, slots=True)
class Asker:
    """One request's officer, holder or insurer's staff, in one transaction."""

    connection: Connection
    caller: Caller
    account: Account
    now: datetime

    @property
    def signer(self) -> Signer:
        """Who signs a step of an act."""
        return Signer(self.caller.account, self.account.role, self.caller.keyid)

    @property
    def finess(self) -> str | None:
        """The only organisation that this asker may touch; None for a security officer."""
        return self.account.finess if self.account.role is AccountRole.HOLDER else None

    async def reach(self, number: bytes) -> None:
        """Let the asker touch an account: a holder those of its organisation that check.

        Raises:
            RoleError: It is another's, or there is none: a holder is not told which.
        """
        if self.account.role is AccountRole.SECURITY:
            return
        found = await accounts.load(self.connection, number)
        if (
            found is None
            or found.organisation != self.account.organisation
            or not may(found.role, Right.CHECK)
        ):
            raise RoleError("This is no counter or practice software of your organisation.")


async def spend(connection: Connection, caller: Caller) -> None:
    """Spend a request's nonce.

    Raises:
        ReplayedError: It was used before.
    """
    if not await spend_nonces(connection, [(caller.account, *caller.nonce)]):
        raise ReplayedError("This request was sent before.")


async def admit(connection: Connection, caller: Caller, right: Right | None) -> Asker:
    """Return the asker if its role has `right` now; with None, any role may ask.

    Raises:
        RoleError: It has not, or the account is locked.
    """
    account = await accounts.load(connection, caller.account)
    if account is None:
        raise RoleError("There is no such account.")
    if right is not None and account.locked is not None:
        raise RoleError("Your account is locked.", hint="A security officer can tell you why.")
    if right is not None and not may(account.role, right):
        raise RoleError("Your role does not do this.", hint="/v1/console/me says what it does.")
    return Asker(connection, caller, account, datetime.now(UTC))
