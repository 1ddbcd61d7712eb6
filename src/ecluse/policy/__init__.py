"""The reviewed policy file and the bound computed from it (pure)."""

from __future__ import annotations
