"""What each kind of alarm looks like, as a STIX pattern (OASIS STIX 2.1, section 9; pure).

The observable is a check as an operator's ledger knows it, without its subject; the extension
definition (`stix.DEFINITION`) says what its properties are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.policy.exchange import Shared


if TYPE_CHECKING:
    from ecluse.policy.watch import WatchPolicy


CHECK = "third-party-payment-check"
_DAY = 86_400


def pattern(kind: Shared, finess: str, rpps: str, policy: WatchPolicy) -> str:
    """Return what a neighbour may look for.

    Args:
        kind: Of alarm.
        finess: The organisation's number; empty for everybody.
        rpps: The professional's; empty when it is not known.
        policy: Whose numbers make it an alarm.
    """
    tests = {"lane": "'typed'", **_signs(kind)}
    if finess:
        tests["organisation_finess"] = f"'{finess}'"
    if rpps:
        tests["professional_rpps"] = f"'{rpps}'"
    observed = " AND ".join(f"{CHECK}:{name} = {value}" for name, value in tests.items())
    times, seconds = _repeats(kind, policy)
    return f"[{observed}] REPEATS {times} TIMES WITHIN {seconds} SECONDS"


def _signs(kind: Shared) -> dict[str, str]:
    """Return what single checks of this kind show."""
    match kind:
        case Shared.SWEEP | Shared.MISSES:
            return {"found": "false"}
        case Shared.PRESSED:
            return {"over_budget": "true"}
        case Shared.HONEY:
            return {"invented": "true"}
        case _:
            return {"new_person": "true"}


def _repeats(kind: Shared, policy: WatchPolicy) -> tuple[int, int]:
    """Return how many of them, within how many seconds."""
    row = int(policy.row_minutes * 60)
    match kind:
        case Shared.SWEEP | Shared.MISSES:
            return policy.unanswered_row, row
        case Shared.PRESSED:
            return policy.pressed_row, row
        case Shared.HONEY:
            return 1, _DAY
        case Shared.HEAVY_DAYS:
            return policy.heavy_day * policy.heavy_days, 7 * _DAY
        case Shared.CAMPAIGN:
            return policy.campaign_alarms, int(policy.campaign_minutes * 60)
        case _:
            return int(policy.typed_day_suspect), _DAY
