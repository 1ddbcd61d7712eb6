"""How the embedded PostgreSQL is set: durable, quiet, and reachable through one socket only."""

from __future__ import annotations

import os
import stat
from pathlib import Path


MEGABYTE = 1 << 20
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - looked at, never written to

# Whoever has the socket still needs a role's password; nobody else gets an answer.
HOST_BASED_AUTHENTICATION = """\
local all         all scram-sha-256
local replication all reject
"""

# No statement, parameter or row ever reaches a log: an error's text can quote the value that caused
# it, so errors of statements are answered to the client and not written (`log` ranks above `error`
# in the server log); for what is written, `terse` leaves out DETAIL and CONTEXT, which quote rows.
QUIET = {
    "log_statement": "none",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_transaction_sample_rate": "0",
    "log_replication_commands": "off",
}

# P2 rests on these: an answer leaves after its entry's commit, and a commit must mean the disk.
DURABLE = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "wal_level": "replica",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "checkpoint_completion_target": "0.9",
}


def physical_memory() -> int:
    """Return the machine's memory in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def dynamic_memory(shm: Path = SHARED_MEMORY) -> str:
    """Return how backends share memory: `posix` where anybody may make a segment, else `sysv`.

    A bare chroot has no such folder, or one for root alone.
    """
    return "posix" if shm.is_dir() and shm.stat().st_mode & stat.S_IWOTH else "sysv"


def render(*, data: Path, log: Path, sockets: Path, memory: int) -> str:
    """Return the text of postgresql.conf.

    Args:
        data: the data folder.
        log: the folder of the server's own log, one file per day of the week.
        sockets: the folder of the Unix socket.
        memory: the machine's memory in bytes.
    """
    shared = min(memory // 4, 1024 * MEGABYTE) // MEGABYTE
    values = {
        "data_directory": str(data),
        "hba_file": str(data.parent / "pg_hba.conf"),
        "listen_addresses": "",
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "password_encryption": "scram-sha-256",
        "max_connections": "100",
        "dynamic_shared_memory_type": dynamic_memory(),
        "shared_buffers": f"{shared}MB",
        "effective_cache_size": f"{max(shared, memory // 2 // MEGABYTE)}MB",
        "maintenance_work_mem": f"{max(64, min(memory // 32, 256 * MEGABYTE) // MEGABYTE)}MB",
        "random_page_cost": "1.1",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "lc_messages": "C",
        "logging_collector": "on",
        "log_directory": str(log),
        "log_filename": "postgresql-%a.log",
        "log_file_mode": "0600",
        "log_rotation_age": "1d",
        "log_truncate_on_rotation": "on",
        **DURABLE,
        **QUIET,
    }
    return "".join(f"{name} = {_quoted(value)}\n" for name, value in values.items())


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
