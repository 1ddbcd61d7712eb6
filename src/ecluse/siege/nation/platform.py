"""What regions have in common, and tell each other between two micro-batches.

In production one watch reads one ledger, and one database holds the platform's cap. Here each region
decides and watches on its own, and hears of the others before every batch, so that it makes no
difference in how many processes they are played. What the others did in the very batch before is
heard of one batch, 15 seconds, late; and when a campaign begins, those who did before as its accounts
do are looked for in the region whose alarm began it.
"""

from __future__ import annotations

from collections import Counter
from copy import copy
from typing import TYPE_CHECKING, NamedTuple

from ecluse.gate.state import PLATFORM
from ecluse.gate.windows import HOUR
from ecluse.siege.field import Everybody, Pools
from ecluse.watch.features import Tide


if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecluse.policy.policy import Policy


class Told(NamedTuple):
    """What one region tells the others."""

    region: int
    #: The block that its gate takes from the platform's cap.
    wanted: int
    #: Hour since the epoch in which its watch last counted, and how many typed checks since it told.
    hour: int
    typed: int
    #: The last hour for which it told the officers of a surge.
    surge: int
    #: When accounts raised alarms, since it told.
    alarmed: tuple[float, ...]
    campaign_until: float
    braked_until: float


def tell(region: int, wanted: int, before: Everybody, after: Everybody) -> Told | None:
    """Return what a region has to tell of what it saw; None for nothing."""
    same_hour = after.tide.hour == before.tide.hour
    typed = after.tide.count - before.tide.count * same_hour
    alarmed = _news(before.alarmed, after.alarmed)
    until = after.campaign_until, after.braked_until
    if not (wanted or typed or alarmed or until != (before.campaign_until, before.braked_until)):
        return None
    return Told(region, wanted, after.tide.hour, typed, after.tide.told, alarmed, *until)


def _news(before: tuple[float, ...], after: tuple[float, ...]) -> tuple[float, ...]:
    if after == before:
        return ()
    return tuple((Counter(after) - Counter(before)).elements())


class Branch(Pools):
    """A region's caps. The platform's is everybody's: what of it is lent comes with the batch."""

    lent = 0

    def take(self, scope: str, block: int, now: float) -> int:
        """Take a block of the region's cap, or what was lent of the platform's."""
        if scope != PLATFORM:
            return super().take(scope, block, now)
        lent, self.lent = self.lent, 0
        return lent


class Commons:
    """The same in every process, since all hear the same in the same order."""

    def __init__(self, policy: Policy) -> None:
        self.everybody = Everybody(Tide(), (), 0.0, 0.0)
        self._watch = policy.watch
        self._pools = Pools(policy)

    def take_in(self, told: Sequence[Told], now: float) -> dict[int, int]:
        """Take in what all regions told, in their order; return what is lent to each."""
        if not told:
            return {}
        tide = copy(self.everybody.tide)
        for each in told:
            for _ in range(each.typed):
                tide.rise(each.hour * HOUR, self._watch.surge_least)
            tide.told = max(tide.told, each.surge)
        alarmed = sorted([*self.everybody.alarmed, *(at for each in told for at in each.alarmed)])
        self.everybody = Everybody(
            tide,
            tuple(alarmed[-self._watch.campaign_alarms :]),
            max(self.everybody.campaign_until, *(each.campaign_until for each in told)),
            max(self.everybody.braked_until, *(each.braked_until for each in told)),
        )
        return {
            each.region: self._pools.take(PLATFORM, each.wanted, now)
            for each in told
            if each.wanted
        }
