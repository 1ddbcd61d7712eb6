"""A PostgreSQL of somebody else's: its own files and settings, reached over TCP."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg

from ecluse.store.account import database_account
from ecluse.store.binaries import copy_into


if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecluse.store.binaries import Binaries

_SUPERUSER = "postgresql://somebody:elsewhere@127.0.0.1"


@contextmanager
def somebody_elses(programs: Binaries) -> Iterator[str]:
    """Run a server with one empty database; yield its owner's address, who may create roles."""
    account = database_account()
    with tempfile.TemporaryDirectory(prefix="ecluse-test-") as name:
        home = Path(name)
        home.chmod(0o711)
        if account.is_another:
            programs = copy_into(home, programs)
        data = account.own_folder(home / "data")
        password = home / "password"
        password.write_text("elsewhere\n")
        options: list[str | Path] = [
            "--auth=scram-sha-256",
            "--username=somebody",
            f"--pwfile={password}",
        ]
        made = account.run(
            [programs.program("initdb"), "--pgdata", data, "--encoding=UTF8", *options]
        )
        assert made.returncode == 0, made.stderr
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        settings = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories=''"
        pg_ctl: list[str | Path] = [programs.program("pg_ctl"), "-D", data, "-w"]
        # In its own folder: the log would keep our pipe open otherwise, and nobody would return.
        started = account.run([*pg_ctl, "-l", data / "log", "-o", settings, "start"])
        assert started.returncode == 0, started.stdout
        try:
            asyncio.run(_let(f"{_SUPERUSER}:{port}/postgres"))
            yield f"postgresql://landlord:p%40ss%2Fword@127.0.0.1:{port}/house"
        finally:
            account.run([*pg_ctl, "-m", "fast", "stop"])


async def _let(superuser: str) -> None:
    connection = await asyncpg.connect(superuser)
    await connection.execute("CREATE ROLE landlord LOGIN CREATEROLE PASSWORD 'p@ss/word'")
    await connection.execute("CREATE DATABASE house OWNER landlord")
    await connection.close()
