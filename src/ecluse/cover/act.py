"""Acts on a bill, as whoever asks for a price states them, and what was borne before (pure)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import msgspec


CENT = Decimal("0.01")
#: No bill of a counter or a stay comes near; sums of many stay exact.
_MOST = Decimal(1_000_000)
_Count = Annotated[int, msgspec.Meta(ge=1, le=1000)]


class ActKind(StrEnum):
    """What an act is for the rules; `law.toml` says which figures apply to it."""

    GP_VISIT = "gp_visit"
    SPECIALIST_VISIT = "specialist_visit"
    TECHNICAL_ACT = "technical_act"
    IMAGING = "imaging"
    MAMMOGRAPHY = "mammography"
    BIOLOGY = "biology"
    AUXILIARY_ACT = "auxiliary_act"
    TRANSPORT = "transport"
    SPA = "spa"
    DEVICE = "device"
    UNREIMBURSED = "unreimbursed"
    MEDICINE_IRREPLACEABLE = "medicine_irreplaceable"
    MEDICINE_MAJOR = "medicine_major"
    MEDICINE_MODERATE = "medicine_moderate"
    MEDICINE_LOW = "medicine_low"
    MEDICINE_UNREIMBURSED = "medicine_unreimbursed"
    HOSPITAL_FEES = "hospital_fees"
    STAY = "stay"
    HEAVY_STAY = "heavy_stay"
    DAILY_CHARGE = "daily_charge"
    EMERGENCY_VISIT = "emergency_visit"
    PRIVATE_ROOM = "private_room"
    PRIVATE_ROOM_FOLLOW_UP = "private_room_follow_up"
    PRIVATE_ROOM_PSYCHIATRY = "private_room_psychiatry"
    PRIVATE_ROOM_DAY = "private_room_day"
    COMPANION = "companion"
    FRAME = "frame"
    LENS = "lens"
    CONTACT_LENSES = "contact_lenses"
    DENTAL_CARE = "dental_care"
    DENTAL_PROSTHESIS = "dental_prosthesis"
    ORTHODONTICS = "orthodontics"
    IMPLANT = "implant"
    HEARING_AID = "hearing_aid"


class Basket(StrEnum):
    """Of glasses, prostheses and hearing aids: how far their prices are held."""

    FULL = "full"
    """100 % Santé: class A of glasses, class I of hearing aids."""
    MODERATED = "moderated"
    FREE = "free"
    """Class B of glasses, class II of hearing aids."""


class Equipment(StrEnum):
    """Of a pair of glasses: what its two lenses correct (R871-2, 3°, a to f)."""

    A = "a"
    B = "b"
    C = "c"
    D = "d"
    E = "e"
    F = "f"


class Exemption(StrEnum):
    """Why part of what an insured person usually bears is lifted; `law.toml` says which part."""

    LONG_TERM_ILLNESS = "long_term_illness"
    MATERNITY = "maternity"


class BillError(ValueError):
    """An amount is out of range or finer than a cent; says which."""


def require_euros(name: str, amount: Decimal) -> None:
    """Refuse what is no amount on a bill.

    Raises:
        BillError: It is negative, above a million, finer than a cent, or no number.
    """
    if not (amount.is_finite() and 0 <= amount <= _MOST):
        raise BillError(f"{name}: from 0 to {_MOST:,} euros")
    if amount != amount.quantize(CENT):
        raise BillError(f"{name}: no finer than a cent")


class Act(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a bill, in euros; `quantity` of it together cost `price`.

    Raises:
        BillError: An amount is negative, above a million, or finer than a cent.
    """

    kind: ActKind
    #: What is charged.
    price: Decimal
    #: The reimbursement base (BR) of all of it; 0 where the mandatory scheme has none.
    base: Decimal = Decimal(0)
    #: Boxes, acts, journeys, days or nights.
    quantity: _Count = 1
    #: The highest price that may be charged (PLV, or the dental agreement's), where there is one.
    ceiling: Decimal | None = None
    basket: Basket | None = None
    equipment: Equipment | None = None
    #: Whether the doctor keeps to OPTAM, where it matters.
    optam: bool | None = None
    #: Whether the organisation is of the insurer's network.
    network: bool = False
    exemption: Exemption | None = None

    def __post_init__(self) -> None:
        for name in ("price", "base", "ceiling"):
            amount: Decimal | None = getattr(self, name)
            if amount is not None:
                require_euros(name, amount)


class Bill(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one professional bills for one person's care of one day."""

    day: date
    acts: Annotated[tuple[Act, ...], msgspec.Meta(min_length=1, max_length=200)]
    #: Whether the person was under eighteen on 1 January of that year.
    minor: bool = False
    #: Whether the care keeps to the coordinated pathway: own doctor, or sent by them.
    in_pathway: bool = True


class Used(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a guarantee's counter has given since its period began."""

    since: date
    amount: Decimal = Decimal(0)
    times: int = 0


class Borne(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one person has borne or been given before this bill; amounts in euros, no act named."""

    #: Flat participations of the calendar year, and of this day with this professional.
    participations_year: int = 0
    participations_day: int = 0
    #: Franchises of the calendar year, and of this day by the name of their daily cap.
    franchises_year: Decimal = Decimal(0)
    franchises_day: dict[str, Decimal] = {}
    #: Guarantee counters, by name.
    given: dict[str, Used] = {}
