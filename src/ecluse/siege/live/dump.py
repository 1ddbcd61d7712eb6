"""A dump of the whole database, and every value in it against every guess."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from ecluse.cards import code
from ecluse.siege.live.theft import Theft
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecluse.siege.scene import Scene
    from ecluse.store.connection import Connection


_COLUMNS = """
SELECT table_name, column_name, data_type FROM information_schema.columns
 WHERE table_schema = 'public' AND data_type IN ('bytea', 'text', 'jsonb')
 ORDER BY table_name, column_name
"""


def guesses(secret: bytes) -> Iterator[bytes]:
    """Yield what a careless system would have stored of an identifier: itself, or a plain hash."""
    yield secret
    yield base64.b64encode(secret)
    yield secret.hex().encode()
    for name in ("md5", "sha1", "sha256", "sha512", "blake2b", "blake2s", "sha3_256"):
        digest = hashlib.new(name, secret).digest()
        yield from (digest, digest[:16], digest.hex().encode())
    yield hashlib.blake2b(secret, digest_size=16).digest()


async def found_in_dump(connection: Connection, secrets: Iterable[bytes]) -> int:
    """Return how many rows of the whole database hold a guess at one of `secrets`."""
    raw = [guess for secret in secrets for guess in guesses(secret)]
    texts = [guess.decode() for guess in raw if guess.isascii() and guess.isalnum()]
    found = 0
    for row in await connection.fetch(_COLUMNS):
        table, column, kind = row
        if kind == "bytea":
            found += await _count(connection, f'"{table}" WHERE "{column}" = ANY($1::bytea[])', raw)
        else:
            where = f'"{table}" WHERE "{column}"::text = ANY($1::text[])'
            found += await _count(connection, where, texts)
    return found


async def _count(connection: Connection, where: str, values: object) -> int:
    # The names come from the database's own catalogue.
    return int(await connection.fetchval(f"SELECT count(*) FROM {where}", values))  # noqa: S608


async def _dumped(scene: Scene) -> int:
    """Look at every table, as the database's own administrator sees it."""
    secrets_held = [
        secret
        for member in scene.members[:50]
        for secret in (
            member.identifier,
            member.identifier[:13],
            member.person.nir.encode(),
            member.card.encode(),
            code.decode(member.card),
        )
    ]
    connection = await scene.operator.installation.database.connect(Role.OWNER)
    try:
        return await found_in_dump(connection, secrets_held)
    finally:
        await connection.close()


THEFT = Theft(
    "dumped_database",
    "P5",
    "every table, as the database's own administrator sees it, and a leaked list",
    "looks for each identity in clear, encoded and hashed",
    _dumped,
)
