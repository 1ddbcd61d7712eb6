"""Bills and packages for the tests of prices."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec

from ecluse.cover.act import Act, Bill, Borne
from ecluse.cover.package import CoverPackage
from ecluse.cover.price import price


if TYPE_CHECKING:
    from ecluse.cover.price import Priced

DAY = "2026-03-02"
NOBODY = Borne()


def line(basis: str, *acts: str, **applies: object) -> dict[str, Any]:
    return {
        "act_fr": acts[0],
        "act_en": acts[0],
        "basis": basis,
        "applies": {"acts": acts, **applies},
    }


def package(*, responsible: bool = True, **families: list[dict[str, Any]]) -> CoverPackage:
    return msgspec.convert(
        {
            "code": "P",
            "label_fr": "P",
            "label_en": "P",
            "families": families,
            "responsible": responsible,
        },
        CoverPackage,
    )


DOCTORS = ("gp_visit", "specialist_visit", "technical_act", "imaging", "mammography")
#: A responsible contract that pays the insured's share, the 100 % Santé baskets, and little more.
PLAIN = package(
    everyday=[
        line("150% BR", "specialist_visit", optam=True),
        line("130% BR", "specialist_visit", optam=False),
        line("100% BR", *DOCTORS, "biology", "auxiliary_act", "transport", "device"),
        line("30 EUR/session", "unreimbursed", limit="90 EUR/year"),
    ],
    pharmacy=[
        line("100% BR", "medicine_major"),
        line("100% BR", "medicine_moderate"),
        line("40 EUR/year", "medicine_unreimbursed"),
    ],
    hospital=[
        line("100% BR", "stay", "heavy_stay", "emergency_visit", "hospital_fees"),
        line("100% FR", "daily_charge"),
        line("50 EUR/night", "private_room"),
    ],
    optics=[
        line("100% PLV", "frame", "lens", basket="full"),
        line("100 EUR", "frame", basket="free", amo="included", times="1/2 years"),
        line("320 EUR/2 years", "lens", basket="free", amo="included"),
        line("100 EUR/year", "contact_lenses"),
    ],
    dental=[
        line("100% PLV", "dental_prosthesis", basket="full"),
        line("250% BR", "dental_prosthesis"),
        line("100% BR", "dental_care", "orthodontics"),
    ],
    hearing=[
        line("100% PLV", "hearing_aid", basket="full"),
        line("1700 EUR", "hearing_aid", basket="free", amo="included", times="2/4 years"),
    ],
)


def act(kind: str, amount: object, base: object = 0, **more: object) -> Act:
    return msgspec.convert({"kind": kind, "price": amount, "base": base, **more}, Act, strict=False)


def bill(*acts: Act, day: str = DAY, minor: bool = False, in_pathway: bool = True) -> Bill:
    return Bill(date.fromisoformat(day), acts, minor=minor, in_pathway=in_pathway)


def shares(priced: Priced) -> tuple[str, str, str]:
    """Return what each bears in the end: the mandatory scheme, the insurer, the patient."""
    return f"{priced.amo:.2f}", f"{priced.amc:.2f}", f"{priced.patient:.2f}"


def priced(
    *acts: Act,
    under: CoverPackage | None = PLAIN,
    borne: Borne = NOBODY,
    day: str = DAY,
    minor: bool = False,
    in_pathway: bool = True,
) -> Priced:
    packages = () if under is None else (under,)
    return price(bill(*acts, day=day, minor=minor, in_pathway=in_pathway), packages, borne)
