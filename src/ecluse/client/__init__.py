"""The library that practice software uses to sign in and to check."""

from __future__ import annotations
