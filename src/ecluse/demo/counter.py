"""A counter for a person to try: their passkey accepted in this terminal, cards to present."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ecluse.local import officer
from ecluse.login import admission
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from ecluse.demo.stage import Cast
    from ecluse.local.installation import Installation
    from ecluse.local.processes import Operator


_SAMPLES = 3


def invitation(operator: Operator, cast: Cast) -> str:
    """Return what a person needs to try the counter: where, as whom, with which cards."""
    cards = "\n".join(f"    {member.card}" for member in cast.members[:_SAMPLES])
    person = cast.members[_SAMPLES].person
    return (
        f"The counter is open: {operator.ports.pages_origin}\n"
        f"  1. Enrol this computer for the demonstration pharmacy, FINESS {cast.finess[0]},\n"
        "     with a security key or the computer's own passkey; then accept it here.\n"
        "  2. Sign in and present a card. These are three members' card codes:\n"
        f"{cards}\n"
        f"  3. Or check without a card: NIR {person.nir}, born {person.birth_date},"
        f" rank {person.birth_rank}.\n"
        f"Practice software: docs/practice-software.md, with {operator.ports.pipe_origin}.\n"
        "All members are invented. Ctrl-C ends the demonstration."
    )


async def accept_passkeys(
    installation: Installation,
    confirm: Callable[[admission.Pending], bool],
    probation: timedelta,
) -> None:
    """Ask about each passkey that asks to join, until cancelled.

    Args:
        installation: Whose enrolments.
        confirm: Asks the officer, who compares the fingerprint with the one on the screen.
        probation: How long a new account stays on a fraction of its budget.
    """
    connection = await installation.database.connect(Role.OFFICER)
    try:
        while True:
            for asked in await admission.pending(connection, datetime.now(UTC)):
                if await asyncio.to_thread(confirm, asked):
                    await officer.accept(installation, asked.fingerprint, probation=probation)
                else:
                    await officer.refuse(installation, asked.fingerprint)
            await asyncio.sleep(1)
    finally:
        await connection.close()
