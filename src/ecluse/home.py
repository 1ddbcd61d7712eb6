"""Where an embedded installation keeps its state."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from ecluse.errors import EcluseError


#: A folder's path in bytes, so that a socket's name still fits behind it.
_LONGEST = 80


def home() -> Path:
    """Return the folder that holds all state of an embedded run.

    `ECLUSE_HOME` when set; `/var/lib/ecluse` for root, whose own folder no other user may read;
    otherwise the user's data folder (XDG Base Directory Specification).
    """
    chosen = os.environ.get("ECLUSE_HOME")
    if chosen:
        return Path(chosen).resolve()
    if os.geteuid() == 0:
        return Path("/var/lib/ecluse")
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "ecluse"


def private_folder(path: Path) -> Path:
    """Make `path` (and what leads to it) and close it to everybody but its owner."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def socket_folder(state: Path) -> Path:
    """Return (and make) the private folder of the Unix sockets that belong to `state`.

    A socket's path may have 107 bytes at most (sys/un.h); when `state` is too long for that, the
    sockets stand in a private folder under the system's temporary one, named after `state`.
    """
    folder = state / "run"
    if len(os.fsencode(folder)) > _LONGEST:
        name = hashlib.sha256(os.fsencode(state)).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / f"ecluse-{os.geteuid()}-{name}"
    folder.mkdir(0o700, parents=True, exist_ok=True)
    # The temporary folder is everybody's: somebody may have put something of that name there.
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise EcluseError(
            f"{folder} is not a private folder of this user.", hint="Remove it and start again."
        )
    return folder
