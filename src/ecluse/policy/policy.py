"""The policy as the gate reads it: caps, windows, grids; parsed strictly from TOML."""

from __future__ import annotations

import hashlib
from importlib import resources
from typing import TYPE_CHECKING, Annotated

import msgspec

from ecluse.errors import EcluseError
from ecluse.policy.exchange import ExchangePolicy
from ecluse.policy.settle import SettlePolicy
from ecluse.policy.watch import WatchPolicy
from ecluse.policy.witness import WitnessPolicy


if TYPE_CHECKING:
    from pathlib import Path


Cap = Annotated[int, msgspec.Meta(ge=0)]
AtLeastOne = Annotated[int, msgspec.Meta(ge=1)]


class PolicyError(EcluseError):
    """The policy file is not one."""


class CardLane(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Caps of the card lane in any 24 hours: distinct cards, and organisations one is shown to."""

    account_day: AtLeastOne
    organisation_day: AtLeastOne
    organisations_per_card_day: AtLeastOne


class PersonsLane(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Caps on the distinct subjects that are asked about in any 24 hours, found or not."""

    account_day: Cap
    organisation_day_per_professional: Cap
    organisation_day_least: Cap

    def organisation_day(self, professionals: int) -> int:
        """Return the cap of an organisation with so many registered professionals."""
        return max(
            self.organisation_day_least, self.organisation_day_per_professional * professionals
        )


class KnownLane(PersonsLane, frozen=True, forbid_unknown_fields=True):
    """Caps of the known lane, and for how long a card's check makes its bearer known."""

    #: Days. Read by the keyring, which alone knows when the card was there.
    days: Annotated[int, msgspec.Meta(ge=1, le=366)]


class TypedLane(PersonsLane, frozen=True, forbid_unknown_fields=True):
    """Caps of the typed lane."""

    account_hour: Cap
    organisation_day_floor: Cap
    region_profession_day: Cap
    platform_day: Cap
    lease_block: AtLeastOne


class Client(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Practice software: how long its keys count, and its caps in place of an account's own."""

    key_days: Annotated[int, msgspec.Meta(ge=1, le=730)]
    overlap_minutes: Annotated[int, msgspec.Meta(ge=0, le=1440)]
    warning_days: Cap
    card_day: AtLeastOne


class Probation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a new or recovered account begins."""

    hours: Cap
    fraction: Annotated[float, msgspec.Meta(ge=0, le=1)]

    def of(self, cap: int) -> int:
        """Return what is left of `cap` during probation, rounded down."""
        return int(cap * self.fraction)


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One version of the policy."""

    version: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    registration_hours: Annotated[int, msgspec.Meta(ge=1, le=12)]
    refusal_grid_ms: Annotated[int, msgspec.Meta(ge=1, le=1000)]
    settlement_days: AtLeastOne
    card: CardLane
    known: KnownLane
    typed: TypedLane
    client: Client
    probation: Probation
    watch: WatchPolicy
    exchange: ExchangePolicy
    #: Absent from policies older than it: nobody cosigns, and nothing waits for that.
    witness: WitnessPolicy = WitnessPolicy()
    settle: SettlePolicy = SettlePolicy()

    def card_day(self, *, client: bool) -> int:
        """Return an account's cap on distinct cards; practice software has its own."""
        return self.client.card_day if client else self.card.account_day


def parse(text: bytes) -> Policy:
    """Parse a policy file.

    Raises:
        PolicyError: Not TOML, a key missing, unknown, or out of its range; says which.
    """
    try:
        return msgspec.toml.decode(text, type=Policy)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PolicyError(
            f"The policy file does not hold: {error}", hint="Compare it with the default policy."
        ) from None


def read(path: Path | None = None) -> tuple[Policy, str]:
    """Return the policy at `path` (the default one if None) and its SHA-256 in hex.

    Raises:
        PolicyError: It cannot be read, or does not hold.
    """
    text = read_text(path)
    return parse(text), hashlib.sha256(text).hexdigest()


def read_text(path: Path | None = None) -> bytes:
    """Return the policy file at `path` (the default one if None), unparsed.

    Raises:
        PolicyError: It cannot be read.
    """
    try:
        if path is None:
            return (resources.files(__package__) / "default.toml").read_bytes()
        return path.read_bytes()
    except OSError as error:
        raise PolicyError(
            f"The policy file {path} cannot be read: {error.strerror}.",
            hint="Name another one, or none for the default policy.",
        ) from None
