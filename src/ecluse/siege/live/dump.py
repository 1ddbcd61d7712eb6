"""Everything at rest: a dump of the database with every file and backup, but the keyring's folder."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import shutil
import tempfile
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg

from ecluse.errors import EcluseError
from ecluse.keyring import prf
from ecluse.siege import dumps, rosters
from ecluse.siege.live.theft import Theft
from ecluse.siege.needles import Needles
from ecluse.siege.spellings import hashes, spellings


if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecluse.siege.dumps import Dump
    from ecluse.siege.rosters import Row
    from ecluse.siege.scene import Scene
    from ecluse.store.server import Server


#: Members who are looked for byte by byte in every file; the whole list is tried on the dump.
_SAMPLE = 200
#: Values of the dump that are tried as the index's key, and on how many identities each.
_KEYS, _EACH = 5_000, 20
_KEY_SIZES = (16, 32, 64)


async def _dumped(scene: Scene) -> int:
    """Dump, copy and search; count the members of whom anything is found."""
    server = scene.operator.installation.database.server
    if server is None:
        raise EcluseError("The siege dumps its own embedded database; there is none.")
    await _to_disk(server)
    found, scene.guesses = await asyncio.to_thread(
        _search, server, scene.operator.installation.folder, rosters.read(scene.insurers_side)
    )
    return len(found)


async def _to_disk(server: Server) -> None:
    """Have the database write what only its memory holds."""
    connection = await asyncpg.connect(server.superuser_dsn())
    try:
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


def _search(server: Server, home: Path, everybody: list[Row]) -> tuple[set[str], int]:
    """Return whom the loot names, by their member numbers, and how many guesses were made."""
    dump = dumps.take(server)
    sample = everybody[:_SAMPLE]
    named = {
        needle: row.member_ref
        for row in sample
        for _, secret in rosters.secrets(row)
        for _, needle in (*spellings(secret), *hashes(secret))
    }
    needles = Needles(named)
    found = set(needles.within(dump.text))
    with tempfile.TemporaryDirectory(prefix="ecluse-backup-") as copy:
        backup = Path(copy) / "home"
        shutil.copytree(home, backup, ignore=_but_keys, symlinks=True, copy_function=_present)
        for told in needles.in_folder(backup).values():
            found |= told
    kept, guesses = dump.binaries(), len(named)
    for guess, member in _indexes(dump, everybody):
        guesses += 1
        if guess in kept:
            found.add(member)
    return found, guesses


def _indexes(dump: Dump, everybody: list[Row]) -> Iterator[tuple[bytes, str]]:
    """Yield what an index could be: each of the whole list without a key, some under every key.

    A thief without the keyring has no better key than a value of the loot itself.
    """
    for row in everybody:
        for secret in (row.identifier, row.nir[:13].encode(), row.nir.encode()):
            for _, guess in hashes(secret):
                yield guess, row.member_ref
    keys = [value for value in sorted(dump.binaries()) if len(value) in _KEY_SIZES]
    for key in keys[:: max(1, len(keys) // _KEYS)]:
        for row in islice(everybody, _EACH):
            yield prf.person_index(key, row.identifier), row.member_ref
            yield hmac.digest(key, row.identifier, hashlib.sha256)[:16], row.member_ref


def _but_keys(folder: str, names: list[str]) -> Iterable[str]:
    """Leave out what is never in one place with the rest: the keyring's folder; and sockets."""
    return [name for name in names if name == "keyring" or (Path(folder) / name).is_socket()]


def _present(source: str, target: str) -> str:
    """Copy a file, unless the database has removed it meanwhile."""
    try:
        return shutil.copy2(source, target)
    except FileNotFoundError:
        return target


THEFT = Theft(
    "dumped_database",
    "P5",
    "a dump, every file and backup but the keyring's folder, and the identity of everybody on file",
    "looks for each in clear, in every encoding, hashed, and under every key that the loot holds",
    _dumped,
    remains="how many members each insurer has, and when entries were written",
)
