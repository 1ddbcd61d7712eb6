"""`GET /v1/me`: what a professional needs to know about their own budget, locks and devices.

It stands here and never in a reply about a person (P4).
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from ecluse.gate import replies
from ecluse.gate.rows import AccountBudget
from ecluse.gate.windows import DAY, HOUR
from ecluse.login import accounts, devices
from ecluse.login.roles import AccountRole, Right, RoleError, may


if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ecluse.gate.caller import Caller, Callers
    from ecluse.gate.gate import Gate


class AccountDoor:
    """Tells an account about itself."""

    def __init__(self, gate: Gate, callers: Callers) -> None:
        self._gate = gate
        self._callers = callers

    async def me(self, request: Request) -> Response:
        """Tell the asker's own account."""
        raw = await replies.body_of(request)
        caller = await self._callers.identify(request, raw)
        if not may(caller.role, Right.CHECK):
            raise RoleError("Budgets are a professional's.", hint="Ask /v1/console/me.")
        await self._gate.spend(caller)
        now = datetime.now(UTC)
        async with self._gate.pool.acquire() as connection:
            owner = await accounts.load(connection, caller.account)
            budget = await connection.fetchval(
                "SELECT budget FROM account WHERE account = $1", caller.account
            )
            registered = await devices.listed(connection, caller.account, now)
        if owner is None:
            return replies.json({"error": "unknown", "message": "No such account."}, 404)
        probation = owner.probation_until if owner.probation_until > now else None
        mine = next(d for d in registered if d.thumbprint == caller.thumbprint)
        return replies.json(
            {
                "organisation": owner.place,
                "label": owner.label,
                "role": owner.role,
                "locked": owner.locked,
                "probation_until": probation,
                "typed": _left(self._typed_caps(caller, probation), budget, time.time()),
                "devices": [
                    {
                        "registered_at": device.registered_at,
                        "expires_at": device.expires_at,
                        "this": device.thumbprint == caller.thumbprint,
                    }
                    for device in registered
                ],
                "expires_at": mine.expires_at,
                "warning": self._warning(caller, mine.expires_at - now),
            }
        )

    def _warning(self, caller: Caller, left: timedelta) -> str | None:
        """Return what practice software has to be told of its key, if it has to be told now."""
        if caller.role is not AccountRole.CLIENT or left > timedelta(
            days=self._gate.config.policy.client.warning_days
        ):
            return None
        return f"This key ends in {left.days} days: replace it with `ecluse client rotate`."

    def _typed_caps(
        self, caller: Caller, probation: datetime | None
    ) -> dict[str, tuple[int, float]]:
        """Return the account's caps and their windows in seconds."""
        if caller.role is AccountRole.CLIENT:
            return {"day": (0, DAY), "hour": (0, HOUR)}
        policy = self._gate.config.policy
        of = policy.probation.of if probation else int
        return {
            "day": (of(policy.typed.account_day), DAY),
            "hour": (of(policy.typed.account_hour), HOUR),
        }


def _left(caps: dict[str, tuple[int, float]], text: bytes, now: float) -> dict[str, dict[str, int]]:
    budget = msgspec.msgpack.decode(text, type=AccountBudget) if text else AccountBudget()
    return {
        name: {"left": max(0, cap - budget.typed.count(window, now)), "cap": cap}
        for name, (cap, window) in caps.items()
    }
