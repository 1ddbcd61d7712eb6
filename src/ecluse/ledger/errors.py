"""What can be wrong with the ledger."""

from __future__ import annotations

from ecluse.errors import EcluseError


class LedgerError(EcluseError):
    """The ledger cannot do what was asked."""


class BrokenLedgerError(LedgerError):
    """The ledger in the database is not what was signed: an entry is missing, altered or moved."""

    def __init__(self, problem: str) -> None:
        super().__init__(
            problem,
            hint="Change nothing. `ecluse ledger verify` names every place; call the officer.",
        )


class NotCoveredYetError(LedgerError):
    """No signed checkpoint covers the position yet."""

    def __init__(self, position: int, size: int) -> None:
        super().__init__(
            f"No checkpoint covers position {position} yet: the latest is over {size} entries.",
            hint="Ask again in a second.",
        )
