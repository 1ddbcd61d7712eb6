"""What `decide` decides on: the rows of the accounts, organisations and cards of one batch (pure)."""

from __future__ import annotations

import math
from enum import StrEnum

import msgspec

from ecluse.gate.windows import Recent, Ring


class Lane(StrEnum):
    """Which proof the asker brought."""

    CARD = "card"
    KNOWN = "known"
    TYPED = "typed"


class Account(msgspec.Struct, frozen=True, gc=False):
    """One professional's account."""

    organisation: bytes
    #: Seconds since the epoch.
    probation_until: float
    locked: bool
    typed: Recent = Recent()
    card: Ring = Ring()
    #: Practice software, with caps of its own.
    client: bool = False
    known: Recent = Recent()
    #: What the watch took away, seconds since the epoch: typed checks, and all but a fraction of
    #: the typed and known budgets.
    frozen_typed_until: float = 0.0
    shrunk_until: float = 0.0
    #: Locked for all but cards.
    cards_open: bool = False


class Organisation(msgspec.Struct, frozen=True, gc=False):
    """One pharmacy, practice or hospital."""

    professionals: int
    region: str
    profession: str
    typed: Ring = Ring()
    card: Ring = Ring()
    known: Ring = Ring()


class Shown(msgspec.Struct, frozen=True, gc=False):
    """Where a card was shown within the last day, each place as a token of this card's own."""

    organisations: Recent = Recent()
    accounts: Recent = Recent()


class State(msgspec.Struct, frozen=True, gc=False):
    """Everything a batch of checks touches. Mappings are replaced, never changed."""

    accounts: dict[bytes, Account]
    organisations: dict[bytes, Organisation]
    #: By card token.
    cards: dict[bytes, Shown]
    #: What is left of this gate's blocks, by scope, for the present hour.
    leases: dict[str, int]
    #: After a restore, budgets count as spent until then (seconds since the epoch).
    spent_until: float = 0.0
    #: Everybody has a fraction of the typed budget until then (seconds since the epoch).
    braked_until: float = 0.0
    #: Enough witnesses cosigned the ledger for typed checks until then (seconds since the epoch).
    witnessed_until: float = math.inf


class Ask(msgspec.Struct, frozen=True, gc=False):
    """One check, as `decide` sees it: tokens only, nobody's identifier."""

    account: bytes
    lane: Lane
    #: The subject as this account's token: the same person is another token elsewhere.
    subject: bytes
    #: Whether a record stands under the subject's index.
    found: bool
    #: Whether the keyring's meter let it through.
    admitted: bool
    #: The device's registration is in force at the time of the decision.
    registered: bool = True
    #: Card lane: the card, and organisation and account as that card's tokens.
    card: bytes = b""
    visitor: bytes = b""
    counter: bytes = b""
    #: The member's phone signed for this moment: no cap on where a card is shown.
    phone: bool = False
    #: That signature was used by another check before.
    spent: bool = False


class Reason(StrEnum):
    """Why a check is refused. For the ledger and the account page, never for the asker's screen."""

    UNKNOWN = "unknown"
    LOCKED = "locked"
    UNREGISTERED = "unregistered"
    METERED = "metered"
    RESTORED = "restored"
    ACCOUNT_DAY = "account_day"
    ACCOUNT_HOUR = "account_hour"
    ORGANISATION_DAY = "organisation_day"
    REGION_DAY = "region_day"
    PLATFORM_DAY = "platform_day"
    CARD_DAY = "card_day"
    FROZEN = "frozen"
    SPENT = "spent"
    UNWITNESSED = "unwitnessed"


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What was decided for one check."""

    released: bool
    reason: Reason | None = None
    #: The same account asked the same subject within the day, or the card was shown to the same
    #: organisation: costs nothing.
    repeat: bool = False

    @property
    def looked_up(self) -> bool:
        """Tell whether it went as far as the records, found or not.

        From here on both take the same steps and leave the same traces: neither time nor what
        anybody may see of the ledger tells a person without a right from nobody (P4).
        """
        return self.released or self.reason is Reason.UNKNOWN


PLATFORM = "platform"


def region_scope(organisation: Organisation) -> str:
    """Return the name of the cap that an organisation's region and profession share."""
    return f"region/{organisation.region}/{organisation.profession}"
