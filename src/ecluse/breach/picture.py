"""An incident as the console shows it: counts and times alone, nothing about anybody (pure)."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from ecluse.breach import timeline
from ecluse.breach.document import LANGUAGES, Language, both, words
from ecluse.breach.figures import figures
from ecluse.breach.scope import Certainty
from ecluse.breach.severity import assess
from ecluse.login import base64url


if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecluse.breach.figures import Figures
    from ecluse.breach.incident import Cause
    from ecluse.breach.reading import Reading
    from ecluse.breach.scope import Told
    from ecluse.breach.severity import Factor


Said = dict[Language, str]
#: Bars of the time line, at most; each a whole number of minutes.
_BARS = 48
_MINUTE = 60


class Bar(msgspec.Struct, frozen=True):
    """A stretch of time, and how many answers left in it."""

    at: datetime
    sure: int
    possible: int


class Share(msgspec.Struct, frozen=True):
    """One insurer's part."""

    amc: str
    name: str
    sure: int
    possible: int
    records: int


class Account(msgspec.Struct, frozen=True):
    """What one account was told."""

    #: As base64url.
    account: str
    persons: int
    records: int


class Part(msgspec.Struct, frozen=True):
    """One factor of the severity: its value, and its reason in each language."""

    value: float
    said: Said


class Weight(msgspec.Struct, frozen=True):
    """ENISA's score SE = DPC x EI + CB, and what it is made of (`breach.severity`)."""

    score: float
    level: Said
    context: Part
    identification: Part
    circumstances: tuple[Part, ...]
    many_persons: bool


class Named(msgspec.Struct, frozen=True):
    """A kind of data, or a lane, and how many persons it was told of, or by."""

    said: Said
    persons: int


class Moment(msgspec.Struct, frozen=True):
    """Something that happened, as a sentence in each language, and where the ledger says so."""

    at: datetime
    position: int
    kind: str
    said: Said
    #: As base64url; empty for none.
    account: str


class Picture(msgspec.Struct, frozen=True):
    """One incident, read from the ledger at one moment."""

    taken: datetime
    #: Entries read, up to which; all of them opened but `unread`.
    begin: int
    end: int
    unread: int
    #: Distinct persons told of: surely; possibly and not surely. Answers given.
    sure: int
    possible: int
    records: int
    first: datetime | None
    last: datetime | None
    fields: tuple[Named, ...]
    lanes: tuple[Named, ...]
    withheld: int
    cleared: int
    first_sign: datetime | None
    #: None while nobody was told of.
    severity: Weight | None
    #: Seconds of a bar.
    step: int
    bars: tuple[Bar, ...]
    insurers: tuple[Share, ...]
    accounts: tuple[Account, ...]
    moments: tuple[Moment, ...]


def picture(
    found: Reading,
    cause: Cause,
    insurers: Mapping[int, tuple[str, str]],
    professions: Mapping[bytes, str],
    now: datetime,
) -> Picture:
    """Return what was read as a picture.

    Args:
        found: The scope, proved whole.
        cause: How it came about, as far as is known.
        insurers: AMC number and name of each insurer in the scope.
        professions: TRE_G15 code of each organisation.
        now: The time.
    """
    scope = found.scope
    parts = scope.by_insurer()
    once = _once(parts)
    whole = figures(once, professions)
    step = _step(once)
    return Picture(
        taken=now,
        begin=found.proof.begin,
        end=found.proof.end,
        unread=len(found.proof.unread),
        sure=whole.sure,
        possible=whole.possible,
        records=whole.records,
        first=whole.first,
        last=whole.last,
        fields=tuple(Named(both(f"field.{name}"), whole.fields[name]) for name in whole.fields),
        lanes=tuple(Named(both(f"lane.{name}"), whole.lanes[name]) for name in whole.lanes),
        withheld=scope.withheld,
        cleared=scope.cleared,
        first_sign=timeline.first_sign(scope),
        severity=_weight(whole, cause) if whole.persons else None,
        step=step,
        bars=_bars(once, step),
        insurers=tuple(
            Share(*insurers[number], counted.sure, counted.possible, counted.records)
            for number, mine in parts.items()
            for counted in (figures(mine, professions),)
        ),
        accounts=_accounts(once),
        moments=tuple(
            Moment(
                each.at,
                each.position,
                each.kind,
                {language: timeline.sentence(each, words(language)) for language in LANGUAGES},
                base64url.encode(each.account),
            )
            for each in timeline.timeline(scope.acts)
            if not _of_the_office(each)
        ),
    )


def _of_the_office(moment: timeline.Moment) -> bool:
    """Tell whether a moment is about officers themselves: who joins, who agrees with whom."""
    if moment.kind in {"act_proposed", "act_seconded", "act_withdrawn"}:
        return True
    return moment.kind == "act_done" and moment.facts.get("kind") == "officer_accept"


def _once(parts: Mapping[int, tuple[Told, ...]]) -> list[Told]:
    """Return each answer once, as sure as it is, whichever insurers it was opened from."""
    answers = {each.position: each for mine in parts.values() for each in mine}
    return [
        msgspec.structs.replace(answers[position], shared=False) for position in sorted(answers)
    ]


def _weight(whole: Figures, cause: Cause) -> Weight:
    found = assess(tuple(whole.lanes), cause, whole.persons)
    return Weight(
        found.score,
        both(f"level.{found.level}"),
        _part(found.context),
        _part(found.identification),
        tuple(_part(each) for each in found.circumstances),
        found.many_persons,
    )


def _part(factor: Factor) -> Part:
    return Part(factor.value, both(f"severity.{factor.reason}"))


def _step(told: list[Told]) -> int:
    """Return how long a bar is, in seconds: whole minutes, so that `_BARS` hold everything."""
    if not told:
        return _MINUTE
    long = told[-1].at.timestamp() - told[0].at.timestamp()
    return _MINUTE * (int(long // (_MINUTE * (_BARS - 1))) + 1)


def _bars(told: list[Told], step: int) -> tuple[Bar, ...]:
    if not told:
        return ()
    places = Counter((int(each.at.timestamp() // step), each.answer) for each in told)
    first, last = (int(told[end].at.timestamp() // step) for end in (0, -1))
    return tuple(
        Bar(
            datetime.fromtimestamp(place * step, UTC),
            places[place, Certainty.SURE],
            places[place, Certainty.POSSIBLE],
        )
        for place in range(first, last + 1)
    )


def _accounts(told: list[Told]) -> tuple[Account, ...]:
    records = Counter(each.account for each in told)
    persons = Counter(account for account, _ in {(each.account, each.subject) for each in told})
    return tuple(
        Account(base64url.encode(account), persons[account], count)
        for account, count in records.most_common()
    )
