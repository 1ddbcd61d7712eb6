"""An archive as its files: what was read becomes JSON that a person can read too (pure).

No file holds a member's identifier, index or reference. A disclosing check is a position, a salted
commitment and its place in the tree; an act in reaction is its whole event.
"""

from __future__ import annotations

import io
import zipfile
from hashlib import sha256
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ecluse.breach import timeline
from ecluse.breach.document import LANGUAGES, words
from ecluse.breach.scope import Certainty, distinct


if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ecluse.breach.document import Language
    from ecluse.breach.incident import Incident
    from ecluse.breach.reading import Reading
    from ecluse.breach.scope import Act, Told
    from ecluse.keyring.evidence import OpenedAct
    from ecluse.ledger.proofs import ConsistencyProof, InclusionProof


MANIFEST = "manifest.json"
NOTE = "evidence.txt"
#: ZIP cannot tell an earlier moment.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


class Evidence(NamedTuple):
    """All that an archive is made of."""

    incident: Incident
    built: datetime
    #: Écluse's version.
    software: str
    #: The log's verifier key, in one line.
    key: str
    found: Reading
    #: Policies that came into force before the window, and all that was done since it began.
    acts: tuple[Act, ...]
    opened: Mapping[int, OpenedAct]
    #: By position, of acts and of the checks that disclosed.
    proofs: Mapping[int, InclusionProof]
    #: Number of entries to signed note; the largest is the one that everything leads to.
    checkpoints: Mapping[int, str]
    consistency: Sequence[ConsistencyProof]
    #: Hex SHA-256 of each policy that came into force to its file; None when it is not at hand.
    policies: Mapping[str, bytes | None]
    #: Round to AMC number to hex SHA-256 of the notice.
    notices: Mapping[int, Mapping[str, str]]
    #: AMC number of each insurer in the scope.
    insurers: Mapping[int, str]
    #: Verifier keys of the witnesses that these policies name, whose cosignatures the notes bear.
    witnesses: Sequence[str]


def files(evidence: Evidence) -> dict[str, bytes]:
    """Return every file but the manifest and the note over it, by its name in the archive."""
    texts = resources.files("ecluse.evidence")
    made = {
        "verify.py": (texts / "verify.py").read_bytes(),
        "case.json": _json(_case(evidence)),
        "scope.json": _json(_scope(evidence)),
        "timeline.json": _json(_moments(evidence)),
        "notices.json": _json(
            [
                {"version": each, "files": evidence.notices[each]}
                for each in sorted(evidence.notices)
            ]
        ),
        "ledger/key.txt": f"{evidence.key}\n".encode(),
        "ledger/witnesses.json": _json(evidence.witnesses),
        "ledger/entries.json": _json(_entries(evidence)),
        "ledger/consistency.json": _json(
            [
                {"old": each.old, "new": each.size, "hashes": each.hashes}
                for each in evidence.consistency
            ]
        ),
    }
    for language in LANGUAGES:
        guide = (texts / f"texts/guide-{language}.md").read_text("utf-8")
        made[f"guide-{language}.md"] = (guide + _story(evidence, language)).encode()
    for size, note in evidence.checkpoints.items():
        made[f"ledger/checkpoints/{size}.txt"] = note.encode()
    for digest, text in evidence.policies.items():
        if text is not None:
            made[f"policies/{digest}.toml"] = text
    for act in evidence.acts:
        made[_name(act)] = evidence.opened[act.position].event
    return made


def manifest(made: Mapping[str, bytes]) -> bytes:
    """Return the list of all files with the SHA-256 of each, in hex."""
    return _json({"files": {name: sha256(made[name]).hexdigest() for name in sorted(made)}})


def zipped(made: Mapping[str, bytes]) -> bytes:
    """Return the files as a ZIP; the verifier first, no time of its own."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in sorted(made, key=lambda each: (each != "verify.py", each)):
            archive.writestr(zipfile.ZipInfo(name, _NO_TIME), made[name], zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _case(evidence: Evidence) -> dict[str, object]:
    incident, proof = evidence.incident, evidence.found.proof
    return {
        "incident": incident.incident,
        "cause": incident.cause,
        "since": evidence.found.statement.since,
        "until": evidence.found.statement.until,
        "first_sign": timeline.first_sign(evidence.found.scope),
        "discovered": incident.discovered_at,
        "opened": incident.opened_at,
        "built": evidence.built,
        "software": {"ecluse": evidence.software},
        "ledger": {"statement": proof.statement, "begin": proof.begin, "size": proof.end},
        "unread": proof.unread,
        "policies_absent": [
            digest for digest, text in sorted(evidence.policies.items()) if text is None
        ],
    }


def _scope(evidence: Evidence) -> dict[str, object]:
    scope = evidence.found.scope
    answers = [scope.certainty(line) for line in scope.lines]
    return {
        "persons": {each: len(scope.persons(each)) for each in Certainty},
        "answers": {each: answers.count(each) for each in Certainty},
        "withheld": scope.withheld,
        "cleared": scope.cleared,
        "insurers": {
            evidence.insurers[insurer]: _counts(told)
            for insurer, told in scope.by_insurer().items()
        },
    }


def _counts(told: Sequence[Told]) -> dict[str, int]:
    sure = distinct(each for each in told if each.certainty is Certainty.SURE)
    return {"sure": len(sure), "possible": len(distinct(told) - sure), "answers": len(told)}


def _moments(evidence: Evidence) -> list[dict[str, object]]:
    return [
        {
            "at": moment.at,
            "position": moment.position,
            "kind": moment.kind,
            **{language: timeline.sentence(moment, words(language)) for language in LANGUAGES},
        }
        for moment in timeline.timeline(evidence.acts)
    ]


def _story(evidence: Evidence, language: Language) -> str:
    say = words(language)
    lines = [
        f"- {say('act.line', at=moment.at, what=timeline.sentence(moment, say))}\n"
        for moment in timeline.timeline(evidence.acts)
    ]
    return "".join(lines)


def _entries(evidence: Evidence) -> list[dict[str, object]]:
    scope = evidence.found.scope
    told: dict[int, dict[str, object]] = {
        line.position: {"answer": scope.certainty(line)} for line in scope.lines
    }
    for act in evidence.acts:
        opened = evidence.opened[act.position]
        told[act.position] = {"act": _name(act), "salt": opened.salt, "sealed": opened.sealed}
    return [
        {
            "position": position,
            "commitment": evidence.proofs[position].commitment,
            "hashes": evidence.proofs[position].hashes,
            **told[position],
        }
        for position in sorted(told)
    ]


def _name(act: Act) -> str:
    return f"acts/{act.position:012}-{act.event.__struct_config__.tag}.json"


def _json(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value)) + b"\n"
