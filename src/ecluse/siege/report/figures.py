"""What the report shows of a siege's figures: rows, and the few numbers of its headline (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple


if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Facts = dict[str, Any]
"""The object that `ecluse siege --json` prints."""

_INSIDERS = (
    "captured_gate_unlogged",
    "captured_gate",
    "keyring_operator",
    "database_administrator",
    "dishonest_insurer",
    "dishonest_officer",
)
BASELINE = "portal_2024"
#: How the names begin of attackers that differ in their pace alone.
_PACES = ("slow_", "many_")


class Row(NamedTuple):
    """One attacker, played in one way, over its seeds."""

    strategy: str
    played: str
    accounts: int
    days: int
    bound: int
    #: Each figure's mean, low, high, and in how many runs it came.
    figures: Mapping[str, Mapping[str, Any]]

    @property
    def persons(self) -> float:
        """Persons disclosed, in the mean over the seeds."""
        return float(self.figures["persons"]["mean"])

    def came(self, figure: str) -> Mapping[str, Any]:
        """Return a figure's spread; one that was not counted never came."""
        return self.figures.get(figure) or {"mean": None, "low": None, "high": None}


class Groups(NamedTuple):
    """Rows by where the attacker stands."""

    baseline: list[Row]
    outsiders: list[Row]
    insiders: list[Row]


def rows(facts: Facts) -> list[Row]:
    """Return a row for each part of the siege, in its order."""
    first = {(run["strategy"], run["played"]): run for run in reversed(facts["runs"])}
    found = []
    for part in facts["strategies"]:
        run = first[part["strategy"], part["played"]]
        place = (part["strategy"], part["played"], run["accounts"], run["days"])
        found.append(Row(*place, part["bound"], part["figures"]))
    return found


def grouped(found: Sequence[Row]) -> Groups:
    """Part the rows."""
    baseline = [row for row in found if row.strategy == BASELINE]
    insiders = [row for row in found if row.strategy in _INSIDERS]
    outsiders = [row for row in found if row not in baseline and row not in insiders]
    return Groups(baseline, outsiders, insiders)


def worst(found: Sequence[Row]) -> list[Row]:
    """Return one row for each attacker, played in the way that got most.

    Of those that differ in their pace alone, the pace that got most stands for all.
    """
    most: dict[str, Row] = {}
    for row in found:
        family = next((each for each in _PACES if row.strategy.startswith(each)), row.strategy)
        if family not in most or row.persons > most[family].persons:
            most[family] = row
    return list(most.values())
