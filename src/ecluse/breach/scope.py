"""An incident's scope: exactly whose cover was told, to each insurer its own members (pure).

An answer is *sure* when the run of the gate that decided it said later that it had answered, and
*possible* when the run died before: its entry was durable, and nobody knows whether the answer
left. What was recorded as released and withheld after all is *excluded*.

Where one entry names several insurers, one of them at least was told of, and the ledger does not
say which (docs/decisions/0019-dual-cover.md): the person is as sure as the entry, each of these
insurers possible.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from ecluse.keyring.scope import ScopeLine
from ecluse.ledger.entry import AnyEvent, decode


if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecluse.keyring.scope import ScopePage


class Certainty(StrEnum):
    """How well it is known that an answer left."""

    SURE = "sure"
    POSSIBLE = "possible"


class Told(msgspec.Struct, frozen=True):
    """One answer about one member of one insurer."""

    position: int
    at: datetime
    account: bytes
    organisation: bytes
    lane: str
    family: str
    #: The person's PRF index.
    subject: bytes
    #: The insurer's latest feed that the answer was opened from.
    feed: int
    #: Whether the answer left.
    answer: Certainty
    #: The answer was opened from other insurers' records as well: one of them was named at least.
    shared: bool

    @property
    def certainty(self) -> Certainty:
        """How well it is known that this insurer's member was told of."""
        return Certainty.POSSIBLE if self.shared else self.answer


class Act(msgspec.Struct, frozen=True):
    """Something that was done about the incident, and where the ledger says so."""

    position: int
    event: AnyEvent


class Scope(msgspec.Struct, frozen=True):
    """What one incident disclosed."""

    #: Checks that were answered, surely or possibly, in the order of the ledger.
    lines: tuple[ScopeLine, ...]
    #: Of each run of a gate, the position below which all was answered or withheld.
    settled: dict[bytes, int]
    #: How many checks were recorded as released, and withheld before anything left.
    withheld: int
    #: How many were left out because their account's alarm was false.
    cleared: int
    acts: tuple[Act, ...]

    def certainty(self, line: ScopeLine) -> Certainty:
        """Tell how well it is known that a check was answered.

        Entries from before runs were recorded count as answered.
        """
        done = not line.run or line.position < self.settled.get(line.run, 0)
        return Certainty.SURE if done else Certainty.POSSIBLE

    def persons(self, certainty: Certainty) -> set[bytes]:
        """Return the persons, as PRF indexes; the possible ones are those that are not sure."""
        sure = {line.subject for line in self.lines if self.certainty(line) is Certainty.SURE}
        if certainty is Certainty.SURE:
            return sure
        return {line.subject for line in self.lines} - sure

    def by_insurer(self) -> dict[int, tuple[Told, ...]]:
        """Return what was told of each insurer's members, by the insurer's number."""
        told: dict[int, list[Told]] = {}
        for line in self.lines:
            feeds = dict(sorted(line.opened))
            answer = self.certainty(line)
            for insurer, feed in feeds.items():
                mine = _told(line, feed, answer, shared=len(feeds) > 1)
                told.setdefault(insurer, []).append(mine)
        return {insurer: tuple(told[insurer]) for insurer in sorted(told)}


class Gathering:
    """Takes in what the keyring tells, page by page; grows with the scope, not with the ledger."""

    def __init__(self) -> None:
        self._lines: dict[bytes, ScopeLine] = {}
        self._settled: dict[bytes, int] = {}
        self._withheld = 0
        self._cleared = 0
        self._acts: list[Act] = []

    def add(self, page: ScopePage) -> None:
        """Take a page in."""
        self._lines.update({line.entry: line for line in page.lines})
        for entry in page.withheld:
            self._withheld += self._lines.pop(entry, None) is not None
        for run, position in page.settled.items():
            self._settled[run] = max(self._settled.get(run, 0), position)
        self._cleared += page.cleared
        self._acts += [Act(position, decode(event)) for position, event in page.acts]

    def scope(self) -> Scope:
        """Return the scope of all that was taken in."""
        runs = {line.run for line in self._lines.values()}
        return Scope(
            lines=tuple(self._lines.values()),
            settled={run: at for run, at in self._settled.items() if run in runs},
            withheld=self._withheld,
            cleared=self._cleared,
            acts=tuple(self._acts),
        )


def distinct(told: Iterable[Told]) -> set[bytes]:
    """Return the persons that answers are about."""
    return {each.subject for each in told}


def _told(line: ScopeLine, feed: int, answer: Certainty, *, shared: bool) -> Told:
    return Told(
        line.position,
        line.at,
        line.account,
        line.organisation,
        line.lane,
        line.family,
        line.subject,
        feed,
        answer,
        shared,
    )
