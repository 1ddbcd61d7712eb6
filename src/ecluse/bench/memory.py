"""What our processes hold in memory at once, looked at while they work (Linux, proc(5))."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self


if TYPE_CHECKING:
    from collections.abc import Iterable

_EVERY = 0.05
_FIELD = re.compile(r"^(VmRSS|RssAnon|RssShmem|PPid):\s+(\d+)", re.MULTILINE)


class Peak:
    """Looks every 50 ms at processes and all they started; knows the most they held together.

    Args:
        ours: process ids; pages that two of these share count twice.
        database: the PostgreSQL server's process id. Its shared memory counts once.
    """

    def __init__(self, ours: Iterable[int], database: int | None = None) -> None:
        self._ours = list(ours)
        self._database = database
        self._kilobytes = {"ours": 0, "database": 0}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._ended.set()
        self._thread.join()

    def also(self, process: int) -> None:
        """Look at one more process of ours."""
        self._ours.append(process)

    @property
    def ours_mb(self) -> float:
        """The most that our processes held, in megabytes (10^6 bytes)."""
        return self._kilobytes["ours"] * 1024 / 1e6

    @property
    def database_mb(self) -> float:
        """The most that PostgreSQL held, in megabytes (10^6 bytes)."""
        return self._kilobytes["database"] * 1024 / 1e6

    def _watch(self) -> None:
        while not self._ended.wait(_EVERY):
            self.look()

    def look(self) -> None:
        """Look once."""
        found = _processes()
        ours = sum(found[pid].get("VmRSS", 0) for pid in _family(found, self._ours))
        self._kilobytes["ours"] = max(self._kilobytes["ours"], ours)
        if self._database is not None:
            servers = [found[pid] for pid in _family(found, [self._database])]
            held = sum(each.get("RssAnon", 0) for each in servers)
            held += max((each.get("RssShmem", 0) for each in servers), default=0)
            self._kilobytes["database"] = max(self._kilobytes["database"], held)


def _processes() -> dict[int, dict[str, int]]:
    """Return what proc(5) tells of every process, in kB; those that end meanwhile are left out."""
    found = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text("utf-8", errors="replace")
        except OSError:
            continue
        found[int(status.parent.name)] = {name: int(value) for name, value in _FIELD.findall(text)}
    return found


def _family(found: dict[int, dict[str, int]], roots: Iterable[int]) -> set[int]:
    """Return `roots` and whatever they started that still runs."""
    family = {root for root in roots if root in found}
    while more := {pid for pid, of in found.items() if of.get("PPid") in family} - family:
        family |= more
    return family
