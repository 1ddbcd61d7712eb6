from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import stat
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest

from ecluse.store.account import database_account
from ecluse.store.errors import StoreError
from ecluse.store.server import SOCKET_PATH_BYTES, Server


if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecluse.store.database import Database


SECRET = "284127300123458"


@pytest.fixture(scope="module")
def server(database_template: Database) -> Server:
    """The session's own server, for tests that only look."""
    assert database_template.server is not None
    return database_template.server


@pytest.fixture(scope="module")
def own_server() -> Iterator[Server]:
    """A server that tests may kill, in a folder whose name is awkward on purpose."""
    with tempfile.TemporaryDirectory(prefix="ecluse-test-") as folder:
        Path(folder).chmod(0o711)
        yield Server(Path(folder, "l'écluse du canal"))


@pytest.fixture
def spare(own_server: Server) -> Iterator[Server]:
    with own_server:
        yield own_server


def ask(server: Server, *statements: str) -> object:
    async def talk() -> object:
        connection = await asyncpg.connect(server.superuser_dsn())
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(talk())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def crash(server: Server) -> None:
    """Kill the server and wait until the kernel has taken its socket away."""
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    while server.is_running():
        time.sleep(0.01)


def processes_of(server: Server) -> list[str]:
    """The command lines of the machine's processes that name the server's home."""
    found = []
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # gone between the list and the reading
            found.append(line.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
    return [line for line in found if str(server.home) in line]


def test_what_was_committed_survives_kill_9(spare: Server) -> None:
    ask(spare, "CREATE TABLE kept (n int)", "SELECT 1")
    for count in range(1, 3):
        ask(spare, f"INSERT INTO kept SELECT {count}", "SELECT 1")
        crash(spare)
        spare.start()
        assert ask(spare, "SELECT count(*) FROM kept") == count


def test_stopping_and_starting_again_is_safe(spare: Server) -> None:
    first = spare.pid
    assert processes_of(spare) != []
    spare.start()
    assert spare.pid == first
    assert Server(spare.home).is_running()
    Server(spare.home).stop()
    assert not spare.is_running()
    assert spare.pid is None
    assert processes_of(spare) == []
    spare.stop()
    spare.start()
    assert ask(spare, "SELECT 1") == 1


def test_stopping_what_never_ran_does_nothing(tmp_path: Path) -> None:
    Server(tmp_path).stop()
    assert list(tmp_path.iterdir()) == []


def test_a_half_made_start_is_made_again(fresh_home: Path) -> None:
    unfinished = fresh_home / "postgres" / "data.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    with Server(fresh_home) as server:
        assert ask(server, "SELECT 1") == 1
    assert not unfinished.exists()


def test_files_of_another_version_are_named(fresh_home: Path) -> None:
    data = fresh_home / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("14\n")
    with pytest.raises(StoreError, match="belong to PostgreSQL 14"):
        Server(fresh_home).start()


def test_a_server_that_cannot_start_says_where_its_log_is(spare: Server) -> None:
    spare.stop()
    control = spare.data / "global" / "pg_control"
    aside = control.rename(control.with_name("aside"))
    with pytest.raises(StoreError, match="did not start") as caught:
        spare.start()
    assert str(spare.log) in caught.value.hint
    aside.rename(control)


def test_a_long_home_has_its_socket_elsewhere_behind_a_closed_folder(fresh_home: Path) -> None:
    fresh_home.chmod(0o711)
    with Server(fresh_home / ("long" * 30)) as server:
        assert ask(server, "SELECT 1") == 1
        away = server.sockets
        assert len(os.fsencode(away / ".s.PGSQL.5432")) <= SOCKET_PATH_BYTES
        assert mode(away) == 0o700
        server.stop()
        assert not away.exists()
        server.start()
        assert ask(server, "SELECT 1") == 1


def test_a_home_below_a_closed_folder_is_refused_and_the_folder_stays_closed(
    tmp_path: Path,
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o600)
    with pytest.raises(StoreError, match="cannot") as caught:
        Server(closed / "home").start()
    assert "ECLUSE_HOME" in caught.value.hint
    assert mode(closed) == 0o600


def test_a_folder_with_other_things_in_it_is_not_opened(fresh_home: Path) -> None:
    (fresh_home / "letter").write_text("private")
    fresh_home.chmod(0o600)
    with pytest.raises(StoreError):
        Server(fresh_home).start()
    assert mode(fresh_home) == 0o600
    fresh_home.chmod(0o700)


def test_nothing_of_the_server_is_open_to_others(server: Server) -> None:
    for folder in (server.data, server.log, server.sockets):
        assert mode(folder) == 0o700
        assert folder.stat().st_uid == database_account().uid
    for name in ("roles.json", "superuser.password"):
        assert mode(server.folder / name) == 0o600
        assert (server.folder / name).stat().st_uid == os.geteuid()
    assert not mode(server.folder / "postgresql.conf") & 0o027
    assert not mode(server.home) & 0o066


def test_the_server_listens_on_its_socket_only(server: Server) -> None:
    assert ask(server, "SHOW listen_addresses") == ""
    assert ask(server, "SELECT inet_server_addr()") is None


def test_without_a_password_nobody_gets_in(server: Server) -> None:
    user, _, rest = server.superuser_dsn().removeprefix("postgresql://").partition(":")
    where = rest.partition("@")[2]

    async def knock(dsn: str) -> None:
        await asyncpg.connect(dsn)

    for dsn in (f"postgresql://{user}@{where}", f"postgresql://{user}:wrong@{where}"):
        with pytest.raises(asyncpg.InvalidPasswordError):
            asyncio.run(knock(dsn))


def test_the_settings_that_promises_rest_on_are_in_force(server: Server) -> None:
    for name in ("fsync", "full_page_writes", "synchronous_commit", "data_checksums"):
        assert ask(server, f"SHOW {name}") == "on"
    assert ask(server, "SHOW password_encryption") == "scram-sha-256"
    sql = "SELECT count(*) FROM pg_file_settings WHERE error IS NOT NULL"
    assert ask(server, sql) == 0


def test_no_value_ever_reaches_a_log(spare: Server) -> None:
    """Errors, duplicates, failed casts and warnings all quote values; none may be written."""
    ask(spare, "CREATE TABLE person (nir text PRIMARY KEY, n int)", "SELECT 1")
    ask(spare, f"INSERT INTO person SELECT '{SECRET}', 1", "SELECT 1")
    quoting = []
    for statement in (
        f"INSERT INTO person SELECT '{SECRET}', 2",
        f"SELECT '{SECRET}x'::int",
        f'SELECT "{SECRET}"',
    ):
        with pytest.raises(asyncpg.PostgresError) as caught:
            ask(spare, statement)
        quoting.append(SECRET in f"{caught.value}{caught.value.as_dict()}")
    assert quoting == [True, True, True]
    ask(spare, f"DO $$ BEGIN RAISE WARNING '{SECRET}'; END $$", "SELECT 1")
    crash(spare)
    spare.start()
    written = b"".join(path.read_bytes() for path in spare.log.iterdir())
    assert b"database system is ready" in written
    assert SECRET.encode() not in written


def test_the_programs_are_copied_for_another_account_only(server: Server) -> None:
    copies = list(server.home.glob("postgresql-*"))
    if database_account().is_another:
        (copy,) = copies
        everything = [copy, *copy.rglob("*")]
        assert all(path.is_symlink() or mode(path) & 0o044 == 0o044 for path in everything)
        assert not any(path.name == "include" for path in everything)
    else:
        assert copies == []
