"""Attackers, against the real parts: each acts through public doors and counts what it got."""

from __future__ import annotations
