"""The database's roles: one per process, each with a password that no person ever types."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ecluse.store.errors import StoreError
from ecluse.store.lock import exclusive


if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import asyncpg


SCRAM_ITERATIONS = 4096  # PostgreSQL's own default; the passwords are 256 random bits

# What a role of ours must never be able to do, whoever made it.
POWERS = "rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls"


class Role(StrEnum):
    """Who speaks to the database. The portal has no role: it never does."""

    OWNER = "owner"
    FEED = "feed"
    GATE = "gate"
    KEYRING = "keyring"
    LEDGER = "ledger"
    WATCH = "watch"
    EXCHANGE = "exchange"
    OFFICER = "officer"
    BREACH = "breach"

    @property
    def login(self) -> str:
        """The role's name in the database."""
        return f"ecluse_{self.value}"


class Passwords:
    """The roles' passwords, kept in one file that only its owner may read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "roles.json"

    def of(self, role: Role) -> str:
        """Return a role's password.

        Raises:
            StoreError: the passwords were never made in this home.
        """
        try:
            return str(json.loads(self._file.read_text("ascii"))[role])
        except (FileNotFoundError, KeyError) as error:
            raise StoreError(
                f"There is no password for {role.login} in {self._folder}.",
                hint="`ecluse store migrate` makes it; ECLUSE_HOME says where to look.",
            ) from error

    def make(self) -> dict[Role, str]:
        """Return every role's password, after making those that are missing."""
        with exclusive(self._folder / "roles.lock"):
            kept = json.loads(self._file.read_text("ascii")) if self._file.exists() else {}
            passwords = {role: kept.get(role) or secrets.token_urlsafe(32) for role in Role}
            if passwords != kept:
                write_private(self._file, json.dumps(passwords, indent=2) + "\n")
            return passwords


def write_private(path: Path, text: str) -> None:
    """Write `text` to `path`, whole or not at all, readable to its owner alone."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


async def bring_up(
    connection: asyncpg.Connection[Any], passwords: Mapping[Role, str], roles: Sequence[Role]
) -> None:
    """Make the roles that are missing and set the passwords of all.

    Raises:
        StoreError: a role of that name has powers that none of ours may have.
    """
    for role in roles:
        known = await connection.fetchrow(
            f"SELECT {POWERS} AS strong FROM pg_roles WHERE rolname = $1",  # noqa: S608 - constant
            role.login,
        )
        if known and known["strong"]:
            raise StoreError(
                f"The database already has a role {role.login} with an administrator's powers.",
                hint="Take superuser, createrole, createdb, replication and bypassrls from it.",
            )
        # A role's name and a verifier cannot be parameters; both are made of safe letters only.
        verb = "ALTER" if known else "CREATE"
        verifier = scram_verifier(passwords[role], salt=secrets.token_bytes(16))
        await connection.execute(f"{verb} ROLE {role.login} LOGIN PASSWORD '{verifier}'")


async def admit(connection: asyncpg.Connection[Any], database: str, roles: Sequence[Role]) -> None:
    """Let `roles` into `database`, and nobody else but its owner."""
    await connection.execute(f"REVOKE ALL ON DATABASE {quoted(database)} FROM PUBLIC")
    for role in roles:
        await connection.execute(f"GRANT CONNECT ON DATABASE {quoted(database)} TO {role.login}")


def quoted(name: str) -> str:
    """Return an SQL identifier for `name`."""
    return '"' + name.replace('"', '""') + '"'


def scram_verifier(password: str, *, salt: bytes) -> str:
    """Return what PostgreSQL stores for a password, so that the password itself never travels.

    RFC 5803 layout, RFC 5802 section 3 keys with SHA-256; ASCII passwords need no SASLprep.
    """
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, SCRAM_ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    parts = [base64.b64encode(part).decode() for part in (salt, stored, server)]
    return f"SCRAM-SHA-256${SCRAM_ITERATIONS}:{parts[0]}${parts[1]}:{parts[2]}"
