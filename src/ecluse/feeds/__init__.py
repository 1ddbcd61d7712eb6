"""Insurers' rosters: screened, sealed and signed by the insurer, checked and loaded here."""

from __future__ import annotations
