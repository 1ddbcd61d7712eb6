"""What can be wrong with the database, told to a person."""

from __future__ import annotations

import asyncpg

from ecluse.errors import EcluseError


#: What ends a connection. One that is cut off between two statements may fail with an error of
#: asyncpg's own bookkeeping instead of one that says so.
LOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
#: What any use of the database can fail with, a refused statement included.
FAILURES = (*LOST, asyncpg.PostgresError)


class StoreError(EcluseError):
    """The database cannot be started, reached, or brought to this version."""
