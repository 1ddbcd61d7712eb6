"""One installation on one machine: its folders, its keyring's passphrase."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from ecluse.home import home, private_folder, socket_folder
from ecluse.keyring.vault import Vault, VaultError
from ecluse.policy.shelf import Shelf
from ecluse.store.database import Database


if TYPE_CHECKING:
    from pathlib import Path


class Installation:
    """The state of an embedded run, all below `folder`."""

    def __init__(self, folder: Path, *, database_url: str | None = None) -> None:
        self.folder = folder
        self.keyring_folder = folder / "keyring"
        self.database = Database(folder, url=database_url)

    @classmethod
    def from_environment(cls) -> Installation:
        """Return the installation that `ECLUSE_HOME` and `ECLUSE_DATABASE_URL` name."""
        return cls(home(), database_url=os.environ.get("ECLUSE_DATABASE_URL"))

    @property
    def sockets(self) -> Path:
        """The private folder of the keyring's sockets."""
        return socket_folder(self.folder)

    @property
    def logs(self) -> Path:
        """Where the processes' own complaints go."""
        return private_folder(self.folder / "log")

    @property
    def policies(self) -> Shelf:
        """Where policies are kept."""
        return Shelf(self.folder / "policy")

    @property
    def policy_in_force(self) -> Path | None:
        """The policy in force; None: the default one."""
        path = self.policies.in_force
        return path if path.exists() else None

    @property
    def _passphrase_file(self) -> Path:
        named = os.environ.get("ECLUSE_KEYRING_PASSPHRASE_FILE")
        return type(self.folder)(named) if named else self.keyring_folder / "passphrase"

    def make_keyring(self) -> None:
        """Make the keyring's keys, unless there are some.

        The passphrase comes from `ECLUSE_KEYRING_PASSPHRASE_FILE`. Without it one is drawn and kept
        beside the keys, which is right for a try on one machine and wrong for production.

        Raises:
            VaultError: The named file does not exist.
        """
        if (self.keyring_folder / "keys.sealed").exists():
            return
        private_folder(self.keyring_folder)
        if not self._passphrase_file.exists():
            if self._passphrase_file.parent != self.keyring_folder:
                raise VaultError("The file that should hold the keyring's passphrase is missing.")
            self._passphrase_file.touch(0o600)
            self._passphrase_file.write_text(secrets.token_urlsafe(32))
        Vault.create(self.keyring_folder, self._passphrase())

    def open_vault(self) -> Vault:
        """Open the keyring's keys.

        Raises:
            VaultError: See `Vault.open`; or no passphrase.
        """
        return Vault.open(self.keyring_folder, self._passphrase())

    def _passphrase(self) -> bytes:
        try:
            return self._passphrase_file.read_bytes().strip()
        except OSError:
            raise VaultError(
                f"The keyring's passphrase cannot be read from {self._passphrase_file}.",
                hint="Name its file in ECLUSE_KEYRING_PASSPHRASE_FILE, or: ecluse keyring init",
            ) from None
