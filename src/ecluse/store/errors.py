"""What can be wrong with the database, told to a person."""

from __future__ import annotations

from ecluse.errors import EcluseError


class StoreError(EcluseError):
    """The database cannot be started, reached, or brought to this version."""
