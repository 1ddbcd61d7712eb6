"""One region's organisations and accounts, as arrays: who works where, when and how fast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecluse.ids.region import REGIONS
from ecluse.siege.nation.calendar import SATURDAY, SUNDAY


if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from ecluse.siege.nation.assumed import Assumed


_WEEK = 7


@dataclass(slots=True)
class Region:
    """Accounts by number; `place` is the number of an account's organisation.

    Attributes:
        code: INSEE's.
        number: of the region, from 0.
        trade: of each account, its number in `Assumed.trades`.
        place: of each account; locums' change.
        week: of each account, on which weekdays it works; locums' change.
        shift: of each account, seconds by which its organisation opens later than its trade.
        pace: by lane (card, known, typed) and account, beside its trade's mean.
        dead: of each account, the share of its cards that are dead.
        nobody: of each account, the share of its typed persons found with nobody.
        trades: of each organisation.
        sizes: of each organisation, how many accounts.
    """

    code: str
    number: int
    trade: NDArray[np.int64]
    place: NDArray[np.int64]
    week: NDArray[np.bool_]
    shift: NDArray[np.float64]
    pace: NDArray[np.float64]
    dead: NDArray[np.float64]
    nobody: NDArray[np.float64]
    trades: NDArray[np.int64]
    sizes: NDArray[np.int64]

    def move_locums(self, rng: Generator, assumed: Assumed) -> NDArray[np.int64]:
        """Have half of the locums begin somewhere else, on other days; return their numbers."""
        share = np.array([trade.locums for trade in assumed.trades])[self.trade]
        # The first ones of a trade are its locums, the same ones each week.
        rank = np.arange(len(self.trade)) % 100
        moved = np.flatnonzero((rank < 100 * share) & (rng.random(len(self.trade)) < 0.5))
        for trade in np.unique(self.trade[moved]).tolist():
            mine = moved[self.trade[moved] == trade]
            self.place[mine] = rng.choice(np.flatnonzero(self.trades == trade), len(mine))
        self.week[moved] = _weeks(rng, self.trade[moved], assumed)
        return moved


def settle(rng: Generator, accounts: int, assumed: Assumed) -> list[Region]:
    """Return the regions that have any of so many accounts, each trade with its share."""
    shares = np.array([trade.share for trade in assumed.trades])
    means = np.array([trade.size for trade in assumed.trades])
    edges = np.round(np.cumsum(shares) * accounts).astype(np.int64)
    sizes, trades = [], []
    for trade, many in enumerate(np.diff(edges, prepend=0).tolist()):
        drawn = 1 + rng.poisson(means[trade] - 1, many)
        drawn = np.minimum(drawn, assumed.accounts.largest)
        fit = int(np.searchsorted(np.cumsum(drawn), many)) + 1 if many else 0
        drawn = drawn[:fit]
        drawn[-1:] -= drawn.sum() - many
        sizes.append(drawn)
        trades.append(np.full(fit, trade))
    of = np.concatenate(trades)
    size = np.concatenate(sizes)
    inhabitants = np.array([share for _, share in REGIONS.values()])
    region = rng.choice(len(REGIONS), len(of), p=inhabitants / inhabitants.sum())
    return [
        _region(rng, code, number, of[region == number], size[region == number], assumed)
        for number, code in enumerate(REGIONS)
        if (region == number).any()
    ]


def _region(
    rng: Generator,
    code: str,
    number: int,
    trades: NDArray[np.int64],
    sizes: NDArray[np.int64],
    assumed: Assumed,
) -> Region:
    plan = assumed.accounts
    place = np.repeat(np.arange(len(trades)), sizes)
    trade = trades[place]
    count = len(trade)
    shapes = (plan.card_shape, plan.known_shape, plan.typed_shape)
    pace = np.stack([rng.gamma(shape, 1 / shape, count) for shape in shapes])
    card, typed = assumed.card, assumed.typed
    nobody = rng.gamma(typed.nobody_shape, typed.nobody / typed.nobody_shape, count)
    return Region(
        code,
        number,
        trade,
        place,
        _weeks(rng, trade, assumed),
        rng.uniform(-plan.shift, plan.shift, len(trades))[place] * 3600,
        np.minimum(pace, plan.fastest),
        rng.gamma(card.dead_shape, card.dead / card.dead_shape, count),
        np.minimum(nobody, typed.nobody_most),
        trades,
        sizes,
    )


def _weeks(rng: Generator, trade: NDArray[np.int64], assumed: Assumed) -> NDArray[np.bool_]:
    """Draw on which weekdays accounts of these trades work."""
    works = np.full((len(trade), _WEEK), assumed.accounts.weekday)
    works[:, SATURDAY] = np.array([each.saturday for each in assumed.trades])[trade]
    works[:, SUNDAY] = np.array([each.sunday for each in assumed.trades])[trade]
    week: NDArray[np.bool_] = rng.random(works.shape) < works
    return week
