"""PostgreSQL: embedded or external, its roles and migrations."""

from __future__ import annotations
