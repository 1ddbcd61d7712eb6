"""An insurer's dossier: what happened, how many of its members, which data, what follows (pure)."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from ecluse.breach import timeline
from ecluse.breach.clocks import Moments, clocks
from ecluse.breach.disclosed import Field
from ecluse.breach.document import Document, Section, number
from ecluse.breach.figures import Figures
from ecluse.breach.incident import Cause
from ecluse.breach.severity import assess


if TYPE_CHECKING:
    from ecluse.breach.clocks import Clock
    from ecluse.breach.document import Words
    from ecluse.breach.severity import Severity


class Change(msgspec.Struct, frozen=True):
    """What a supplement changes for one insurer."""

    #: The version before.
    version: int
    was: int
    added: int
    removed: int


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """All that the documents for one insurer are made of."""

    incident: int
    version: int
    built: datetime
    amc: str
    insurer: str
    cause: Cause
    discovered: datetime
    by_alarm: bool
    since: datetime
    until: datetime | None
    #: Of this insurer's members; all counts are 0 when a supplement takes everybody out.
    figures: Figures
    #: Of all insurers: answers withheld before they left, and those of cleared accounts.
    withheld: int
    cleared: int
    #: The proof: entries read, and the root over them.
    begin: int
    end: int
    root: bytes
    unread: int
    #: What was done in reaction.
    moments: tuple[timeline.Moment, ...]
    closed: bool
    #: None in the first version.
    change: Change | None

    @property
    def severity(self) -> Severity:
        """ENISA's score for this insurer's members."""
        return assess(tuple(self.figures.lanes), self.cause, self.figures.persons)

    @property
    def clocks(self) -> tuple[Clock, ...]:
        """The insurer's clocks, should the dossier be put out when it is built."""
        return clocks(Moments(discovered=self.discovered, sent=self.built))


def dossier(case: Case, words: Words) -> Document:
    """Return an insurer's dossier in one language."""
    sections = [
        _what(case, words),
        _who(case, words),
        *_which(case, words),
        Section(words("dossier.not"), (words("dossier.not_text"),)),
        Section(
            words("dossier.measures"),
            (words("dossier.measures_before"),),
            items=timeline.told(case.moments, words),
        ),
        _clocks(case, words),
        _proof(case, words),
    ]
    if case.change is not None:
        sections.insert(0, changed(case.change, words))
    return Document(
        words.language,
        words("dossier.title", insurer=case.insurer),
        words(
            "dossier.subtitle",
            incident=case.incident,
            version=case.version,
            built=case.built,
            amc=case.amc,
        ),
        tuple(sections),
    )


def changed(change: Change, words: Words) -> Section:
    """Say what a supplement changes."""
    counts = {"was": change.was, "added": change.added, "removed": change.removed}
    return Section(
        words("dossier.changes", version=change.version),
        rows=_counted({words(f"dossier.{name}"): count for name, count in counts.items()}, words),
    )


def by(group: str, counts: dict[str, int], words: Words) -> tuple[tuple[str, str], ...]:
    """Return counts by something that has words of its own; what has none is `other`."""
    named = words.group(group)
    return _counted({named.get(name, name): count for name, count in counts.items()}, words)


def _counted(counts: dict[str, int], words: Words) -> tuple[tuple[str, str], ...]:
    return tuple((name, number(count, words.language)) for name, count in counts.items())


def _what(case: Case, words: Words) -> Section:
    return Section(
        words("dossier.what"),
        (words("dossier.what_text", cause=words(f"cause.{case.cause}")),),
        (
            (words("dossier.discovered"), words.say(case.discovered)),
            (words("dossier.since"), words.say(case.since)),
            (words("dossier.until"), words.say(case.until, "dossier.ongoing")),
            (words("dossier.first"), words.say(case.figures.first, "dossier.none")),
            (words("dossier.last"), words.say(case.figures.last, "dossier.none")),
        ),
    )


def _who(case: Case, words: Words) -> Section:
    figures = case.figures
    counts = {
        "persons": figures.persons,
        "sure": figures.sure,
        "possible": figures.possible,
        "records": figures.records,
    }
    paragraphs = [words("dossier.who_text")]
    if figures.possible:
        paragraphs.append(words("dossier.certain_text"))
    return Section(
        words("dossier.who"),
        tuple(paragraphs),
        _counted({words(f"dossier.{name}"): count for name, count in counts.items()}, words),
    )


def _which(case: Case, words: Words) -> tuple[Section, ...]:
    figures = case.figures
    fields = {str(field): count for field, count in figures.fields.items()}
    consequences = [f"dossier.consequence_{field}" for field in Field if field in fields]
    return (
        Section(
            words("dossier.which"),
            (words("dossier.which_text"),),
            by("field", fields, words),
        ),
        Section(words("dossier.by_family"), rows=by("family", figures.families, words)),
        Section(words("dossier.by_lane"), rows=by("lane", figures.lanes, words)),
        Section(words("dossier.by_profession"), rows=by("profession", figures.professions, words)),
        Section(words("dossier.consequences"), items=tuple(map(words, consequences))),
        _severity(case, words),
    )


def _severity(case: Case, words: Words) -> Section:
    severity = case.severity
    factors = [
        ("context", severity.context),
        ("identification", severity.identification),
        *(("circumstance", each) for each in severity.circumstances),
    ]
    rows = [
        (
            words(f"dossier.{name}"),
            words(
                "dossier.factor",
                value=factor.value,
                reason=words(f"severity.{factor.reason}"),
            ),
        )
        for name, factor in factors
    ]
    rows.append(
        (
            words("dossier.score"),
            words(
                "dossier.score_value",
                score=severity.score,
                level=words(f"level.{severity.level}"),
            ),
        )
    )
    items = (words("dossier.many"),) if severity.many_persons else ()
    return Section(words("dossier.severity"), (words("dossier.severity_text"),), tuple(rows), items)


def _clocks(case: Case, words: Words) -> Section:
    rows, assumed = [], set[str]()
    for clock in case.clocks:
        assumed |= set(clock.assumes)
        if clock.due is not None:
            due = words("dossier.due", due=clock.due)
        else:
            due = words("dossier.not_running" if clock.since is None else "dossier.no_date")
        rows.append((words(f"duty.{clock.duty}"), due))
    items = tuple(words(f"assumes.{name}") for name in sorted(assumed))
    return Section(words("dossier.clocks"), rows=tuple(rows), items=items)


def _proof(case: Case, words: Words) -> Section:
    text = words("dossier.proof_text", begin=case.begin, last=case.end - 1, end=case.end)
    counts = {"unread": case.unread, "withheld": case.withheld, "cleared": case.cleared}
    rows = _counted({words(f"dossier.{name}"): count for name, count in counts.items()}, words)
    root = (words("dossier.root"), base64.b64encode(case.root).decode())
    return Section(words("dossier.proof"), (text,), (*rows, root))
