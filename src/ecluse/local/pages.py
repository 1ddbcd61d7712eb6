"""Releasing the portal's pages on this machine: their hashes go into the ledger (P6)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from ecluse.errors import EcluseError
from ecluse.keyring.client import OfficerKeyring
from ecluse.ledger.append import append
from ecluse.ledger.entry import PageRelease
from ecluse.portal.pages_server import served_files
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from ecluse.local.installation import Installation
    from ecluse.portal.pages_server import PagesConfig


_LATEST = "SELECT page_release FROM platform"
_RELEASED = "UPDATE platform SET page_release = $1"


class Released(NamedTuple):
    """A release, and where it stands in the ledger."""

    position: int
    release: PageRelease


async def release(installation: Installation, config: PagesConfig) -> Released:
    """Write the hashes of this version's pages, configured so, into the ledger.

    Raises:
        KeyringUnreachableError: No entry can be sealed.
    """
    files = {path: file.sha256 for path, file in served_files(config).items()}
    connection = await installation.database.connect(Role.OFFICER)
    try:
        async with OfficerKeyring(installation.sockets) as keyring, connection.transaction():
            now = datetime.now(UTC)
            event = PageRelease(at=now, files=files)
            position = await append(connection, [await keyring.seal_entry(event)], now)
            await connection.execute(_RELEASED, position)
    finally:
        await connection.close()
    return Released(position, event)


async def released(installation: Installation) -> PageRelease:
    """Return the latest release, as the keyring reads it in the ledger.

    Raises:
        EcluseError: None was made, or the ledger holds none where the latest should be.
    """
    connection = await installation.database.connect(Role.OFFICER)
    try:
        position = await connection.fetchval(_LATEST)
    finally:
        await connection.close()
    if position is None:
        raise EcluseError(
            "No release of the pages stands in the ledger.",
            hint="Make one with: ecluse pages release",
        )
    async with OfficerKeyring(installation.sockets) as keyring:
        return await keyring.page_release(position)
