"""An incident's story, from the ledger alone: first sign, discovery, each act in reaction (pure)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from ecluse.ledger.entry import (
    ActDone,
    ActProposed,
    AlarmRaised,
    Contained,
    Lock,
    NoticesBuilt,
    NoticesSent,
    PolicyInForce,
    SignedOut,
    Witnessed,
)


if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecluse.breach.document import Words
    from ecluse.breach.scope import Act, Scope
    from ecluse.ledger.entry import AnyEvent


class Moment(msgspec.Struct, frozen=True):
    """Something that happened, where the ledger says so, and in which words to say it."""

    at: datetime
    position: int
    #: The event's tag, such as `lock`.
    kind: str
    #: What the sentence for that kind needs.
    facts: dict[str, str | int]
    #: The account it was about or done by; empty for none.
    account: bytes = b""


def timeline(acts: Iterable[Act]) -> tuple[Moment, ...]:
    """Return what was done, in the order of the ledger."""
    return tuple(
        Moment(
            act.event.at,
            act.position,
            str(type(act.event).__struct_config__.tag),
            _facts(act.event),
            getattr(act.event, "account", b""),
        )
        for act in acts
    )


def first_sign(scope: Scope) -> datetime | None:
    """Return when the incident first shows: its first answer, or the first alarm; None for nothing."""
    signs = [line.at for line in scope.lines]
    signs += [act.event.at for act in scope.acts if isinstance(act.event, AlarmRaised)]
    return min(signs, default=None)


def closed(scope: Scope) -> bool:
    """Tell whether an account of the incident was locked, or its devices signed out."""
    return any(
        isinstance(act.event, Lock | SignedOut)
        or (isinstance(act.event, Contained) and act.event.measure in {"lock", "unregister"})
        for act in scope.acts
    )


def sentence(moment: Moment, words: Words) -> str:
    """Return a moment as one sentence, without its time."""
    facts = dict(moment.facts)
    if "measure" in facts:
        facts["measure"] = words(f"measure.{facts['measure']}")
    return words(f"act.{moment.kind}", **facts)


def told(moments: Iterable[Moment], words: Words) -> tuple[str, ...]:
    """Return the acts in reaction as sentences with their times, for an insurer's documents."""
    return tuple(
        words("act.line", at=each.at, what=sentence(each, words))
        for each in moments
        if each.kind not in _OF_NO_READER
    )


def _facts(event: AnyEvent) -> dict[str, str | int]:
    match event:
        case Contained(measure=measure):
            return {"measure": measure}
        case SignedOut(devices=devices):
            return {"devices": devices}
        case NoticesBuilt(version=version) | NoticesSent(version=version):
            return {"version": version}
        case Witnessed(needed=needed, size=size):
            return {"needed": needed, "size": size}
        case PolicyInForce(version=name):
            return {"version": name}
        case ActProposed(kind=kind) | ActDone(kind=kind):
            return {"kind": kind}
        case _:
            return {}


#: Steps of the work on the incident itself, and what was in force anyway.
_OF_NO_READER = frozenset(
    {
        *(
            "login",
            "policy_in_force",
            "witnessed",
            "scope_taken",
            "notices_built",
            "incident_changed",
        ),
        *("act_proposed", "act_seconded", "act_withdrawn", "act_done"),
        *("notice_fetched", "notice_acknowledged"),
    }
)
