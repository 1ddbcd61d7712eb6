"""What a thief with the whole database can try: every value against every guess."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
