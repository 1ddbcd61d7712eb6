"""How `ecluse incident` tells what it found: keys for scripts, sentences for people."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from ecluse.breach import timeline
from ecluse.breach.clocks import Duty
from ecluse.breach.document import words
from ecluse.breach.scope import Certainty
from ecluse.login import base64url


if TYPE_CHECKING:
    from datetime import datetime

    from ecluse.breach.delivery import Tracked
    from ecluse.breach.incident import Incident
    from ecluse.breach.notices import Round
    from ecluse.breach.reading import Reading
    from ecluse.demo.rehearsal import Rehearsed


def incident_facts(incident: Incident) -> dict[str, Any]:
    """Return an incident; numbers as base64url."""
    statement = incident.statement
    return {
        "incident": incident.incident,
        "cause": incident.cause,
        "alarm": base64url.encode(incident.alarm),
        "discovered_at": incident.discovered_at.isoformat(),
        "opened_at": incident.opened_at.isoformat(),
        "closed_at": incident.closed_at and incident.closed_at.isoformat(),
        "position": incident.position,
        "since": statement.since.isoformat(),
        "until": statement.until and statement.until.isoformat(),
        "accounts": [base64url.encode(each) for each in statement.accounts],
        "organisations": [base64url.encode(each) for each in statement.organisations],
        "devices": [base64url.encode(each) for each in statement.devices],
        "cleared": [base64url.encode(each) for each in statement.cleared],
    }


def scope_facts(found: Reading) -> dict[str, Any]:
    """Return an incident's scope, its story, and that it is whole."""
    scope, proof = found.scope, found.proof
    by_insurer = scope.by_insurer()
    return {
        "incident": found.statement.incident,
        "persons": len(scope.persons(Certainty.SURE)),
        "possible": len(scope.persons(Certainty.POSSIBLE)),
        "records": len(scope.lines),
        "insurers": len(by_insurer),
        "withheld": scope.withheld,
        "cleared": scope.cleared,
        "first_sign": (sign := timeline.first_sign(scope)) and sign.isoformat(),
        "timeline": [
            {
                "at": moment.at.isoformat(),
                "position": moment.position,
                "kind": moment.kind,
                "account": base64url.encode(moment.account),
                **moment.facts,
            }
            for moment in timeline.timeline(scope.acts)
        ],
        "proof": {
            "statement": proof.statement,
            "begin": proof.begin,
            "end": proof.end,
            "root": base64.b64encode(proof.root).decode(),
            "checkpoint": proof.checkpoint,
            "unread": list(proof.unread),
            "complete": not proof.unread,
        },
    }


def scope_text(found: Reading) -> str:
    """Tell the same to a person."""
    facts, english = scope_facts(found), words("en")
    story = [
        f"  {moment.at:%Y-%m-%d %H:%M:%S}  {timeline.sentence(moment, english)}"
        for moment in timeline.timeline(found.scope.acts)
    ]
    unread = len(found.proof.unread)
    return "\n".join(
        [
            (
                f"{facts['persons']:,} persons surely and {facts['possible']:,} possibly, of"
                f" {facts['insurers']} insurers; {facts['records']:,} answers."
            ),
            f"Left out: {facts['withheld']} answers withheld, {facts['cleared']} of cleared accounts.",
            (
                f"Read: every entry from {found.proof.begin} to {found.proof.end - 1}, up to a signed"
                f" root; {unread} do not open."
            ),
            *story,
        ]
    )


def round_text(built: Round) -> str:
    """Tell what was built."""
    lines = [
        f"  {amc}  {figures.sure:>6} surely {figures.possible:>6} possibly"
        f" {figures.records:>6} answers"
        for amc, figures in built.insurers.items()
    ]
    return "\n".join(
        [
            f"Round {built.version}: {len(built.insurers)} files, digest {built.digest}.",
            *lines,
            f"To send them two officers agree on `notices_send` for incident {built.incident}.",
        ]
    )


def debrief(played: Rehearsed) -> str:
    """Tell how a rehearsal went."""
    story = [f"  {at:>6.1f} s  {sentence}" for at, sentence in played.debrief]
    right = played.precision == played.recall == 1.0
    return "\n".join(
        [
            *story,
            (
                f"The thief saw {played.seen} persons. The insurers' notices name {played.persons} of"
                f" them surely and {played.possible} possibly: precision {played.precision:.3f}, recall"
                f" {played.recall:.3f}."
            ),
            (
                f"From the alarm to {played.insurers_notified} insurers' notices:"
                f" {played.alarm_to_notices_s} s."
            ),
            "Everybody concerned is told, and nobody else." if right else "THE SCOPE IS WRONG.",
        ]
    )


def delivery_text(notice: Tracked, now: datetime) -> str:
    """Tell where one notice stands, and how long its insurer has to tell CNIL."""
    steps = (
        ("acknowledged", notice.acknowledged_at),
        ("fetched", notice.fetched_at),
        ("out", notice.sent_at),
    )
    state = next((name for name, at in steps if at is not None), "not sent")
    (clock,) = (each for each in notice.clocks if each.duty is Duty.TELL_AUTHORITY)
    left = clock.left(now)
    hours = "       " if left is None else f"{left.total_seconds() / 3600:5.1f} h"
    return f"round {notice.version}  {state:<12}  {hours}"
