"""Others, measured and published: what one account took there, beside what it takes here."""

from __future__ import annotations

import re
from importlib import resources
from typing import NamedTuple

import msgspec


_PERSONS = re.compile(r"([\d,]{5,})(?: distinct members| of [\d,]+| persons)")


class Measured(msgspec.Struct, frozen=True):
    """A peer that was set up and tried; other figures of it stand in the file."""

    name: str
    does: str
    emptied: str | None = None


class Published(msgspec.Struct, frozen=True):
    """A published figure."""

    name: str
    figure: str


class Peers(msgspec.Struct, frozen=True):
    """The file: what it is, and its two lists."""

    about: str
    measured: list[Measured]
    published: list[Published]


class Exposure(NamedTuple):
    """How many persons or members somebody's account exposed, and the words that say so."""

    name: str
    persons: int
    figure: str


def read() -> Peers:
    """Return the peers that come with Écluse."""
    return msgspec.json.decode(
        (resources.files(__package__) / "peers.json").read_bytes(), type=Peers
    )


def exposures(peers: Peers) -> list[Exposure]:
    """Return those whose figure is a number of persons."""
    told = [(each.name, each.emptied or "") for each in peers.measured]
    told += [(each.name, each.figure) for each in peers.published]
    return [
        Exposure(name, int(found[1].replace(",", "")), figure)
        for name, figure in told
        if (found := _PERSONS.search(figure))
    ]
