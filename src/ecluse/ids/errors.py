"""The error of everything that reads an identifier."""

from __future__ import annotations

from ecluse.errors import EcluseError


class IdentifierError(EcluseError):
    """An identifier's form is wrong: which identifier and what about it, never its value."""
