"""Under which circumstances a figure was measured: the machine, the moment, the command."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecluse.store.binaries import locate
from ecluse.store.settings import physical_memory


if TYPE_CHECKING:
    from collections.abc import Sequence


def circumstances(arguments: Sequence[str]) -> dict[str, Any]:
    """Return what stands beside a bench's figures.

    Args:
        arguments: those of the command, without the program.
    """
    return {
        "command": " ".join(["./ecluse", *arguments]),
        "measured_at": datetime.now(UTC).isoformat(timespec="minutes"),
        "machine": {
            "processor": _processor(),
            "processors": len(os.sched_getaffinity(0)),
            "memory_mb": physical_memory() // 2**20,
            "system": f"{platform.system()} {platform.release()}",
            "python": platform.python_version(),
            "postgresql": ".".join(map(str, locate().version)),
            # What else was at work: above the number of processors, figures suffer.
            "load_before": round(os.getloadavg()[0], 1),
            # Below 0, the bench goes before that other work.
            "niceness": os.getpriority(os.PRIO_PROCESS, 0),
        },
    }


def _processor() -> str:
    """Return the processor's name as Linux knows it."""
    for line in Path("/proc/cpuinfo").read_text("utf-8", errors="replace").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()
