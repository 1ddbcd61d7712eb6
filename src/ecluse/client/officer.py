"""Talk to the console: what an officer, a holder or an insurer's staff may do.

async with httpx2.AsyncClient() as http:
    officer = OfficerClient("https://gate.example", http)
    await officer.login(gesture)
    act = await officer.propose(UnlockAccount(account), gesture)   # another officer seconds it
"""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Any

from msgspec.json import Decoder

from ecluse.acts.act import Content, digest
from ecluse.client import console, replies
from ecluse.client.gate import GateClient
from ecluse.login import base64url
from ecluse.login.challenge import ActStep, gesture_challenge


if TYPE_CHECKING:
    from datetime import date

    from ecluse.client.gate import Creation, Gesture
    from ecluse.login.roles import AccountRole

_CONSOLE = "/v1/console"
_NUMBER_SIZE = 16


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

    async def mine(self) -> console.Mine:
        """Return the own account's role and rights."""
        return await self._signed("GET", f"{_CONSOLE}/me", None, Decoder(console.Mine))

    async def waiting(self) -> list[console.Waiting]:
        """Return the passkeys that ask to join."""
        path = f"{_CONSOLE}/enrolments"
        return (await self._signed("GET", path, None, Decoder(console.Enrolments))).enrolments

    async def accept(self, fingerprint: str) -> console.Decided:
        """Let a passkey join."""
        path = f"{_CONSOLE}/enrolments/{fingerprint}/accept"
        return await self._signed("POST", path, {}, Decoder(console.Decided))

    async def refuse(self, fingerprint: str) -> console.Decided:
        """Refuse a passkey for good."""
        path = f"{_CONSOLE}/enrolments/{fingerprint}/refuse"
        return await self._signed("POST", path, {}, Decoder(console.Decided))

    async def accounts(self, finess: str | None = None) -> list[console.ListedAccount]:
        """Return an organisation's accounts; without one, a security officer's colleagues."""
        query = "" if finess is None else f"?finess={finess}"
        path = f"{_CONSOLE}/accounts{query}"
        return (await self._signed("GET", path, None, Decoder(console.Accounts))).accounts

    async def lock(self, account: str, reason: str) -> console.Locked:
        """Lock an account at once."""
        path = f"{_CONSOLE}/accounts/{account}/lock"
        return await self._signed("POST", path, {"reason": reason}, Decoder(console.Locked))

    async def sign_out(self, account: str) -> replies.SignedOut:
        """Sign every device of an account out."""
        path = f"{_CONSOLE}/accounts/{account}/sign-out"
        return await self._signed("POST", path, {}, Decoder(replies.SignedOut))

    async def alarms(self) -> list[console.Alarm]:
        """Return the watch's alarms of the last week, the latest first."""
        return (
            await self._signed("GET", f"{_CONSOLE}/alarms", None, Decoder(console.Alarms))
        ).alarms

    async def live(self) -> console.Live:
        """Return the last hour by lane and minute, the budgets, and what is taken away now."""
        return await self._signed("GET", f"{_CONSOLE}/live", None, Decoder(console.Live))

    async def evidence(self, alarm: str) -> list[console.Evidence]:
        """Return the entries that an alarm rests on, the oldest first."""
        path = f"{_CONSOLE}/alarms/{alarm}"
        return (await self._signed("GET", path, None, Decoder(console.Rests))).evidence

    async def acts(self) -> list[console.ShownAct]:
        """Return the acts that wait."""
        return (await self._signed("GET", f"{_CONSOLE}/acts", None, Decoder(console.Acts))).acts

    async def propose(self, content: Content, gesture: Gesture) -> console.ShownAct:
        """Propose an act; takes one gesture of the passkey, which commits to the content."""
        number = base64url.encode(secrets.token_bytes(_NUMBER_SIZE))
        body = {
            "act": number,
            "content": content,
            "gesture": await self._agree("propose", number, content, gesture),
        }
        return await self._signed("POST", f"{_CONSOLE}/acts", body, Decoder(console.ShownAct))

    async def second(self, act: console.ShownAct, gesture: Gesture) -> console.ShownAct:
        """Agree to exactly what `act` shows."""
        body = {"gesture": await self._agree("second", act.act, act.content, gesture)}
        path = f"{_CONSOLE}/acts/{act.act}/second"
        return await self._signed("POST", path, body, Decoder(console.ShownAct))

    async def withdraw(self, act: str) -> console.ShownAct:
        """Stop an act."""
        path = f"{_CONSOLE}/acts/{act}/withdraw"
        return await self._signed("POST", path, {}, Decoder(console.ShownAct))

    async def feeds(self) -> console.OwnFeeds:
        """Return where the own insurer's feeds stand."""
        return await self._signed("GET", f"{_CONSOLE}/feeds", None, Decoder(console.OwnFeeds))

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

    async def notices(self) -> list[console.OwnNotice]:
        """Return the own insurer's notices."""
        return (
            await self._signed("GET", f"{_CONSOLE}/notices", None, Decoder(console.OwnNotices))
        ).notices

    async def notice(self, incident: int, version: int) -> console.NoticeFile:
        """Fetch one of the own insurer's notices, an `age` file."""
        path = f"{_CONSOLE}/notices/{incident}/{version}"
        return await self._signed("GET", path, None, Decoder(console.NoticeFile))

    async def acknowledge(self, incident: int, version: int) -> console.Acknowledged:
        """Acknowledge one of the own insurer's notices."""
        path = f"{_CONSOLE}/notices/{incident}/{version}/acknowledge"
        return await self._signed("POST", path, {}, Decoder(console.Acknowledged))

    async def claims(self, since: date, until: date) -> console.OwnClaims:
        """Return what the own insurer owes for a period, and its claims as age files."""
        path = f"{_CONSOLE}/claims?since={since}&until={until}"
        return await self._signed("GET", path, None, Decoder(console.OwnClaims))

    async def ledger(self) -> console.LedgerState:
        """Return whether the ledger is as it was signed."""
        return await self._signed("GET", f"{_CONSOLE}/ledger", None, Decoder(console.LedgerState))

    async def _agree(
        self, step: str, number: str, content: Content, gesture: Gesture
    ) -> dict[str, object]:
        created = int(time.time())
        agreed = ActStep(step, number, digest(content).hex(), created, self.keyid)
        return {"created": created, "assertion": await gesture(gesture_challenge(agreed))}
