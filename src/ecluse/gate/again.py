"""The same answer again: a lost answer is not a second disclosure.

For 60 seconds the same device may fetch the answer to the same check id, in memory only. A request
that arrives while the first is under way waits for the same answer.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

from ecluse.errors import EcluseError


if TYPE_CHECKING:
    import asyncio

    from ecluse.gate.answer import Covered, NotCovered

    Reply = asyncio.Future[Covered | NotCovered | None]
    """An answer, None for the refusal, or an error."""


LIFETIME = 60.0


class OtherCheckError(EcluseError):
    """The check id was used for another check (HTTP 400)."""


class NoAnswerError(EcluseError):
    """This device has no answer under this id (HTTP 404), whatever the reason."""


class _Kept(NamedTuple):
    put_at: float
    digest: bytes
    reply: Reply


class Again:
    """Replies of the last minute, by (account, device, check id)."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[bytes, bytes, bytes], _Kept] = OrderedDict()

    def find(self, key: tuple[bytes, bytes, bytes], digest: bytes, now: float) -> Reply | None:
        """Return the reply to this check, done or under way; None when it is new.

        Args:
            key: (account, device thumbprint, check id).
            digest: Of what is asked: subject, date, family.
            now: Monotonic seconds.

        Raises:
            OtherCheckError: The id was used for something else.
        """
        kept = self._current(key, now)
        if kept is None:
            return None
        if kept.digest != digest:
            raise OtherCheckError("This check id was used for another check.")
        return kept.reply

    def last(self, key: tuple[bytes, bytes, bytes], now: float) -> Reply:
        """Return the reply under this key, done or under way, to a device that lost its question.

        Raises:
            NoAnswerError: Nothing was asked under it, or too long ago, or elsewhere.
        """
        kept = self._current(key, now)
        if kept is None:
            raise NoAnswerError(
                "There is no answer under this id for this device.",
                hint="An answer is kept for a minute; after that make the check again.",
            )
        return kept.reply

    def keep(
        self, key: tuple[bytes, bytes, bytes], digest: bytes, reply: Reply, now: float
    ) -> None:
        """Keep the reply to a new check."""
        self._kept[key] = _Kept(now, digest, reply)
        self._kept.move_to_end(key)

    def _current(self, key: tuple[bytes, bytes, bytes], now: float) -> _Kept | None:
        self._sweep(now)
        kept = self._kept.get(key)
        return None if kept is None or _failed(kept.reply) else kept

    def _sweep(self, now: float) -> None:
        while self._kept:
            kept = next(iter(self._kept.values()))
            if kept.put_at > now - LIFETIME:
                break
            self._kept.popitem(last=False)


def _failed(reply: Reply) -> bool:
    """Tell whether a reply ended without an answer: nothing was told, so it may be asked anew."""
    return reply.done() and (reply.cancelled() or reply.exception() is not None)
