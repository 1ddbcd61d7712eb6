"""What follows from a neighbour's alarm: by our policy, our trust in it, and a budget (pure)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from ecluse.policy.exchange import Following, Shared


if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ecluse.exchange.stix import Professional, Told
    from ecluse.policy.exchange import ExchangePolicy


#: By which a neighbour's clock may be ahead.
_SKEW = timedelta(minutes=5)


class Here(NamedTuple):
    """An account here that an alarm may be about."""

    account: bytes
    finess: str
    #: Empty when no officer noted it.
    rpps: str


class Spent(NamedTuple):
    """What one neighbour's word brought within the last hour: accounts closed, accounts frozen."""

    closed: int = 0
    frozen: int = 0


class Consequence(NamedTuple):
    """What is done about one account; the empty one's is everybody's, or nobody's."""

    account: bytes
    measure: Following
    reason: str


def about(professional: Professional, here: Sequence[Here]) -> list[bytes]:
    """Return which of these accounts an alarm is about.

    Those that hold its RPPS number, and those of its organisation that hold none; all of the
    organisation's when the alarm names no professional.
    """
    return [
        each.account
        for each in here
        if (professional.rpps and each.rpps == professional.rpps)
        or (each.finess == professional.finess and not (professional.rpps and each.rpps))
    ]


def follow(
    told: Told,
    accounts: Sequence[bytes],
    neighbour: str,
    most: Following,
    spent: Spent,
    now: datetime,
    policy: ExchangePolicy,
) -> tuple[list[Consequence], Spent]:
    """Return what is done about a neighbour's alarm.

    Args:
        told: The alarm.
        accounts: Whom it is about here.
        neighbour: Its name, for the reason.
        most: The strongest measure that its word may bring.
        spent: What its word brought within the last hour.
        now: The present.
        policy: Ours.

    Returns:
        One consequence for each account, or one for nobody; and what was spent with them.
    """
    wished: Following = min(
        getattr(policy, f"on_{told.kind}"), most, key=lambda each: each.strength
    )
    if told.revoked or not told.at - _SKEW <= now < told.until:
        reason = f"{neighbour} took back an alarm ({told.kind}), or it is over: nothing is done."
        return [Consequence(b"", Following.NOTIFY, reason)], spent
    if told.kind is Shared.CAMPAIGN and not told.professional.finess:
        # Nobody is named: everybody may be watched, and nobody loses anything.
        mild = min(wished, Following.WATCH, key=lambda each: each.strength)
        reason = f"{neighbour} tells of many accounts that raise alarms at once."
        return [Consequence(b"", mild, reason)], spent
    if not accounts:
        reason = f"{neighbour} raised an alarm ({told.kind}) about a professional not served here."
        return [Consequence(b"", Following.NOTIFY, reason)], spent
    done = []
    for account in accounts:
        measure, spent = _within(wished, spent, policy)
        held = "" if measure is wished else f" Its word brought enough in this hour for {wished}."
        reason = f"{neighbour} raised an alarm ({told.kind}) about the same professional.{held}"
        done.append(Consequence(account, measure, reason))
    return done, spent


def _within(wished: Following, spent: Spent, policy: ExchangePolicy) -> tuple[Following, Spent]:
    """Return the strongest measure, `wished` at most, that the budget still has; and what is left."""
    if wished in {Following.LOCK, Following.CLOSE}:
        if spent.closed < policy.closes_hour:
            return wished, spent._replace(closed=spent.closed + 1)
        wished = Following.FREEZE
    if wished is Following.FREEZE:
        if spent.frozen < policy.freezes_hour:
            return wished, spent._replace(frozen=spent.frozen + 1)
        wished = Following.WATCH
    return wished, spent
