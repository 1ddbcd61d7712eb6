"""An installation of a bench's own: a new home, a new PostgreSQL, gone afterwards."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ecluse.errors import EcluseError
from ecluse.local.installation import Installation


if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class BenchError(EcluseError):
    """A bench cannot run here, or what it measures does not work."""


@contextmanager
def workshop(environment: Mapping[str, str]) -> Iterator[Installation]:
    """Prepare an installation in a folder that is removed at the end.

    Args:
        environment: the process's own.

    Raises:
        BenchError: the environment names an external database, which a bench would fill.
    """
    if environment.get("ECLUSE_DATABASE_URL"):
        raise BenchError("A bench runs on its own PostgreSQL.", hint="Unset ECLUSE_DATABASE_URL.")
    with tempfile.TemporaryDirectory(prefix="ecluse-bench-") as folder:
        installation = Installation(Path(folder) / "home")
        Path(folder).chmod(0o711)
        asyncio.run(installation.database.prepare())
        try:
            installation.make_keyring()
            yield installation
        finally:
            asyncio.run(installation.database.stop())
