"""What the console tells: the form of its replies, for officers, holders and insurers' staff."""

from __future__ import annotations

from datetime import datetime

import msgspec

from ecluse.acts.act import Content
from ecluse.client import replies
from ecluse.settle.rows import SealedPart
from ecluse.settle.statement import Statement


class Mine(msgspec.Struct, frozen=True):
    """`GET /v1/console/me`: the asker's own role and rights."""

    account: str
    label: str
    role: str
    rights: list[str]
    organisation: replies.Organisation | None
    insurer: replies.Insurer | None
    locked: str | None


class Waiting(msgspec.Struct, frozen=True):
    """A passkey that asks to join."""

    fingerprint: str
    finess: str | None
    label: str
    asked_at: datetime
    role: str
    amc: str | None


class Enrolments(msgspec.Struct, frozen=True):
    """`GET /v1/console/enrolments`."""

    enrolments: list[Waiting]


class Decided(msgspec.Struct, frozen=True):
    """An enrolment accepted or refused; `account` when accepted."""

    fingerprint: str
    state: str
    account: str | None = None


class Alarm(msgspec.Struct, frozen=True):
    """One of the watch's alarms; numbers as base64url, empty when it is about nobody alone."""

    alarm: str
    account: str
    organisation: str
    kind: str
    score: float
    at: datetime
    positions: list[int]
    why: str
    measure: str
    #: None: until two officers end it.
    until: datetime | None
    facts: dict[str, float]
    #: What followed it holds yet, or it is younger than a day.
    open: bool


class Minute(msgspec.Struct, frozen=True):
    """Checks of one lane in one minute, answered or refused."""

    minute: datetime
    lane: str
    released: bool
    checks: int


class Gauge(msgspec.Struct, frozen=True):
    """One level of the typed lane's budgets: how many asked, are low, are dry."""

    level: str
    asked: int
    low: int
    dry: int
    used: int
    cap: int
    fullest: str


class Standing(msgspec.Struct, frozen=True):
    """What is taken away at the moment."""

    braked_until: datetime | None
    locked: int
    frozen: int
    shrunk: int
    alarms: int


class Witnesses(msgspec.Struct, frozen=True):
    """How witnesses stand to the ledger."""

    enough: bool
    refused: int


class Live(msgspec.Struct, frozen=True):
    """`GET /v1/console/live`."""

    minutes: list[Minute]
    levels: list[Gauge]
    now: Standing
    witnesses: Witnesses


class Evidence(msgspec.Struct, frozen=True):
    """One entry that an alarm rests on."""

    position: int
    at: datetime
    account: str
    lane: str
    released: bool
    reason: str | None
    repeat: bool
    structure: tuple[int, int, int]


class Rests(msgspec.Struct, frozen=True):
    """`GET /v1/console/alarms/{alarm}`."""

    evidence: list[Evidence]


class Alarms(msgspec.Struct, frozen=True):
    """`GET /v1/console/alarms`."""

    alarms: list[Alarm]


class ListedAccount(msgspec.Struct, frozen=True):
    """One account of an organisation."""

    account: str
    label: str
    role: str
    locked: str | None
    added_at: datetime
    devices: int


class Accounts(msgspec.Struct, frozen=True):
    """`GET /v1/console/accounts`."""

    accounts: list[ListedAccount]


class Locked(msgspec.Struct, frozen=True):
    """An account was locked."""

    account: str
    locked: str


class ShownAct(msgspec.Struct, frozen=True):
    """An act and where it stands."""

    act: str
    content: Content
    digest: str
    state: str
    proposer: str
    proposed_at: datetime
    expires_at: datetime


class Acts(msgspec.Struct, frozen=True):
    """`GET /v1/console/acts`."""

    acts: list[ShownAct]


class OwnFeed(msgspec.Struct, frozen=True):
    """Where one feed stands."""

    feed: int
    state: str
    rows: int
    accepted: int
    rejected: int


class OwnFeeds(msgspec.Struct, frozen=True):
    """`GET /v1/console/feeds`: an insurer's own."""

    insurer: replies.Insurer
    feeds: list[OwnFeed]


class LedgerState(msgspec.Struct, frozen=True):
    """`GET /v1/console/ledger`."""

    size: int
    signed: int
    checkpoint: str
    verified: bool
    witnesses: Witnesses


class OwnNotice(msgspec.Struct, frozen=True):
    """One of an insurer's own notices."""

    incident: int
    version: int
    #: Hex SHA-256 of the file.
    sha256: str
    sent_at: datetime
    fetched_at: datetime | None
    acknowledged_at: datetime | None


class OwnNotices(msgspec.Struct, frozen=True):
    """`GET /v1/console/notices`: an insurer's own."""

    notices: list[OwnNotice]


class NoticeFile(msgspec.Struct, frozen=True):
    """`GET /v1/console/notices/{incident}/{version}`: an `age` file."""

    incident: int
    version: int
    file: bytes


class Acknowledged(msgspec.Struct, frozen=True):
    """A notice was acknowledged."""

    acknowledged_at: datetime


class OwnClaims(msgspec.Struct, frozen=True):
    """`GET /v1/console/claims`: an insurer's own."""

    statement: Statement
    claims: list[SealedPart]
