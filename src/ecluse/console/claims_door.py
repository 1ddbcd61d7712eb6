"""`GET /v1/console/claims`: what an insurer owes for a period, and the claims that it alone can open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.console.asker import Outcome
from ecluse.gate.settle_door import midnight, period
from ecluse.login.roles import RoleError
from ecluse.settle import rows
from ecluse.settle.statement import statement


if TYPE_CHECKING:
    from starlette.requests import Request

    from ecluse.console.asker import Asker


async def claims(asker: Asker, request: Request, _: bytes) -> Outcome:
    """Tell an insurer's staff what it owes, with each claim's age file as standard base64."""
    insurer = asker.account.insurer
    if insurer is None:
        raise RoleError("Only an insurer's staff fetch its claims.")
    since, until = period(request)
    times = midnight(since), midnight(until)
    lines = await rows.of_insurer(asker.connection, insurer, *times)
    return Outcome(
        {
            "statement": statement(lines, since, until),
            "claims": await rows.sealed_for(asker.connection, insurer, *times),
        }
    )
