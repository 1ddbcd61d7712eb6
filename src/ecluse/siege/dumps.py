"""A dump of the whole database, as whoever steals a backup reads it."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING, NamedTuple

from ecluse.store.binaries import locate


if TYPE_CHECKING:
    from ecluse.store.server import Server


_COPY = re.compile(r"COPY public\.(\w+) \(([^)]*)\) FROM stdin;\n(.*?)\\\.\n", re.DOTALL)


class Dump(NamedTuple):
    """The text of a dump, and its rows: table to rows, each column to its text."""

    text: bytes
    tables: dict[str, list[dict[str, str]]]

    def values(self, table: str, column: str) -> list[bytes]:
        """Return a binary column."""
        return [bytes.fromhex(row[column].removeprefix(r"\\x")) for row in self.tables[table]]

    def binaries(self) -> set[bytes]:
        """Return every binary value of every table, and the first 16 bytes of each longer one."""
        texts = {text for rows in self.tables.values() for row in rows for text in row.values()}
        values = {bytes.fromhex(text[3:]) for text in texts if text.startswith(r"\\x")}
        return values | {value[:16] for value in values}


def take(server: Server, database: str = "ecluse") -> Dump:
    """Dump a database as its superuser."""
    program = locate().program("pg_dump")
    text = subprocess.run(
        [program, "--dbname", server.superuser_dsn(database)], capture_output=True, check=True
    ).stdout
    tables = {}
    for table, columns, body in _COPY.findall(text.decode()):
        names = columns.split(", ")
        tables[table] = [
            dict(zip(names, line.split("\t"), strict=True)) for line in body.splitlines()
        ]
    return Dump(text, tables)
