"""Ledger entries, as the keyring seals and reads them: the months' keys are here and nowhere else."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ecluse.errors import EcluseError
from ecluse.ledger.entry import decode
from ecluse.ledger.errors import LedgerError
from ecluse.ledger.seal import MonthKeys, SealedEntry, commitment, open_sealed, salt, seal


if TYPE_CHECKING:
    from ecluse.keyring.reader import Entry
    from ecluse.keyring.vault import Vault
    from ecluse.ledger.entry import AnyEvent


#: How far two clocks may disagree about which month it is.
_AROUND = timedelta(days=1)


class Entries:
    """Seals and opens entries."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._months: dict[str, MonthKeys] = {}

    def present_month(self, name: str) -> MonthKeys:
        """Return the keys that entries of this month are sealed under.

        Raises:
            EcluseError: That month is not the present one: nobody seals in it, and its keys would
                open what stands there.
        """
        now = datetime.now(UTC)
        if name not in {_month(now - _AROUND), _month(now), _month(now + _AROUND)}:
            raise EcluseError(
                "The keyring gives the keys of the present month only.",
                hint="Compare the clocks of gate, database and keyring.",
            )
        return self._month(name)

    def seal(self, body: bytes, allowed: tuple[type[AnyEvent], ...]) -> SealedEntry:
        """Seal an encoded event as a ledger entry of the present month.

        Raises:
            EcluseError: Not an event, without a time zone, or not one of those `allowed`.
        """
        event = decode(body)
        if not isinstance(event, allowed) or event.at.tzinfo is None:
            raise EcluseError("This socket does not allow that ledger entry.")
        return seal(event, self._month(_month(datetime.now(UTC))), os.urandom(16))

    def read(self, row: Entry) -> AnyEvent | None:
        """Open an entry; None when it was erased, does not stand in the tree as it is, or is none.

        Whoever may append can write anything: such a row must not stop the others.
        """
        if row.sealed is None or not self._vault.has_month(row.month):
            self._months.pop(row.month, None)
            return None
        keys = self._month(row.month)
        try:
            event = decode(open_sealed(row.sealed, keys, row.entry))
        except LedgerError:
            return None
        committed = commitment(row.sealed, keys.salt_key, row.entry) == row.commitment
        return event if committed and event.at.tzinfo is not None else None

    def salt(self, row: Entry) -> bytes:
        """Return one entry's salt: enough to recompute its commitment, and no other's."""
        return salt(self._month(row.month).salt_key, row.entry)

    def salts(self) -> dict[str, bytes]:
        """Return the salt key of every month that was not erased."""
        return {name: self._month(name).salt_key for name in self._vault.months()}

    def _month(self, name: str) -> MonthKeys:
        if name not in self._months:
            self._months[name] = self._vault.month(name)
        return self._months[name]


def _month(moment: datetime) -> str:
    return moment.strftime("%Y-%m")
