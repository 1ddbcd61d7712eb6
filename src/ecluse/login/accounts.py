"""Organisations, their accounts, and the passkeys that open them.

Rows of `organisation`, `account` and `passkey`; the caller brings connection and transaction.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

from ecluse.errors import EcluseError
from ecluse.login.passkey import CounterError, Passkey
from ecluse.login.roles import AccountRole


if TYPE_CHECKING:
    from datetime import datetime

    from ecluse.store.connection import Connection


_FIND_ORGANISATION = "SELECT organisation FROM organisation WHERE finess = $1"
# FINESS is unique by this lock: a unique index would have to lead with the distribution key.
_LOCK_FINESS = "SELECT pg_advisory_xact_lock(hashtextextended('ecluse/finess/' || $1, 0))"
_ADD_ORGANISATION = """
INSERT INTO organisation (organisation, finess, name, profession, region, professionals)
VALUES ($1, $2, $3, $4, $5, $6)
"""
_LOAD = """
SELECT account.account, account.organisation, account.label, account.probation_until,
       account.locked, account.role, account.insurer, organisation.name, organisation.finess
FROM account LEFT JOIN organisation USING (organisation)
WHERE account.account = $1
"""
_LOAD_PASSKEY = """
SELECT account, credential, public_key, sign_count FROM passkey
WHERE account = $1 AND credential = $2
"""
# The condition decides between two gestures in flight: only one of them can be the next.
_ADVANCE = """
UPDATE passkey SET sign_count = $3
WHERE account = $1 AND credential = $2 AND ($3 > sign_count OR ($3 = 0 AND sign_count = 0))
RETURNING true
"""


_NAME = "UPDATE account SET rpps = $2 WHERE account = $1 RETURNING true"


class AccountError(EcluseError):
    """An organisation or account that cannot be made."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """A pharmacy, practice, shop: who is answered, and by how many professionals it is staffed.

    `profession` is a code of TRE_G15, `region` an INSEE region code.
    """

    finess: str
    name: str
    profession: str
    region: str
    professionals: int


@dataclass(frozen=True, slots=True)
class Account:
    """One counter of an organisation, or one person with another role."""

    account: bytes
    organisation: bytes | None
    """None, like `name` and `finess`, for a role that belongs to none."""
    label: str
    probation_until: datetime
    locked: str | None
    """The reason; None when open."""
    role: AccountRole
    insurer: int | None
    """For an insurer's staff."""
    name: str | None
    finess: str | None

    @property
    def place(self) -> dict[str, str] | None:
        """The organisation as a reply tells it."""
        if self.name is None or self.finess is None:
            return None
        return {"name": self.name, "finess": self.finess}


async def create_organisation(
    connection: Connection, organisation: Organisation, *, number: bytes
) -> None:
    """Add an organisation under `number`, 16 random bytes. Role: officer.

    Raises:
        AccountError: Its FINESS is there already, or it has no professional.
    """
    if organisation.professionals < 1:
        raise AccountError("An organisation has at least one registered professional.")
    async with connection.transaction():
        await connection.execute(_LOCK_FINESS, organisation.finess)
        if await connection.fetchval(_FIND_ORGANISATION, organisation.finess):
            raise AccountError("An organisation with this FINESS number is there already.")
        await connection.execute(_ADD_ORGANISATION, number, *astuple(organisation))


async def find_organisation(connection: Connection, finess: str) -> bytes | None:
    """Return the number of the organisation with this FINESS, 16 bytes."""
    number: bytes | None = await connection.fetchval(_FIND_ORGANISATION, finess)
    return number


async def load(connection: Connection, account: bytes) -> Account | None:
    """Return an account with its organisation's name and FINESS. Role: gate or officer."""
    row = await connection.fetchrow(_LOAD, account)
    return Account(**{**row, "role": AccountRole(row["role"])}) if row else None


async def name_professional(connection: Connection, account: bytes, rpps: str) -> None:
    """Note the number of the professional whom an account belongs to. Role: officer.

    Raises:
        AccountError: There is no such account.
    """
    if not await connection.fetchval(_NAME, account, rpps):
        raise AccountError("There is no such account.")


async def load_passkey(connection: Connection, account: bytes, credential: bytes) -> Passkey | None:
    """Return one passkey of an account. Role: gate or officer."""
    row = await connection.fetchrow(_LOAD_PASSKEY, account, credential)
    return Passkey(**row) if row else None


async def advance_counter(connection: Connection, passkey: Passkey, sign_count: int) -> None:
    """Keep the sign count of a gesture that was verified. Role: gate.

    Raises:
        CounterError: Another gesture with the same or a higher count came first.
    """
    if not await connection.fetchval(_ADVANCE, passkey.account, passkey.credential, sign_count):
        raise CounterError
