"""Claims decided: amounts, caps in any order, and what is refused."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.cover.act import Act, ActKind, Basket, Borne
from ecluse.cover.family import CareFamily
from ecluse.cover.guarantee import Applies
from ecluse.cover.package import CoverLine, CoverPackage
from ecluse.settle.claim import Claimed, Decided, Guaranteed, Outcome, Reason, decide
from ecluse.settle.entitlement import Entitlement, Payer, open_sealed, seal
from ecluse.settle.standing import Standing
from ecluse.settle.statement import Line, as_csv, statement


DAY = date(2026, 11, 27)
PLACE = b"p" * 16
WINDOW = timedelta(days=730)
NOTHING = Borne()
LIMIT = Decimal(420)
OPTICS = CoverPackage(
    "CONFORT",
    "Confort",
    "Comfort",
    {
        CareFamily.OPTICS: (
            CoverLine(
                "Équipement",
                "Glasses",
                "420 EUR/2 years",
                Applies((ActKind.FRAME, ActKind.LENS), basket=Basket.FREE),
            ),
        ),
        CareFamily.EVERYDAY: (
            CoverLine("Consultations", "Visits", "100% BR", Applies((ActKind.GP_VISIT,))),
        ),
    },
)


def entitlement(day: date = DAY, family: CareFamily = CareFamily.OPTICS) -> Entitlement:
    return Entitlement(b"i" * 16, day, family, (Payer(1, 1, "CONFORT"),))


def glasses(price: str, day: date = DAY, amc: str | None = None) -> Claimed:
    act = Act(ActKind.FRAME, Decimal(price), Decimal("0.05"), basket=Basket.FREE)
    return Claimed(care_date=day, acts=(act,), amc=Decimal(amc) if amc else None)


def run(
    claimed: Claimed,
    found: Entitlement | None = None,
    *,
    borne: Borne = NOTHING,
    today: date = DAY,
    guaranteed: Guaranteed | None = None,
) -> tuple[Decided, Borne]:
    mine = found or entitlement(claimed.care_date)
    return decide(mine, claimed, [OPTICS], borne, today, WINDOW, guaranteed)


def test_what_the_cover_gives_is_accepted_and_adds_up() -> None:
    decided, _ = run(glasses("150"))
    assert decided.outcome is Outcome.ACCEPTED
    assert decided.price == decided.amo + sum(decided.amcs) + decided.due_now == Decimal(150)


def test_less_may_be_claimed_and_more_waits_for_a_person() -> None:
    whole, _ = run(glasses("150"))
    less, _ = run(glasses("150", amc="100"))
    assert (less.outcome, less.amcs) == (Outcome.ACCEPTED, (Decimal(100),))
    assert less.due_now == whole.due_now + sum(whole.amcs) - 100
    more, after = run(glasses("150", amc="149.98"))
    assert (more.outcome, more.reason) == (Outcome.QUEUED, Reason.OVER)
    assert after == Borne()


@pytest.mark.attack
@pytest.mark.parametrize("amc", ["-0.01", "3.501", "NaN", "Infinity", "1000000.01"])
def test_what_is_no_amount_of_a_bill_is_never_claimed(amc: str) -> None:
    act = {"kind": "frame", "price": "150"}
    body = {"care_date": DAY, "acts": [act], "amc": amc}
    with pytest.raises(msgspec.ValidationError, match="amc: "):
        msgspec.convert(body, Claimed)


@pytest.mark.parametrize(
    ("claimed", "found", "today", "reason"),
    [
        (glasses("150"), entitlement(DAY - timedelta(days=1)), DAY, Reason.OTHER_DAY),
        (glasses("150"), entitlement(DAY, CareFamily.DENTAL), DAY, Reason.OTHER_FAMILY),
        (glasses("150"), entitlement(), DAY - timedelta(days=1), Reason.EARLY),
        (glasses("150"), entitlement(), DAY + WINDOW + timedelta(days=1), Reason.LATE),
    ],
)
def test_care_that_is_not_the_checks_is_refused(
    claimed: Claimed, found: Entitlement, today: date, reason: Reason
) -> None:
    decided, after = run(claimed, found, today=today)
    assert (decided.outcome, decided.reason, after) == (Outcome.REFUSED, reason, Borne())


def test_a_quote_is_honoured_though_the_guarantee_is_used_up_since() -> None:
    quoted, _ = run(glasses("150"))
    _, used = run(glasses("600"))
    without, _ = run(glasses("150"), borne=used)
    assert sum(without.amcs) == 0
    honoured, _ = run(glasses("150"), borne=used, guaranteed=Guaranteed(quoted.amcs))
    assert honoured.amcs == quoted.amcs


@given(
    st.lists(st.tuples(st.integers(0, 900), st.decimals(1, 900, places=2)), min_size=1, max_size=12)
)
def test_a_guarantee_is_never_exceeded_in_any_order_of_claims(
    claims: list[tuple[int, Decimal]],
) -> None:
    standing, given_by_day = Standing(), list[tuple[date, Decimal]]()
    for days, price in claims:
        day = DAY - timedelta(days=days)
        decided, borne = run(glasses(str(price), day), borne=standing.before(day, PLACE), today=DAY)
        if decided.outcome is Outcome.ACCEPTED:
            standing = standing.after(day, PLACE, borne)
            given_by_day.append((day, sum(decided.amcs, Decimal(0))))
    assert sum(amount for _, amount in given_by_day) <= LIMIT * 2  # 900 days touch two periods


@given(st.lists(st.integers(0, 400), min_size=1, max_size=80))
def test_participations_are_never_more_than_a_years_and_a_days_cap(days: list[int]) -> None:
    """50 euros a year, and four times a day (CSS D160-6)."""
    standing, act = Standing(), Act(ActKind.GP_VISIT, Decimal(30), Decimal(30))
    for back in days:
        day = DAY - timedelta(days=back)
        claimed = Claimed(care_date=day, acts=(act,))
        found = entitlement(day, CareFamily.EVERYDAY)
        decided, borne = run(claimed, found, borne=standing.before(day, PLACE))
        assert decided.outcome is Outcome.ACCEPTED
        standing = standing.after(day, PLACE, borne)
    assert all(year.participations <= 50 for year in standing.years.values())
    assert all(
        day.participations <= 4 for year in standing.years.values() for day in year.days.values()
    )


@pytest.mark.attack
def test_a_sealed_entitlement_opens_by_its_reference_in_its_row_alone() -> None:
    reference, row = b"r" * 16, b"w" * 32
    sealed = seal(entitlement(), reference, row)
    assert open_sealed(sealed, reference, row) == entitlement()
    assert open_sealed(sealed, b"s" * 16, row) is None
    assert open_sealed(sealed, reference, b"x" * 32) is None
    assert open_sealed(sealed[:-1] + bytes([sealed[-1] ^ 1]), reference, row) is None


def test_a_statement_adds_up_what_was_accepted_and_names_its_payment() -> None:
    def line(claim: str, outcome: str, amount: str) -> Line:
        reason = "" if outcome == "accepted" else "over"
        return Line(
            claim,
            "990000001",
            "Mutuelle",
            "750000001",
            DAY,
            "optics",
            outcome,
            reason,
            Decimal(amount),
        )

    lines = [line("a", "accepted", "10.50"), line("b", "queued", "90"), line("c", "accepted", "4")]
    told = statement(lines, DAY, DAY + timedelta(days=1))
    (owed,) = told.owed
    assert (owed.claims, owed.amount) == (2, Decimal("14.50"))
    again = statement(reversed(lines), DAY, DAY + timedelta(days=1))
    assert again == told
    rows = as_csv(told).splitlines()
    assert len(rows) == 4
    assert sum(row.startswith(owed.reference) for row in rows) == 2
