"""The account of the operating system that PostgreSQL runs under."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecluse.store.errors import StoreError


if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


NAME = "ecluse-db"

# Nothing of the caller's environment reaches PostgreSQL: PGOPTIONS and the like change how it runs.
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs PostgreSQL: ourselves, or `ecluse-db` when we are root (PostgreSQL refuses root)."""

    name: str
    uid: int
    gid: int

    @property
    def is_another(self) -> bool:
        """Whether running as this account means giving up our own."""
        return self.uid != os.geteuid()

    def run(
        self, arguments: Sequence[str | Path], *, pass_fds: Sequence[int] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run a program as this account, from `/`, and return what it printed."""
        switch: dict[str, Any] = {}
        if self.is_another:
            switch = {"user": self.uid, "group": self.gid, "extra_groups": []}
        return subprocess.run(
            arguments,
            cwd="/",
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            pass_fds=pass_fds,
            **switch,
        )

    def first_closed(self, folder: Path) -> Path | None:
        """Return the first folder on the way to `folder` that this account may not pass."""
        if self._may_pass(folder):
            return None
        way = [*reversed(folder.parents), folder]
        return next(step for step in way if not self._may_pass(step))

    def _may_pass(self, folder: Path) -> bool:
        return self.run(["test", "-x", folder]).returncode == 0

    def own_folder(self, folder: Path) -> Path:
        """Make `folder` this account's and close it to everybody else.

        Raises:
            StoreError: something of that name is there, and it is neither this account's nor ours.
        """
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.is_symlink() or folder.stat().st_uid not in {self.uid, os.geteuid()}:
            raise StoreError(
                f"{folder}, where the database keeps a part of itself, is somebody else's.",
                hint="Remove it, or set ECLUSE_HOME to another folder.",
            )
        if self.is_another:
            os.chown(folder, self.uid, self.gid)
        folder.chmod(0o700)
        return folder


def database_account() -> Account:
    """Return the account for PostgreSQL; as root, make it when it is missing.

    Raises:
        StoreError: the account is missing and cannot be made.
    """
    if os.geteuid() != 0:
        return Account(pwd.getpwuid(os.geteuid()).pw_name, os.geteuid(), os.getegid())
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        entry = _add_account()
    return Account(NAME, entry.pw_uid, entry.pw_gid)


def _add_account() -> pwd.struct_passwd:
    useradd = shutil.which("useradd", path=ENVIRONMENT["PATH"])
    if useradd is None:
        raise StoreError(
            f"PostgreSQL must not run as root, and the account {NAME} does not exist.",
            hint=f"Make a system account named {NAME}, or run Écluse as another user than root.",
        )
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    done = subprocess.run(
        [useradd, *options, "--shell", "/usr/sbin/nologin", NAME],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        return pwd.getpwnam(NAME)  # also when another process was faster than ours
    except KeyError:
        raise StoreError(
            f"The account {NAME}, which PostgreSQL runs under, could not be made.",
            hint=done.stderr.strip(),
        ) from None
