"""The data that the nation is drawn from; data/README.md gives source and licence of each file."""

from __future__ import annotations

import csv
import json
from importlib import resources
from typing import TYPE_CHECKING, Any


if TYPE_CHECKING:
    from collections.abc import Iterator


def rows(name: str) -> Iterator[dict[str, str]]:
    """Read a CSV file, a row at a time."""
    return iter(csv.DictReader(_text(name).splitlines()))


def content(name: str) -> dict[str, Any]:
    """Read a JSON file, one object."""
    whole: dict[str, Any] = json.loads(_text(name))
    return whole


def _text(name: str) -> str:
    return resources.files("ecluse.population").joinpath("data", name).read_text("utf-8")
