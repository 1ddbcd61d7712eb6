"""Where an installation keeps its policies: each under its SHA-256, and which one is in force.

A file that lies here is not in force for that: two officers agree on its SHA-256, and the gates
take it from here.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from ecluse.home import private_folder
from ecluse.policy.policy import Policy, PolicyError, parse


if TYPE_CHECKING:
    from pathlib import Path


class Shelf:
    """The policies below one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def in_force(self) -> Path:
        """The policy in force, as the gate that took it last wrote it; absent: the default one."""
        return self.folder / "in-force.toml"

    def put(self, text: bytes) -> bytes:
        """Lay a policy file down; return its SHA-256 (32 bytes).

        Raises:
            PolicyError: It is no policy.
        """
        parse(text)
        digest = hashlib.sha256(text).digest()
        _write(self._place(digest), text)
        return digest

    def find(self, digest: bytes) -> Policy | None:
        """Return the policy with this SHA-256; None when it does not lie here, or was altered."""
        text = self.text(digest)
        if text is None:
            return None
        try:
            return parse(text)
        except PolicyError:
            # Written by another version, whose policies have other keys.
            return None

    def text(self, digest: bytes) -> bytes | None:
        """Return the file with this SHA-256; None when it does not lie here, or was altered."""
        try:
            text = self._place(digest).read_bytes()
        except OSError:
            return None
        return text if hashlib.sha256(text).digest() == digest else None

    def turn(self, digest: bytes) -> None:
        """Show the policy with this SHA-256 as the one in force; it lies here."""
        _write(self.in_force, self._place(digest).read_bytes())

    def _place(self, digest: bytes) -> Path:
        return self.folder / f"{digest.hex()}.toml"


def _write(path: Path, text: bytes) -> None:
    """Write a file whole or not at all, readable to its owner alone."""
    unfinished = private_folder(path.parent) / f".{path.name}.{os.getpid()}"
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
