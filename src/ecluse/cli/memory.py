"""What stands in a process's memory stays there: keys, rows in clear, answers on their way."""

from __future__ import annotations

import ctypes
import resource
import sys


_PR_SET_DUMPABLE = 4  # linux/prctl.h


def keep_private() -> None:
    """Forbid core dumps of this process, and other processes of its user to look into it.

    A limit of 0 keeps the kernel from writing a core file; a core that is piped to a program
    regardless of that limit is kept back by PR_SET_DUMPABLE, which also forbids ptrace(2).

    Raises:
        OSError: The kernel refuses.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        kernel = ctypes.CDLL(None, use_errno=True)
        if kernel.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_DUMPABLE) failed")
