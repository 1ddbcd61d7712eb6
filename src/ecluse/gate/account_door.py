"""`GET /v1/me`: what a professional needs to know about their own budget, locks and devices.

It stands here and never in a reply about a person (P4).
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from ecluse.gate import replies
from ecluse.gate.rows import AccountBudget
from ecluse.gate.windows import DAY, HOUR
from ecluse.login import accounts, devices


if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ecluse.gate.caller import Callers
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
                "organisation": {"name": owner.name, "finess": owner.finess},
                "label": owner.label,
                "locked": owner.locked,
                "probation_until": probation,
                "typed": _left(self._typed_caps(probation), budget, time.time()),
                "devices": [
                    {
                        "registered_at": device.registered_at,
                        "expires_at": device.expires_at,
                        "this": device.thumbprint == caller.thumbprint,
                    }
                    for device in registered
                ],
                "expires_at": mine.expires_at,
            }
        )

    def _typed_caps(self, probation: datetime | None) -> dict[str, tuple[int, float]]:
        """Return the account's caps and their windows in seconds."""
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
