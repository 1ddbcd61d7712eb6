"""How often a large test runs: in full when the figures are proved, a tenth of that otherwise."""

from __future__ import annotations

import os


def runs(full: int) -> int:
    """Return `full` when `ECLUSE_PROVE` is set, else a tenth of it."""
    return full if os.environ.get("ECLUSE_PROVE") else full // 10
