"""Exposure against honest friction: the same policy with another cap on what is typed in a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ecluse.policy.bound import typed_bound, worst
from ecluse.siege.honest import BEGIN
from ecluse.siege.nation.assumed import assumed
from ecluse.siege.nation.work import Plan
from ecluse.siege.nation.workers import at_work
from ecluse.siege.play import play
from ecluse.siege.strategies import STRATEGIES
from ecluse.siege.strategy import Loot


if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ecluse.policy.policy import Policy


CAPS = (2, 4, 6, 8, 10, 14, 20)
"""Distinct persons that an account may ask about without a card in any 24 hours."""
#: The thief who gets most out of a cap before anybody is alarmed: so many accounts, spread evenly.
_THIEF, _STOLEN = "many_evenly", 25
_DAYS = 7


class Point(msgspec.Struct, frozen=True):
    """One variant of the policy: what a thief gets, and what it costs those who work."""

    typed_day: int
    in_force: bool
    strategy: str
    stolen: int
    bound: int
    persons: int
    #: Honest work: how many accounts, for how long, and their checks refused for nothing.
    accounts: int
    days: int
    checks: int
    wrongly_refused: int
    per_million: float


def curve(
    policy: Policy,
    members: int,
    honest: int,
    seed: int,
    progress: Callable[[str], None],
    caps: Sequence[int] = CAPS,
) -> Iterator[Point]:
    """Yield a point for each cap, the policy's own among them.

    Args:
        policy: Whose variants.
        members: On file.
        honest: Accounts at work.
        seed: What chance is drawn from.
        progress: Told what is over.
        caps: Which.
    """
    for cap in sorted({*caps, policy.typed.account_day}):
        yield _point(_variant(policy, cap), policy, Loot(_STOLEN, 1, members, policy), honest, seed)
        progress(f"typed_day {cap}")


def _variant(policy: Policy, cap: int) -> Policy:
    """Return the policy with another cap a day, and an hour's cap in the same proportion."""
    hour = max(1, round(cap * policy.typed.account_hour / max(1, policy.typed.account_day)))
    typed = msgspec.structs.replace(policy.typed, account_day=cap, account_hour=hour)
    return msgspec.structs.replace(policy, typed=typed)


def _point(variant: Policy, policy: Policy, loot: Loot, honest: int, seed: int) -> Point:
    cap = variant.typed.account_day
    run = play(STRATEGIES[_THIEF], loot._replace(policy=variant), seed)
    worked = at_work(Plan(honest, _DAYS, 1.0, seed, BEGIN), variant, assumed())
    return Point(
        typed_day=cap,
        in_force=cap == policy.typed.account_day,
        strategy=_THIEF,
        stolen=_STOLEN,
        bound=typed_bound(variant, worst(variant, _STOLEN, 24), 24),
        persons=run.persons_24h,
        accounts=honest,
        days=_DAYS,
        checks=worked["checks"],
        wrongly_refused=worked["wrongly_refused"],
        per_million=round(worked["wrongly_refused"] / max(1, worked["checks"]) * 1e6, 1),
    )
