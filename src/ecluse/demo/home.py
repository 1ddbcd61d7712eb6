"""The demonstration's own state: it begins anew each time, and never touches anybody else's."""

from __future__ import annotations

import asyncio
import fcntl
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ecluse.errors import EcluseError


if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecluse.local.installation import Installation


_MARK = "demonstration"
_STATE = ("postgres", "keyring", "feeds", "log", "run", "policy", "witness")


class DemoError(EcluseError):
    """The demonstration cannot run here."""


@contextmanager
def fresh(installation: Installation) -> Iterator[Installation]:
    """Empty the home of an earlier demonstration, and keep others out while this one runs.

    Raises:
        DemoError: The home holds an installation that is no demonstration, or one runs there.
    """
    folder = installation.folder
    folder.mkdir(parents=True, exist_ok=True)
    if installation.database.url:
        raise DemoError(
            "The demonstration runs on its own PostgreSQL.", hint="Unset ECLUSE_DATABASE_URL."
        )
    mark = folder / _MARK
    if not mark.exists() and any((folder / name).exists() for name in _STATE):
        raise DemoError(
            f"{folder} holds an installation that is not a demonstration.",
            hint="Name another folder in ECLUSE_HOME.",
        )
    with mark.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoError(
                f"A demonstration runs in {folder} already.",
                hint="Stop it, or name another folder in ECLUSE_HOME.",
            ) from None
        asyncio.run(installation.database.stop())
        for name in _STATE:
            shutil.rmtree(folder / name, ignore_errors=True)
        yield installation
