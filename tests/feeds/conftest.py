"""What the feeds' tests share."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from feeds.world import World


if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecluse.store.database import Database


@pytest.fixture(scope="module")
def world(database: Database) -> Iterator[World]:
    with tempfile.TemporaryDirectory() as home:
        yield World(database, Path(home))
