"""What the keyring's tests share."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from keyring.lodge import Lodge


if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ecluse.store.database import Database


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def lodge(database: Database) -> AsyncIterator[Lodge]:
    with tempfile.TemporaryDirectory(prefix="ecluse-test-") as folder:
        async with Lodge.empty(database, Path(folder)) as lodge:
            yield lodge
