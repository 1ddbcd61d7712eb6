"""Events about what was asked at the counter, and what became of the answer."""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

from ecluse.ledger.events.event import Event


class RunMark(NamedTuple):
    """A gate's run, and how far it had come.

    Nine bytes: a check's entry has to keep the length of every other one.
    """

    #: 4 random bytes.
    name: bytes
    #: Each of the run's checks below this position was answered, or withheld with an entry.
    settled: int

    def pack(self) -> bytes:
        """Return the name, then the position as five bytes."""
        return self.name + self.settled.to_bytes(5)

    @classmethod
    def unpack(cls, mark: bytes) -> RunMark:
        """Read what `pack` wrote; of entries from before runs were recorded, no name."""
        return cls(mark[:4], int.from_bytes(mark[4:]))


class Check(Event, frozen=True, kw_only=True, tag="check"):
    """A check was decided. Written in the transaction that spends its budget, before any answer."""

    #: The asker's id of the request (16 bytes): a repeated request finds its first answer by it.
    check: bytes
    #: 16 bytes each.
    account: bytes
    organisation: bytes
    #: RFC 7638 SHA-256 thumbprint of the device that signed (32 bytes).
    device: bytes
    #: Which proof the asker brought: `card`, `known` or `typed`.
    lane: str
    #: What the subject was given as: `card`, `phone`, `reference` or `person`.
    kind: str
    #: The person's index (16 bytes), whether or not a record stands under it.
    subject: bytes
    #: (insurer, feed) of each record that the answer opens; empty on a refusal.
    opened: tuple[tuple[int, int], ...] = ()
    #: The care family asked about: the field that the answer discloses.
    family: str
    care_date: date
    outcome: Literal["released", "refused"]
    #: Why it was refused, in the gate's word for it; empty when released.
    reason: str = ""
    #: Asked before within the day: by this account, or with the same card by its organisation.
    repeat: bool = False
    #: SHA-256 that the settlement reference is found by (32 bytes); empty when none was given.
    reference: bytes = b""
    #: Version of the policy that decided.
    policy: str
    #: What the account's typed checks of the day look like together, from 0 (as any counter's) to 3:
    #: sorted, of one commune and month, far from the practice. The keyring's word.
    structure: tuple[int, int, int] = (0, 0, 0)
    #: Which run of a gate decided it, and how far that run had come: a `RunMark`, packed.
    run: bytes = b""


class Withheld(Event, frozen=True, kw_only=True, tag="withheld"):
    """A check that was recorded as released was refused after its record was opened, or failed.

    Written before that refusal leaves: the scope of an incident counts what was really answered.
    A check that found nobody is followed by one too, so that the ledger grows alike for both: its
    size is public.
    """

    #: The id of the check's ledger entry (16 bytes).
    entry: bytes
    reason: str


class GateEnded(Event, frozen=True, kw_only=True, tag="gate_ended"):
    """A gate's run ended in order, as far as it had come.

    A run that crashed has no such entry: what it left open may have been answered or not.
    """

    #: A `RunMark`, packed.
    run: bytes
