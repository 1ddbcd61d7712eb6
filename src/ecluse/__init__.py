"""Écluse: third-party-payment infrastructure that cannot be emptied."""

from __future__ import annotations


__version__ = "0.1.0"
