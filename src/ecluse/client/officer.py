"""Talk to the console: what an officer, a holder or an insurer's staff may do.

async with httpx2.AsyncClient() as http:
    officer = OfficerClient("https://gate.example", http)
    await officer.login(gesture)
    act = await officer.propose(UnlockAccount(account), gesture)   # another officer seconds it
"""

from __future__ import annotations

import secrets
import time
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.json import Decoder

from ecluse.acts.act import Content, digest
from ecluse.client import replies
from ecluse.client.gate import GateClient
from ecluse.login import base64url
from ecluse.login.challenge import ActStep, gesture_challenge
from ecluse.settle.rows import SealedPart
from ecluse.settle.statement import Statement


if TYPE_CHECKING:
    from ecluse.client.gate import Creation, Gesture
    from ecluse.login.roles import AccountRole

_CONSOLE = "/v1/console"
_NUMBER_SIZE = 16


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


class OfficerClient(GateClient):
    """One device's conversation with gate and console; it signs in as any other does."""

    async def join_as(
        self,
        role: AccountRole,
        label: str,
        create: Creation,
        *,
        finess: str | None = None,
        amc: str | None = None,
    ) -> replies.Enrolled:
        """Ask to join with a new passkey, as `role`.

        Args:
            role: What to be.
            label: How the operator calls this person's account.
            create: Makes the passkey from creation options.
            finess: A holder's organisation.
            amc: The insurer of its staff.
        """
        asked = {"label": label, "role": role, "finess": finess, "amc": amc}
        return await self._enrol(asked, create)

    async def mine(self) -> Mine:
        """Return the own account's role and rights."""
        return await self._signed("GET", f"{_CONSOLE}/me", None, Decoder(Mine))

    async def waiting(self) -> list[Waiting]:
        """Return the passkeys that ask to join."""
        path = f"{_CONSOLE}/enrolments"
        return (await self._signed("GET", path, None, Decoder(Enrolments))).enrolments

    async def accept(self, fingerprint: str) -> Decided:
        """Let a passkey join."""
        path = f"{_CONSOLE}/enrolments/{fingerprint}/accept"
        return await self._signed("POST", path, {}, Decoder(Decided))

    async def refuse(self, fingerprint: str) -> Decided:
        """Refuse a passkey for good."""
        path = f"{_CONSOLE}/enrolments/{fingerprint}/refuse"
        return await self._signed("POST", path, {}, Decoder(Decided))

    async def accounts(self, finess: str | None = None) -> list[ListedAccount]:
        """Return an organisation's accounts; without one, a security officer's colleagues."""
        query = "" if finess is None else f"?finess={finess}"
        path = f"{_CONSOLE}/accounts{query}"
        return (await self._signed("GET", path, None, Decoder(Accounts))).accounts

    async def lock(self, account: str, reason: str) -> Locked:
        """Lock an account at once."""
        path = f"{_CONSOLE}/accounts/{account}/lock"
        return await self._signed("POST", path, {"reason": reason}, Decoder(Locked))

    async def sign_out(self, account: str) -> replies.SignedOut:
        """Sign every device of an account out."""
        path = f"{_CONSOLE}/accounts/{account}/sign-out"
        return await self._signed("POST", path, {}, Decoder(replies.SignedOut))

    async def alarms(self) -> list[Alarm]:
        """Return the watch's alarms of the last week, the latest first."""
        return (await self._signed("GET", f"{_CONSOLE}/alarms", None, Decoder(Alarms))).alarms

    async def live(self) -> Live:
        """Return the last hour by lane and minute, the budgets, and what is taken away now."""
        return await self._signed("GET", f"{_CONSOLE}/live", None, Decoder(Live))

    async def evidence(self, alarm: str) -> list[Evidence]:
        """Return the entries that an alarm rests on, the oldest first."""
        path = f"{_CONSOLE}/alarms/{alarm}"
        return (await self._signed("GET", path, None, Decoder(Rests))).evidence

    async def acts(self) -> list[ShownAct]:
        """Return the acts that wait."""
        return (await self._signed("GET", f"{_CONSOLE}/acts", None, Decoder(Acts))).acts

    async def propose(self, content: Content, gesture: Gesture) -> ShownAct:
        """Propose an act; takes one gesture of the passkey, which commits to the content."""
        number = base64url.encode(secrets.token_bytes(_NUMBER_SIZE))
        body = {
            "act": number,
            "content": content,
            "gesture": await self._agree("propose", number, content, gesture),
        }
        return await self._signed("POST", f"{_CONSOLE}/acts", body, Decoder(ShownAct))

    async def second(self, act: ShownAct, gesture: Gesture) -> ShownAct:
        """Agree to exactly what `act` shows."""
        body = {"gesture": await self._agree("second", act.act, act.content, gesture)}
        path = f"{_CONSOLE}/acts/{act.act}/second"
        return await self._signed("POST", path, body, Decoder(ShownAct))

    async def withdraw(self, act: str) -> ShownAct:
        """Stop an act."""
        path = f"{_CONSOLE}/acts/{act}/withdraw"
        return await self._signed("POST", path, {}, Decoder(ShownAct))

    async def feeds(self) -> OwnFeeds:
        """Return where the own insurer's feeds stand."""
        return await self._signed("GET", f"{_CONSOLE}/feeds", None, Decoder(OwnFeeds))

    async def incidents(self) -> list[dict[str, Any]]:
        """Return the incidents, the latest first."""
        told: dict[str, Any] = await self._signed(
            "GET", f"{_CONSOLE}/incidents", None, Decoder(dict[str, Any])
        )
        found: list[dict[str, Any]] = told["incidents"]
        return found

    async def incident(self, incident: int) -> dict[str, Any]:
        """Return one incident: its rounds of notices, who was told, and the clocks."""
        path = f"{_CONSOLE}/incidents/{incident}"
        return await self._signed("GET", path, None, Decoder(dict[str, Any]))

    async def notices(self) -> list[OwnNotice]:
        """Return the own insurer's notices."""
        return (await self._signed("GET", f"{_CONSOLE}/notices", None, Decoder(OwnNotices))).notices

    async def notice(self, incident: int, version: int) -> NoticeFile:
        """Fetch one of the own insurer's notices, an `age` file."""
        path = f"{_CONSOLE}/notices/{incident}/{version}"
        return await self._signed("GET", path, None, Decoder(NoticeFile))

    async def acknowledge(self, incident: int, version: int) -> Acknowledged:
        """Acknowledge one of the own insurer's notices."""
        path = f"{_CONSOLE}/notices/{incident}/{version}/acknowledge"
        return await self._signed("POST", path, {}, Decoder(Acknowledged))

    async def claims(self, since: date, until: date) -> OwnClaims:
        """Return what the own insurer owes for a period, and its claims as age files."""
        path = f"{_CONSOLE}/claims?since={since}&until={until}"
        return await self._signed("GET", path, None, Decoder(OwnClaims))

    async def ledger(self) -> LedgerState:
        """Return whether the ledger is as it was signed."""
        return await self._signed("GET", f"{_CONSOLE}/ledger", None, Decoder(LedgerState))

    async def _agree(
        self, step: str, number: str, content: Content, gesture: Gesture
    ) -> dict[str, object]:
        created = int(time.time())
        agreed = ActStep(step, number, digest(content).hex(), created, self.keyid)
        return {"created": created, "assertion": await gesture(gesture_challenge(agreed))}
