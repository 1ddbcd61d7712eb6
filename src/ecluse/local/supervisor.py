"""Replaces what dies: each of an operator's processes, and its embedded PostgreSQL.

One thread watches one process and starts it again: at once when it served, and with longer and
longer pauses while it does not come up.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from ecluse.errors import EcluseError


if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from ecluse.local.processes import Operator, Process
    from ecluse.store.server import Server


log = logging.getLogger(__name__)

#: Seconds between two looks at a process.
LOOK = 0.1
_LOOK_DATABASE = 0.5
#: Seconds to wait before another start when the last one failed: doubled up to the longest.
_SHORTEST, _LONGEST = 0.5, 30.0
#: What ran for less than this (seconds) is not started again at once.
_BRIEF = 5.0


class Pauses:
    """How long to wait before each start (pure)."""

    def __init__(self) -> None:
        self._next = _SHORTEST

    def after_running(self, seconds: float) -> float:
        """Return the pause after a process that served for so long."""
        self._next = _SHORTEST
        return 0.0 if seconds >= _BRIEF else _SHORTEST

    def after_failing(self) -> float:
        """Return the pause after a start that failed."""
        pause, self._next = self._next, min(2 * self._next, _LONGEST)
        return pause


class Supervisor:
    """Watches an operator that runs, until the block ends."""

    def __init__(self, operator: Operator) -> None:
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=self._keep, args=(process,), daemon=True)
            for process in operator.processes
        ]
        server = operator.installation.database.server
        if server is not None:
            self._threads.append(
                threading.Thread(target=self._keep_database, args=(server,), daemon=True)
            )

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _keep(self, process: Process) -> None:
        self._watch(process.name, process.running, process.start, LOOK)

    def _keep_database(self, server: Server) -> None:
        self._watch("PostgreSQL", server.is_running, server.start, _LOOK_DATABASE)

    def _watch(
        self, name: str, running: Callable[[], bool], start: Callable[[], None], look: float
    ) -> None:
        pauses, since = Pauses(), time.monotonic()
        while not self._ended.wait(look):
            if running():
                continue
            pause = pauses.after_running(time.monotonic() - since)
            while not self._started(name, start, pause):
                if self._ended.is_set():
                    return
                pause = pauses.after_failing()
            since = time.monotonic()

    def _started(self, name: str, start: Callable[[], None], pause: float) -> bool:
        log.warning("%s is started again in %.1f s", name, pause)
        if self._ended.wait(pause):
            return False
        try:
            start()
        except EcluseError as error:
            log.warning("%s %s", error.problem, error.hint)
            return False
        return True
