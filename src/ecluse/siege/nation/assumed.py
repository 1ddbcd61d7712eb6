"""What is assumed about honest work, read strictly from `assumed.toml`, which says what each is."""

from __future__ import annotations

from functools import cache
from importlib import resources

import msgspec


#: Hours of a day, from and to, and how busy they are beside each other.
Hours = tuple[tuple[float, float, float], ...]


class Trade(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A profession at work."""

    name: str
    profession: str
    share: float
    size: float
    card: float
    known: float
    typed: float
    hours: Hours
    saturday_hours: Hours
    saturday: float
    sent: float
    sunday: float = 0.0
    on_call: float = 0.0
    locums: float = 0.0
    epidemic: float = 0.0


class Accounts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How accounts differ, and when they work."""

    largest: int
    shift: float
    weekday: float
    away: float
    card_shape: float
    known_shape: float
    typed_shape: float
    day_shape: float
    fastest: float
    anew: float
    opened_after: float


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The card lane."""

    elsewhere: tuple[float, ...]
    again: float
    phone: float
    dead: float
    dead_shape: float
    dead_again: float
    dead_typed: float
    dead_typed_found: float


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The known lane."""

    roster: int
    ended: float
    again: float


class Typed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The typed lane."""

    family: tuple[float, ...]
    one_number: float
    between: float
    mistyped: float
    nobody: float
    nobody_shape: float
    nobody_most: float
    nobody_again: float
    elsewhere: float
    born_near: float
    born_near_by_region: dict[str, float]


class Epidemic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When each region has its epidemic: days of the nation's."""

    from_: int = msgspec.field(name="from")
    spread: int
    days: int


class Outage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When nobody can ask, and how all come back: a day of the nation's, hours of that day."""

    day: int
    from_: float = msgspec.field(name="from")
    to: float
    back: float
    minutes: float


class OnCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nights and Sundays."""

    evening: Hours
    sunday: Hours
    busy: float


class Assumed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything."""

    queue: tuple[float, ...]
    season: tuple[float, ...]
    dead_season: tuple[float, ...]
    holiday: tuple[float, ...]
    holiday_regions: frozenset[str]
    accounts: Accounts
    card: Card
    known: Known
    typed: Typed
    epidemic: Epidemic
    outage: Outage
    on_call: OnCall
    trades: tuple[Trade, ...]


@cache
def assumed() -> Assumed:
    """Return what is assumed."""
    text = (resources.files(__package__) / "assumed.toml").read_bytes()
    return msgspec.toml.decode(text, type=Assumed)
