"""The attackers in virtual time, one module each. They were frozen before the watch was tuned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.siege.strategies import (
    celebrities,
    client_key,
    enrolled,
    hidden,
    known_patients,
    lists,
    many_accounts,
    photographed_card,
    relayed_login,
    slow_and_low,
    sweep,
)


if TYPE_CHECKING:
    from ecluse.siege.strategy import Strategy


_ALL = (
    relayed_login.STRATEGY,
    sweep.FAST_SWEEP,
    sweep.LEAKED_LIST,
    known_patients.STRATEGY,
    known_patients.INSIDER,
    *slow_and_low.STRATEGIES,
    *lists.STRATEGIES,
    hidden.BOILING_FROG,
    hidden.MIMIC,
    many_accounts.AT_ONCE,
    many_accounts.EVENLY,
    *many_accounts.OTHERS,
    celebrities.STRATEGY,
    enrolled.STRATEGY,
    photographed_card.STRATEGY,
    client_key.STRATEGY,
    client_key.WITH_REFERENCES,
)
STRATEGIES: dict[str, Strategy] = {each.name: each for each in _ALL}
