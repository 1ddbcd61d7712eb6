"""Where people are born: communes by population, countries, and what their codes once were.

A place stands in a number as five characters: the commune's INSEE code, or 99 and a country. Three
conventions change with the year of birth:

* Corsica's communes kept the department 20 in numbers of people born before 1976;
* Algeria, Morocco and Tunisia before independence were departments 91 to 94, 95 and 96.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecluse.population.sources import rows


if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


_CORSICA_SPLIT = 1976
# Country code, first year of independence, department that its births were numbered under.
_BEFORE_INDEPENDENCE = (("352", 1962, "92"), ("350", 1956, "95"), ("351", 1956, "96"))
# A commune's order numbers run with its births; this many inhabitants make about one a month.
_INHABITANTS_PER_ORDER = 500
_FEWEST_ORDERS = 60
_MOST_ORDERS = 999


@dataclass(frozen=True, slots=True)
class Places:
    """Every place of birth, by index; arrays of equal length but for the two weights.

    Attributes:
        codes: S5, as the number shows it.
        values: the code as an integer, 2A as 19 and 2B as 18, which the key is computed from.
        orders: how many order numbers the place uses in a month, as a rule.
        earlier: index of the place's earlier code, or its own index.
        earlier_until: first year of birth that has the present code.
        communes: share of births, over the first places.
        countries: share of births abroad, over the places that follow.
    """

    codes: NDArray[np.bytes_]
    values: NDArray[np.int64]
    orders: NDArray[np.int64]
    earlier: NDArray[np.int64]
    earlier_until: NDArray[np.int64]
    communes: NDArray[np.float64]
    countries: NDArray[np.float64]

    def at_birth(self, place: NDArray[np.int64], year: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the places, each under the code that it had in the year of birth."""
        return np.where(year < self.earlier_until[place], self.earlier[place], place)


def load() -> Places:
    """Read communes and countries, and add their earlier codes behind them."""
    communes = list(rows("communes.csv"))
    countries = list(rows("countries.csv"))
    codes = [commune["insee_code"] for commune in communes]
    codes += [f"99{country['code']}" for country in countries]
    index = {code: at for at, code in enumerate(codes)}
    earlier: dict[int, tuple[int, int]] = {}
    for code, old, until in list(_earlier_codes(codes)):
        if old not in index:
            index[old] = len(codes)
            codes.append(old)
        earlier[index[code]] = (index[old], until)
    inhabitants = np.array([int(commune["population"]) for commune in communes], dtype=np.float64)
    weights = np.array([float(country["weight"]) for country in countries])
    orders = np.full(len(codes), _MOST_ORDERS, dtype=np.int64)
    orders[: len(communes)] = np.clip(
        inhabitants // _INHABITANTS_PER_ORDER, _FEWEST_ORDERS, _MOST_ORDERS
    )
    own = range(len(codes))
    return Places(
        codes=np.array(codes, dtype="S5"),
        values=np.array([_value(code) for code in codes], dtype=np.int64),
        orders=orders,
        earlier=np.array([earlier.get(at, (at, 0))[0] for at in own], dtype=np.int64),
        earlier_until=np.array([earlier.get(at, (at, 0))[1] for at in own], dtype=np.int64),
        communes=inhabitants / inhabitants.sum(),
        countries=weights / weights.sum(),
    )


def _earlier_codes(codes: list[str]) -> Iterator[tuple[str, str, int]]:
    """Yield each code that has an earlier one, the earlier one, and when it changed."""
    for code in codes:
        if code.startswith(("2A", "2B")):
            yield code, f"20{code[2:]}", _CORSICA_SPLIT
    for country, year, department in _BEFORE_INDEPENDENCE:
        yield f"99{country}", f"{department}{country}", year


def _value(code: str) -> int:
    return int(code.replace("2A", "19").replace("2B", "18"))
