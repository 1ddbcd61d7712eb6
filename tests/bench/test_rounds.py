from __future__ import annotations

import asyncio

import pytest

from ecluse.bench.rounds import Figures, alternate, order


def test_the_ratio_is_the_median_of_the_rounds_not_of_the_medians() -> None:
    figures = Figures({"ours": [10.0, 60.0, 20.0], "limit": [100.0, 80.0, 40.0]})
    assert figures.ratio("ours", "limit") == 0.5
    assert figures.median("ours") / figures.median("limit") == 0.25


def test_the_spread_tells_how_far_the_rounds_lie_apart() -> None:
    figures = Figures({"ours": [8.0, 10.0, 14.0], "limit": [16.0, 20.0, 28.0]})
    assert figures.rounds == 3
    assert figures.spread("ours") == pytest.approx(0.6)
    assert figures.spread("ours", "limit") == 0


def test_every_other_round_goes_backwards_and_figures_keep_the_rounds_order() -> None:
    calls: list[tuple[str, int]] = []

    async def ours(number: int) -> float:
        return number

    async def limit(number: int) -> float:
        return 10.0 + number

    figures = asyncio.run(
        alternate(
            {"ours": ours, "limit": limit}, 3, lambda name, number: calls.append((name, number))
        )
    )
    assert [name for name, _ in calls] == ["ours", "limit", "limit", "ours", "ours", "limit"]
    assert figures.taken == {"ours": [0, 1, 2], "limit": [10, 11, 12]}
    assert list(order(["a", "b"], 1)) == ["b", "a"]


@pytest.mark.parametrize("taken", [{"ours": []}, {"ours": [1.0], "limit": [1.0, 2.0]}, {}])
def test_it_refuses_figures_that_cannot_be_compared(taken: dict[str, list[float]]) -> None:
    with pytest.raises(ValueError, match="one figure for each round"):
        Figures(taken)
