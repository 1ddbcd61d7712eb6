"""Cases worked from the text of the articles named beside them, to the cent.

Each row: what the article says, the bill, and what the mandatory scheme, the insurer and the patient
bear in the end.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from cover.bills import act, line, package, priced, shares
from ecluse.cover.act import Act, Borne


if TYPE_CHECKING:
    from collections.abc import Mapping

PUBLISHED = json.loads((Path(__file__).parent / "pricing_cases.json").read_text())["cases"]
#: What kind of act each published case is.
KINDS: dict[int, dict[str, Any]] = {
    1: {"kind": "gp_visit"},
    2: {"kind": "gp_visit"},
    3: {"kind": "gp_visit"},
    4: {"kind": "gp_visit", "exemption": "long_term_illness"},
    5: {"kind": "hearing_aid", "basket": "full", "ceiling": "950.00"},
    6: {"kind": "frame", "basket": "full", "ceiling": "30.00"},
    7: {"kind": "lens", "quantity": 3, "basket": "full", "ceiling": "95.00"},
    8: {"kind": "frame", "basket": "free"},
    9: {"kind": "dental_prosthesis", "basket": "full", "ceiling": "500.00"},
    10: {"kind": "medicine_major"},
    11: {"kind": "medicine_major"},
}


@pytest.mark.parametrize("case", PUBLISHED, ids=lambda case: case["act"])
def test_published_cases_come_out_to_the_cent(case: dict[str, Any]) -> None:
    facts = dict(KINDS[case["id"]])
    one = act(facts.pop("kind"), case["price"], case["base"], **facts)
    out = priced(one, day=case["date"], in_pathway=case["id"] != 3)
    assert shares(out) == (case["amo"], case["amc"], case["patient"])
    steps = [step.words("en") for step in out.acts[0].steps]
    assert steps[0].startswith(f"{out.acts[0].amo_paid:.2f} AMO") or case["id"] == 3
    assert all(step.words("fr") for step in out.acts[0].steps)


class Case(NamedTuple):
    article: str
    says: str
    acts: tuple[Act, ...]
    amo: str
    amc: str
    patient: str
    more: Mapping[str, Any] = MappingProxyType({})


def gp(amount: object = "30.00", **more: object) -> Act:
    return act("gp_visit", amount, amount, **more)


def nurse(quantity: int = 1, base: object = "3.00") -> Act:
    total = Decimal(str(base)) * quantity
    return act("auxiliary_act", total, total, quantity=quantity)


def box(base: object, kind: str = "medicine_major", quantity: int = 1) -> Act:
    return act(kind, base, base, quantity=quantity)


def trip(base: object, quantity: int = 1) -> Act:
    return act("transport", base, base, quantity=quantity)


BEFORE, AFTER = {"day": "2024-05-14"}, {"day": "2024-05-15"}
WINTER, SPRING = {"day": "2024-03-30"}, {"day": "2024-03-31"}
MINOR: dict[str, Any] = {"minor": True}
SPENT = Borne(participations_year=24)
LOST = Borne(participations_year=25)
TIRED = Borne(franchises_year=Decimal("49.50"))
OFF: dict[str, Any] = {"in_pathway": False}
ILL, MOTHER = "long_term_illness", "maternity"

CASES = [
    # The insured's share, kind by kind.
    Case("R160-5, 3°", "30 % of a doctor's fee", (gp("25.00"),), "15.50", "7.50", "2.00"),
    Case("R160-5, 3° bis", "40 % at the dentist", (act("dental_care", 40, 40),), "24.00", "16.00", "0.00"),
    Case("R160-5, 3° bis", "30 % before 15 October 2023", (act("dental_care", 40, 40),), "28.00", "12.00", "0.00", {"day": "2023-10-14"}),
    Case("R160-5, 3° bis", "40 % from that day on", (act("dental_care", 40, 40),), "24.00", "16.00", "0.00", {"day": "2023-10-15"}),
    Case("R160-5, 4°", "40 % of a nurse's act, and 1 euro", (nurse(1, "10.00"),), "5.00", "4.00", "1.00"),
    Case("R160-5, 5°", "40 % of a laboratory test, and 2 euros", (act("biology", 50, 50),), "28.00", "20.00", "2.00"),
    Case("R160-5, 6°", "70 % of a moderate medicine", (box("10.00", "medicine_moderate"),), "2.00", "7.00", "1.00"),
    Case("R160-5, 14°", "85 % of a low one, which this contract leaves", (box("10.00", "medicine_low"),), "0.50", "0.00", "9.50"),
    Case("R160-5, 8°", "40 % of a device", (act("device", 60, 60),), "36.00", "24.00", "0.00"),
    Case("R160-5, 9°", "45 % of transport, and 4 euros", (trip("60.00"),), "29.00", "27.00", "4.00"),
    Case("R160-5, 10°", "35 % of spa care, which this contract leaves", (act("spa", 200, 200),), "130.00", "0.00", "70.00"),
    Case("R160-5, 11°", "35 % of a usual medicine", (box("20.00"),), "12.00", "7.00", "1.00"),
    Case("R160-5, 2°", "20 % of a stay", (act("stay", 1000, 1000),), "800.00", "200.00", "0.00"),
    Case("R160-5, 1°", "20 % of fees in a stay, no flat participation", (act("hospital_fees", 80, 80),), "64.00", "16.00", "0.00"),
    Case("R160-5", "a medicine that cannot be replaced has no share", (box("900.00", "medicine_irreplaceable"),), "899.00", "0.00", "1.00"),
    Case("L160-8", "what is not on its list is not paid", (act("implant", 900),), "0.00", "0.00", "900.00"),
    Case("R160-5, 3°", "never more than was charged", (act("gp_visit", 20, 30),), "12.00", "6.00", "2.00"),
    Case("R160-5, 3°", "half a cent is rounded up", (act("gp_visit", "25.05", "25.05"),), "15.54", "7.51", "2.00"),
    # Flat participation.
    Case("R160-19", "1 euro the day before", (gp("26.50"),), "17.55", "7.95", "1.00", BEFORE),
    Case("R160-19", "2 euros from 15 May 2024", (gp("26.50"),), "16.55", "7.95", "2.00", AFTER),
    Case("R160-20", "none for a minor", (gp(),), "21.00", "9.00", "0.00", MINOR),
    Case("L160-13, II", "none at the dentist's", (act("dental_care", 30, 30),), "18.00", "12.00", "0.00"),
    Case("L160-13, II", "one for each act", (act("technical_act", 60, 60, quantity=2),), "38.00", "18.00", "4.00"),
    Case("D160-8", "four a day at most", (act("biology", 60, 60, quantity=6),), "28.00", "24.00", "8.00"),
    Case("D160-8", "four over all acts of the day", (act("biology", 30, 30, quantity=3), gp(), gp()), "52.00", "30.00", "8.00"),
    Case("D160-6", "the twenty-fifth of the year", (gp(),), "19.00", "9.00", "2.00", {"borne": SPENT}),
    Case("D160-6", "no twenty-sixth", (gp(),), "21.00", "9.00", "0.00", {"borne": LOST}),
    Case("D160-6", "one of two acts is still due", (act("biology", 20, 20, quantity=2),), "10.00", "8.00", "2.00", {"borne": SPENT}),
    Case("L160-13, II", "never more than was paid", (act("gp_visit", 1, 1),), "0.00", "0.30", "0.70"),
    Case("L871-1", "covered by no responsible contract", (act("specialist_visit", 60, 60, optam=True),), "40.00", "18.00", "2.00"),
    # Franchises.
    Case("D160-9, a", "1 euro for each box", (box("30.00", quantity=3),), "16.50", "10.50", "3.00"),
    Case("D160-9, a", "50 cents before 31 March 2024", (box("10.00"),), "6.00", "3.50", "0.50", WINTER),
    Case("D160-9, a", "1 euro from that day on", (box("10.00"),), "5.50", "3.50", "1.00", SPRING),
    Case("D160-9", "never more than the mandatory scheme's part", (box("1.00"),), "0.00", "0.35", "0.65"),
    Case("D160-9", "nor on a cheap moderate one", (box("2.00", "medicine_moderate"),), "0.00", "1.40", "0.60"),
    Case("D160-9, b", "1 euro for each auxiliary's act", (nurse(2, "10.00"),), "10.00", "8.00", "2.00"),
    Case("D160-11, a", "4 euros a day at most", (nurse(6, "10.00"),), "32.00", "24.00", "4.00"),
    Case("D160-9, c", "4 euros for each journey", (trip("120.00", 2),), "58.00", "54.00", "8.00"),
    Case("D160-11, b", "8 euros a day at most", (trip("180.00", 3),), "91.00", "81.00", "8.00"),
    Case("D160-10", "50 euros a year at most", (box("10.00"),), "6.00", "3.50", "0.50", {"borne": TIRED}),
    Case("D160-10", "over all kinds together", (box("10.00"), nurse(1, "10.00")), "12.00", "7.50", "0.50", {"borne": TIRED}),
    Case("D160-12", "none for a minor", (box("10.00"),), "6.50", "3.50", "0.00", MINOR),
    # Long-term illness, maternity.
    Case("L160-14, 3°", "no share; the participation stays", (gp(exemption=ILL),), "28.00", "0.00", "2.00"),
    Case("L160-14, 3°", "nor on medicines; the franchise stays", (act("medicine_major", 10, 10, exemption=ILL),), "9.00", "0.00", "1.00"),
    Case("L160-14, 3°", "nor on a stay", (act("stay", 1000, 1000, exemption=ILL),), "1000.00", "0.00", "0.00"),
    Case("L160-14, 3°", "an overrun is not lifted with it", (act("specialist_visit", 50, 30, optam=True, exemption=ILL),), "28.00", "15.00", "7.00"),
    Case("L160-9", "maternity: nothing is left", (gp(exemption=MOTHER),), "30.00", "0.00", "0.00"),
    Case("L160-9", "nor a franchise", (act("medicine_major", 10, 10, exemption=MOTHER),), "10.00", "0.00", "0.00"),
    # The pathway.
    Case("L162-5-3", "30 % in place of 70 %", (gp(),), "7.00", "9.00", "14.00", OFF),
    Case("R871-1, 1°", "a responsible contract leaves it", (act("specialist_visit", 30, 30, optam=True),), "7.00", "9.00", "14.00", OFF),
    Case("L162-5-3", "60 % with a long-term illness", (gp(exemption=ILL),), "16.00", "0.00", "14.00", OFF),
    Case("L162-5-3", "not at the laboratory", (act("biology", 50, 50),), "28.00", "20.00", "2.00", OFF),
    Case("L162-5-3", "not at the dentist's", (act("dental_care", 40, 40),), "24.00", "16.00", "0.00", OFF),
    # Heavy acts, stays, emergencies.
    Case("R160-16, I", "24 euros in place of 30 %", (act("technical_act", 150, 150),), "124.00", "24.00", "2.00"),
    Case("R160-16, I", "from 120 euros on", (act("technical_act", 120, 120),), "94.00", "24.00", "2.00"),
    Case("R160-16, I", "not at 119.99", (act("technical_act", "119.99", "119.99"),), "81.99", "36.00", "2.00"),
    Case("R160-16, I", "32 euros from 22 April 2026", (act("technical_act", 150, 150),), "116.00", "32.00", "2.00", {"day": "2026-04-22"}),
    Case("R160-16, II", "no share on heavy imaging", (act("imaging", 150, 150),), "148.00", "0.00", "2.00"),
    Case("R160-16, II", "30 % on other imaging", (act("imaging", 100, 100),), "68.00", "30.00", "2.00"),
    Case("R160-16, I", "a stay with a heavy act: 24 euros", (act("heavy_stay", 3000, 3000),), "2976.00", "24.00", "0.00"),
    Case("R160-16, I", "the share, where it is less", (act("hospital_fees", 120, 120),), "96.00", "24.00", "0.00", {"day": "2026-05-01"}),
    Case("R160-16, I", "nothing with a long-term illness", (act("technical_act", 150, 150, exemption=ILL),), "148.00", "0.00", "2.00"),
    Case("L160-13, I", "23 euros for an emergency visit", (act("emergency_visit", 80, 80),), "57.00", "23.00", "0.00"),
    Case("L160-13, I", "19.61 before March 2026", (act("emergency_visit", 80, 80),), "60.39", "19.61", "0.00", {"day": "2026-02-28"}),
    Case("L160-13, I", "9.96 with a long-term illness", (act("emergency_visit", 80, 80, exemption=ILL),), "70.04", "9.96", "0.00"),
    Case("L160-13, I", "none in maternity", (act("emergency_visit", 80, 80, exemption=MOTHER),), "80.00", "0.00", "0.00"),
    Case("R871-2, 6°", "the daily charge, however long", (act("daily_charge", 2300, 0, quantity=100),), "0.00", "2300.00", "0.00"),
    # Overruns.
    Case("R871-2, 2°", "with OPTAM up to 150 % of the base", (act("specialist_visit", 50, 30, optam=True),), "19.00", "24.00", "7.00"),
    Case("R871-2, 2°", "without up to 130 %", (act("specialist_visit", 50, 30, optam=False),), "19.00", "18.00", "13.00"),
    Case("R871-2, 2°", "an overrun that the guarantee covers", (act("specialist_visit", 35, 30, optam=True),), "19.00", "14.00", "2.00"),
    # Glasses, hearing aids, teeth.
    Case("R871-2, 3°", "class A lenses to the ceiling", (act("lens", 65, "19.50", quantity=2, basket="full", ceiling=65),), "11.70", "53.30", "0.00"),
    Case("R871-2, 3°", "above it the patient pays", (act("frame", 40, 9, basket="full", ceiling=30),), "5.40", "24.60", "10.00"),
    Case("R871-2, 3°", "a free frame to 100 euros, both parts", (act("frame", 100, "0.05", basket="free"),), "0.03", "99.97", "0.00"),
    Case("R871-2, 3°", "free lenses to what the contract says", (act("lens", 400, "0.10", quantity=2, basket="free", equipment="a"),), "0.06", "319.94", "80.00"),
    Case("R871-2, 4° a", "class I hearing aids", (act("hearing_aid", 1900, 800, quantity=2, basket="full", ceiling=1900),), "480.00", "1420.00", "0.00"),
    Case("R871-2, 4° b", "class II to 1,700 euros, both parts", (act("hearing_aid", 2000, 400, basket="free"),), "240.00", "1460.00", "300.00"),
    Case("R871-2, 5°", "a crown of the 100 % Santé basket", (act("dental_prosthesis", 500, 120, basket="full", ceiling=500),), "72.00", "428.00", "0.00"),
    Case("R871-2, 5°", "another one at 250 % of the base", (act("dental_prosthesis", 700, 120, basket="free"),), "72.00", "228.00", "400.00"),
    # What guarantees give besides.
    Case("the contract", "50 euros a night", (act("private_room", 240, 0, quantity=3),), "0.00", "150.00", "90.00"),
    Case("the contract", "40 euros a year of what is not paid", (act("medicine_unreimbursed", 60),), "0.00", "40.00", "20.00"),
    Case("the contract", "90 euros a year, 30 a session", (act("unreimbursed", 200, 0, quantity=4),), "0.00", "90.00", "110.00"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.article}: {case.says}")
def test_what_the_article_says_comes_out_to_the_cent(case: Case) -> None:
    out = priced(*case.acts, **case.more)
    assert shares(out) == (case.amo, case.amc, case.patient)


def test_a_contract_that_is_not_responsible_may_pay_what_the_pathway_took_off() -> None:
    free = package(responsible=False, everyday=[line("100% BR", "gp_visit")])
    assert shares(priced(gp(), under=free, in_pathway=False)) == ("7.00", "21.00", "2.00")


def test_without_complementary_cover_the_patient_bears_the_share() -> None:
    assert shares(priced(gp(), under=None)) == ("19.00", "0.00", "11.00")
