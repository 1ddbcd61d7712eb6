"""Cover packages: what is paid for which care (pure)."""

from __future__ import annotations
