"""Identifiers of persons, professionals, organisations and insurers: their form, no more (pure)."""

from __future__ import annotations
