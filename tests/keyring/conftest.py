"""What the keyring's tests share."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from keyring.lodge import Lodge, NewKeys


if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from ecluse.store.database import Database


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def new_keys() -> Iterator[NewKeys]:
    with tempfile.TemporaryDirectory() as folder:
        yield NewKeys.make(Path(folder) / "keyring")


@pytest.fixture
async def lodge(database: Database, new_keys: NewKeys) -> AsyncIterator[Lodge]:
    with tempfile.TemporaryDirectory(prefix="ecluse-test-") as folder:
        async with Lodge.empty(database, Path(folder), new_keys) as lodge:
            yield lodge
