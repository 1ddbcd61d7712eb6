"""What our processes take of the processors, as the kernel counts it (Linux, proc(5))."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Self


if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecluse.local.processes import Operator


_TICK = os.sysconf("SC_CLK_TCK")


class Processor:
    """Counts the processor time of some processes and of all they started.

    Args:
        roots: process ids by name.
    """

    def __init__(self, roots: Mapping[str, int]) -> None:
        self._roots = dict(roots)

    @classmethod
    def of(cls, operator: Operator) -> Self:
        """Return the processes that take part in a check, and PostgreSQL."""
        parts = (operator.gate, operator.keyring, operator.ledger)
        roots = {part.name: part.pid for part in parts}
        server = operator.installation.database.server
        if server is not None and server.pid is not None:
            roots["postgresql"] = server.pid
        return cls(roots)

    def look(self) -> dict[str, float]:
        """Return the seconds that each took since it began."""
        found = _seconds()
        return {name: _family(found, root) for name, root in self._roots.items()}

    def since(self, before: Mapping[str, float], checks: int) -> dict[str, float]:
        """Return the microseconds that each took for one of `checks` since `before`."""
        now = self.look()
        return {name: 1e6 * (now[name] - before[name]) / checks for name in before}


def _seconds() -> dict[int, tuple[int, float]]:
    """Return (parent, seconds) of every process; those that end meanwhile are left out.

    A parent counts the children it has waited for, so that a backend that ended is not lost.
    """
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name in brackets may hold anything; the fields after it are numbers.
            fields = stat.read_text("utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        ticks = sum(int(fields[number]) for number in (11, 12, 13, 14))
        found[int(stat.parent.name)] = (int(fields[1]), ticks / _TICK)
    return found


def _family(found: Mapping[int, tuple[int, float]], root: int) -> float:
    members, total = {root}, 0.0
    for _ in range(3):
        members |= {pid for pid, (parent, _) in found.items() if parent in members}
    for pid in members & found.keys():
        total += found[pid][1]
    return total
