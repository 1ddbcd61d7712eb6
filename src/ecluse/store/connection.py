"""What the SQL of every package runs on."""

from __future__ import annotations

from typing import Any, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy


#: A connection, of its own or lent by a pool.
Connection: TypeAlias = asyncpg.Connection[Any] | PoolConnectionProxy[Any]
