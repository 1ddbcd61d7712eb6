"""Files that a command is given: read, or a sentence that says why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from ecluse.errors import EcluseError


if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")


def content(file: Path) -> bytes:
    """Return what a file holds.

    Raises:
        EcluseError: It cannot be read.
    """
    try:
        return file.read_bytes()
    except OSError as error:
        raise EcluseError(f"{file} cannot be read: {error.strerror}.") from None


def read_json(file: Path, kind: type[T]) -> T:
    """Return what a JSON file holds, as `kind`.

    Raises:
        EcluseError: It cannot be read, or is none; says at which place.
    """
    try:
        return msgspec.json.decode(content(file), type=kind)
    except msgspec.DecodeError as error:
        raise EcluseError(f"{file} does not hold: {error}") from None
