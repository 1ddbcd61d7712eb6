"""Ending processes as a crash would: kill -9, by process id."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from ecluse.store.server import Server


_REAPED_SECONDS = 5


def kill(*pids: int) -> None:
    """Kill processes, and return when none of them runs any more.

    Their ids stay taken until somebody asks how they ended; a server that starts believes a lock
    file whose process id is taken. On a machine whose first process never asks, wait no longer.
    """
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    patience = time.monotonic() + _REAPED_SECONDS
    while any(map(_runs, pids)) or (time.monotonic() < patience and any(map(_status, pids))):
        time.sleep(0.005)


def kill_database(server: Server) -> None:
    """Kill every process of a PostgreSQL: the first one before its children can hear of anything."""
    pids = database_processes(server)
    assert len(pids) > 1
    kill(*pids)


def database_processes(server: Server) -> list[int]:
    """Return the process ids of a PostgreSQL, the postmaster's first."""
    postmaster = server.pid
    assert postmaster is not None
    return [postmaster, *children(postmaster)]


def children(parent: int) -> list[int]:
    """Return the process ids of a process's children."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        status = _status(int(folder.name))
        if status is not None and int(status[1]) == parent:
            found.append(int(folder.name))
    return found


def _runs(pid: int) -> bool:
    status = _status(pid)
    return status is not None and status[0] not in "ZX"


def _status(pid: int) -> list[str] | None:
    """Return a process's state, parent and so on (proc_pid_stat(5)); None when there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
