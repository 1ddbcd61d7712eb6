"""Honey members: invented people on file like any other, whom only a thief can ask about.

An identity is a child's under a parent's number, as a card of the family shows it: the number of
somebody born in a large city between 1970 and 1999, and the birth date of a minor. That is what a
quarter of all members look like, so nobody can leave them out without leaving those out; and it is
somebody's only where that number was given, and its holder has a child of exactly that day: about
one in several thousand, and the first feed that names such a child ends it
(docs/decisions/0027-honey-members.md).

The identities lie in one sealed file of the keyring's folder and nowhere else.
"""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from ecluse.errors import EcluseError
from ecluse.ids.subject import PERSON_SIZE, person_identifier
from ecluse.keyring import prf, trust


if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ecluse.keyring.vault import Vault


#: Most that one insurer has: they are drawn to be few among its members.
MOST = 10_000
_FILE = "honey"
#: INSEE codes of communes in which most of the country's births have long been registered: in so
#: many others a number would stand out.
_COMMUNES = (
    *(f"751{number:02}" for number in range(8, 21)),
    *(f"132{number:02}" for number in range(4, 16)),
    *(f"6938{number}" for number in range(2, 10)),
    *[
        "06088",
        "13001",
        "14118",
        "17300",
        "21231",
        "25056",
        "26362",
        "29019",
        "30189",
        "31555",
        "33063",
        "34172",
        "35238",
        "37261",
    ],
    *[
        "38185",
        "42218",
        "44109",
        "45234",
        "49007",
        "51454",
        "54395",
        "56260",
        "57463",
        "59350",
        "59606",
        "62041",
        "63113",
        "64445",
    ],
    *[
        "66136",
        "67482",
        "68224",
        "72181",
        "73065",
        "74010",
        "76351",
        "76540",
        "80021",
        "83137",
        "84007",
        "86194",
        "87085",
        "97411",
    ],
)
_PARENTS_BORN = range(1970, 2000)
#: Of a large city's month, few numbers are higher.
_ORDERS = 400
_YOUNGEST, _OLDEST = 366, 17 * 365
#: A parent's age at the birth, years.
_ADULT, _LATE = 20, 42


class Honey(msgspec.Struct, frozen=True, array_like=True):
    """One invented member of an insurer, and the secret of the card that they have."""

    #: The insurer's number in the database.
    insurer: int
    #: 22 bytes, as `ids.subject.person_identifier` makes them.
    person: bytes
    card: bytes


def draw(insurer: int, today: date) -> Honey:
    """Return an invented member whom nobody draws again."""
    while True:
        child = today - timedelta(days=_YOUNGEST + secrets.randbelow(_OLDEST - _YOUNGEST))
        parent = secrets.choice(_PARENTS_BORN)
        if _ADULT <= child.year - parent <= _LATE:
            break
    number = (
        f"{1 + secrets.randbelow(2)}{parent % 100:02}{1 + secrets.randbelow(12):02}"
        f"{secrets.choice(_COMMUNES)}{1 + secrets.randbelow(_ORDERS):03}"
    )
    person = person_identifier(number, child.strftime("%Y%m%d"), 1)
    return Honey(insurer, person, secrets.token_bytes(16))


class HoneyBook:
    """The invented members: planted, found by their indexes, and ended when a feed names one."""

    def __init__(self, vault: Vault, folder: Path) -> None:
        self._vault = vault
        self._folder = folder
        body = vault.read(_FILE)
        self._all = () if body is None else msgspec.msgpack.decode(body, type=tuple[Honey, ...])
        self._index()

    def plant(self, amc: str, count: int) -> int:
        """Draw `count` more for an insurer, as far as `MOST` goes; return how many it has now.

        They come on file with its next full feed, among that feed's own rows.

        Raises:
            EcluseError: The keyring knows no such insurer.
        """
        known = trust.insurers(self._folder).get(amc)
        if known is None:
            raise EcluseError(
                "The keyring knows no insurer with this AMC number.", hint="ecluse insurer list"
            )
        room, today = MOST - len(self.of(known.insurer)), datetime.now(UTC).date()
        fresh = (draw(known.insurer, today) for _ in range(min(count, room)))
        self._keep((*self._all, *fresh))
        return len(self.of(known.insurer))

    def of(self, insurer: int) -> tuple[Honey, ...]:
        """Return the invented members of one insurer."""
        return tuple(each for each in self._all if each.insurer == insurer)

    def members(self) -> list[tuple[str, bytes, bytes]]:
        """Return each one's insurer by AMC number, person identifier and card secret."""
        names = {each.insurer: amc for amc, each in trust.insurers(self._folder).items()}
        return [(names.get(each.insurer, ""), each.person, each.card) for each in self._all]

    def holds(self, subject: bytes) -> bool:
        """Tell whether an index is an invented member's."""
        return subject in self._indexes

    def end_named(self, persons: bytes) -> int:
        """End those whom an insurer's feed names: they are somebody. Return how many.

        Args:
            persons: n person identifiers of 22 bytes.
        """
        named = {each.person for each in self._all if _stands(each.person, persons)}
        if named:
            self._keep(each for each in self._all if each.person not in named)
        return len(named)

    def _keep(self, honey: Iterable[Honey]) -> None:
        self._all = tuple(honey)
        self._vault.write(_FILE, msgspec.msgpack.encode(self._all))
        self._index()

    def _index(self) -> None:
        self._indexes = frozenset(
            prf.person_index(epoch.index, each.person)
            for epoch in self._vault.keys.epochs
            for each in self._all
        )


def _stands(person: bytes, persons: bytes) -> bool:
    """Tell whether an identifier is one of those that stand in a row."""
    place = persons.find(person)
    while place >= 0 and place % PERSON_SIZE:
        place = persons.find(person, place + 1)
    return place >= 0
