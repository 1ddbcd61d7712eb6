"""How often a large test runs: in full when the figures are proved, a tenth of that otherwise."""

from __future__ import annotations

import os


PROVES = bool(os.environ.get("ECLUSE_PROVE"))
"""Whether `ecluse prove` runs the tests."""


def runs(full: int) -> int:
    """Return `full` when `ECLUSE_PROVE` is set, else a tenth of it."""
    return full if PROVES else full // 10
