"""Whom a check is about: the records in force under the indexes that the keyring found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ecluse.gate import rows
from ecluse.gate.state import Lane


if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import asyncpg

    from ecluse.gate.catalogue import Catalogue
    from ecluse.gate.request import Asked
    from ecluse.gate.rows import Record
    from ecluse.keyring.messages import Located


class Found(NamedTuple):
    """A check's subject: under which index, with which records."""

    idx: bytes
    records: tuple[Record, ...]
    #: The insurer whose card was presented, when it was found.
    card: int | None = None


class Subjects:
    """Reads records for checks that were located, after they arrived: what is in force then counts."""

    def __init__(self, pool: asyncpg.Pool[Any], catalogue: Catalogue) -> None:
        self._pool = pool
        self._catalogue = catalogue

    async def find(self, asked: Sequence[Asked], located: Sequence[Located]) -> list[Found]:
        """Return the subject of each check."""
        indexes = {index for each in located for _, index in each.candidates}
        async with self._pool.acquire() as connection:
            records = await rows.records(connection, indexes)
        named = any(each.amc is not None for each in asked)
        insurers = await self._catalogue.insurers(self._pool) if named else {}
        return [
            _found(each, where, records, insurers)
            for each, where in zip(asked, located, strict=True)
        ]


def _found(
    asked: Asked,
    located: Located,
    records: Mapping[bytes, Sequence[Record]],
    insurers: Mapping[str, int],
) -> Found:
    """Pick the newest epoch's index that has records which answer for the date of care.

    They are kept to the insurer that was named, or whose card a reference is of. A card that the
    person's latest record at its insurer is not of was replaced: it finds nobody. One that counts
    finds what every insurer says of its bearer.
    """
    insurer = located.insurer if asked.amc is None else insurers.get(asked.amc, -1)
    for epoch, index in reversed(located.candidates):
        theirs = [record for record in records.get(index, ()) if record.epoch == epoch]
        mine = [record for record in theirs if insurer in (None, record.insurer)]
        if located.feed and located.feed < max((record.feed for record in mine), default=0):
            break
        if not any(record.answers.holds(asked.care_date) for record in mine):
            continue
        carded = asked.lane is Lane.CARD
        answering = tuple(
            record
            for record in (theirs if carded else mine)
            if record.answers.holds(asked.care_date)
        )
        return Found(index, answering, insurer if carded else None)
    return Found(located.candidates[-1][1], ())
