"""The book of acts: rows of `act`, changed under lock, one ledger entry for each step.

Every function runs in the caller's transaction and returns the event to append as its last
statement. The caller has verified the person's signed request and gesture (`acts.gesture`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg

from ecluse.acts import act as acts
from ecluse.acts.act import Act, ActError, Content, Person, State
from ecluse.ledger.entry import ActDone, ActProposed, ActSeconded, ActWithdrawn


if TYPE_CHECKING:
    from datetime import datetime

    from ecluse.login.roles import AccountRole
    from ecluse.store.connection import Connection


_INSERT = """
INSERT INTO act
  (act, content, digest, state, proposer, proposer_key, proposed_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_LOAD = "SELECT * FROM act WHERE act = $1 FOR UPDATE"
_SECONDED = """
SELECT * FROM act
WHERE digest = $1 AND state = 'seconded' AND expires_at > $2
ORDER BY proposed_at, act LIMIT 1 FOR UPDATE
"""
_OPEN = """
SELECT * FROM act
WHERE state IN ('proposed', 'seconded') AND expires_at > $1 ORDER BY proposed_at, act
"""
_LATELY = "SELECT * FROM act WHERE ended_at > $1 ORDER BY ended_at DESC, act LIMIT 100"
_SECOND = "UPDATE act SET state = $2, seconder = $3, seconder_key = $4 WHERE act = $1"
_END = "UPDATE act SET state = $2, ended_at = $3 WHERE act = $1"


async def propose(
    connection: Connection, number: bytes, content: Content, person: Person, now: datetime
) -> ActProposed:
    """Write a proposal down under `number`, 16 random bytes. Role: officer.

    Raises:
        ActError: See `acts.act.propose`; or the number was used before.
    """
    proposed = acts.propose(number, content, person, now)
    text = acts.canonical(content)
    try:
        await connection.execute(
            _INSERT,
            number,
            text.decode(),
            acts.digest(content),
            proposed.state,
            person.account,
            person.credential,
            now,
            proposed.expires_at,
        )
    except asyncpg.UniqueViolationError as error:
        raise ActError("This act was proposed before.", hint="Draw a new number.") from error
    return ActProposed(
        at=now,
        act=number,
        kind=proposed.kind,
        content=text,
        account=person.account,
        proof=person.proof,
    )


async def second(
    connection: Connection, number: bytes, person: Person, now: datetime
) -> tuple[Act, ActSeconded]:
    """Have `person` second an act; return it as it stands now. Role: officer.

    Raises:
        ActError: See `acts.act.second`; or there is no such act.
    """
    seconded = acts.second(await load(connection, number), person, now)
    await connection.execute(_SECOND, number, seconded.state, person.account, person.credential)
    event = ActSeconded(
        at=now,
        act=number,
        digest=acts.digest(seconded.content),
        account=person.account,
        proof=person.proof,
    )
    return seconded, event


async def withdraw(
    connection: Connection, number: bytes, account: bytes, role: AccountRole, now: datetime
) -> ActWithdrawn:
    """Stop an act that is not done. Role: officer.

    Raises:
        ActError: See `acts.act.withdraw`; or there is no such act.
    """
    withdrawn = acts.withdraw(await load(connection, number), role, now)
    await connection.execute(_END, number, withdrawn.state, now)
    return ActWithdrawn(at=now, act=number, account=account)


async def perform(connection: Connection, content: Content, now: datetime) -> ActDone:
    """Count an act of exactly this content as done. Role: officer, feed or gate.

    Returns:
        The event that says so; append it in this transaction, with what was done.

    Raises:
        ActError: No two persons have agreed on this, or they did too long ago.
    """
    digest = acts.digest(content)
    row = await connection.fetchrow(_SECONDED, digest, now)
    if row is None:
        raise ActError(
            "Two persons have not agreed on exactly this.",
            hint="Propose it at the console, and have a second person second it.",
        )
    done = acts.finish(_act(row), now)
    await connection.execute(_END, done.act, done.state, now)
    return ActDone(at=now, act=done.act, kind=done.kind, digest=digest)


async def load(connection: Connection, number: bytes) -> Act:
    """Return one act and lock its row. Role: officer.

    Raises:
        ActError: There is none of that number.
    """
    row = await connection.fetchrow(_LOAD, number)
    if row is None:
        raise ActError("There is no such act.", hint="`ecluse act list` shows those that wait.")
    return _act(row)


async def waiting(connection: Connection, now: datetime) -> list[Act]:
    """Return the acts that wait for a second person, or to be done, the oldest first."""
    return [_act(row) for row in await connection.fetch(_OPEN, now)]


async def lately(connection: Connection, since: datetime) -> list[Act]:
    """Return the acts that were done or withdrawn since then, the latest first, 100 at most."""
    return [_act(row) for row in await connection.fetch(_LATELY, since)]


def _act(row: asyncpg.Record) -> Act:
    fields = {name: row[name] for name in Act.__struct_fields__}
    return Act(
        **{
            **fields,
            "content": acts.read(fields["content"].encode()),
            "state": State(fields["state"]),
        }
    )
