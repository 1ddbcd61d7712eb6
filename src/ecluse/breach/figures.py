"""The numbers of a scope: every number in every document is one of these (pure)."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from ecluse.breach.disclosed import Field, fields_of
from ecluse.breach.scope import Certainty


if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ecluse.breach.scope import Told


class Figures(msgspec.Struct, frozen=True):
    """How many, of one insurer's members or of everybody's."""

    #: Distinct persons: told of surely, and possibly but not surely.
    sure: int
    possible: int
    #: Answers given; one person may have been asked about several times.
    records: int
    #: None when nobody was told of.
    first: datetime | None
    last: datetime | None
    #: Distinct persons by lane, care family, kind of data, and profession of who was answered.
    lanes: dict[str, int]
    families: dict[str, int]
    fields: dict[Field, int]
    professions: dict[str, int]

    @property
    def persons(self) -> int:
        """Persons told of, surely or possibly: those to count and to tell."""
        return self.sure + self.possible


def figures(told: Sequence[Told], professions: Mapping[bytes, str]) -> Figures:
    """Count answers.

    Args:
        told: The answers.
        professions: TRE_G15 code of each organisation; of one that is not known, an empty code.
    """
    sure = {each.subject for each in told if each.certainty is Certainty.SURE}
    everybody = {each.subject for each in told}
    return Figures(
        sure=len(sure),
        possible=len(everybody - sure),
        records=len(told),
        first=min((each.at for each in told), default=None),
        last=max((each.at for each in told), default=None),
        lanes=_persons(told, lambda each: [each.lane]),
        families=_persons(told, lambda each: [each.family]),
        fields={
            Field(name): count
            for name, count in _persons(told, lambda each: fields_of(each.lane)).items()
        },
        professions=_persons(told, lambda each: [professions.get(each.organisation, "")]),
    )


def _persons(told: Iterable[Told], names: Callable[[Told], Iterable[str]]) -> dict[str, int]:
    found: dict[str, set[bytes]] = defaultdict(set)
    for each in told:
        for name in names(each):
            found[name].add(each.subject)
    return {name: len(found[name]) for name in sorted(found)}
