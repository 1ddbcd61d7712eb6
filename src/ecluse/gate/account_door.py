"""`GET /v1/me`: what a professional needs to know about their own budget, locks and devices.

It stands here and never in a reply about a person (P4).
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ecluse.gate import replies, rows
from ecluse.gate.caller import DeviceExpiredError
from ecluse.gate.windows import DAY, HOUR
from ecluse.login import accounts, devices
from ecluse.login.roles import AccountRole, Right, RoleError, may


if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ecluse.gate.caller import Caller, Callers
    from ecluse.gate.gate import Gate
    from ecluse.gate.rows import OrganisationBudget, Own


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
            own = await rows.own(connection, caller.account)
            registered = await devices.listed(connection, caller.account, now)
        if owner is None or own is None:
            return replies.json({"error": "unknown", "message": "No such account."}, 404)
        mine = next((d for d in registered if d.thumbprint == caller.thumbprint), None)
        if mine is None:  # ended at another gate, since this one last asked
            self._callers.forget(caller)
            raise DeviceExpiredError("This device is not signed in.", hint="Sign in again.")
        return replies.json(
            {
                "organisation": owner.place,
                "label": owner.label,
                "role": owner.role,
                "locked": owner.locked,
                "probation_until": _ahead(owner.probation_until, now),
                "typed_frozen_until": _ahead(own.frozen_typed_until, now),
                "reduced_until": _ahead(own.shrunk_until, now),
                **self._allowances(caller, own, owner.probation_until, now),
                "organisation_today": _today(own.organisation),
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

    def _allowances(
        self, caller: Caller, own: Own, probation_until: datetime, today: datetime
    ) -> dict[str, dict[str, dict[str, int]]]:
        """Return what is left to the account by lane and window, as `gate.decide` counts it."""
        policy, now, spent = self._gate.config.policy, today.timestamp(), own.account
        reduced_until = max(probation_until, own.shrunk_until)
        of = policy.probation.of if today < reduced_until else int
        of_typed = policy.probation.of if today < max(reduced_until, own.braked_until) else int
        client, typed = caller.role is AccountRole.CLIENT, policy.typed
        day, hour = of_typed(typed.account_day), of_typed(typed.account_hour)
        paused = not self._gate.witnessing.holds(today)
        if client or paused or today < own.frozen_typed_until:
            day = hour = 0
        return {
            "card": {"day": _left(policy.card_day(client=client), spent.card.total(now))},
            "known": {"day": _left(of(policy.known.account_day), spent.known.count(DAY, now))},
            "typed": {
                "day": _left(day, spent.typed.count(DAY, now)),
                "hour": _left(hour, spent.typed.count(HOUR, now)),
            },
        }


def _ahead(until: datetime, now: datetime) -> datetime | None:
    return until if until > now else None


def _left(cap: int, spent: int) -> dict[str, int]:
    return {"left": max(0, cap - spent), "cap": cap}


def _today(organisation: OrganisationBudget) -> dict[str, int]:
    """Return what all of an organisation's accounts asked, by lane, as its caps count it.

    By the hour: in the present one and the 24 before it.
    """
    now = time.time()
    return {
        "card": organisation.card.total(now),
        "known": organisation.known.total(now),
        "typed": organisation.typed.total(now),
    }
