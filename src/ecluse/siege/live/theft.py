"""What a theft is: what the thief holds, how it moves, what holds it back, what is asked of us."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple


if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ecluse.siege.scene import Scene
    from ecluse.siege.strategy import Goal


def nobody(_: Scene) -> int:
    """Return the bound of a theft that gets nobody."""
    return 0


class Theft(NamedTuple):
    """One way to steal from running parts."""

    name: str
    #: The promise that it attacks.
    promise: str
    holds: str
    moves: str
    #: How many distinct persons it gets, played now.
    commit: Callable[[Scene], Awaitable[int]]
    #: How many it may get at most, played so.
    bound: Callable[[Scene], int] = nobody
    #: Of the run's figures, beside the bound.
    goals: tuple[Goal, ...] = ()
    #: What somebody in this place gets in spite of everything, in a sentence.
    remains: str = ""
    #: It takes a second operator, which hears this one's alarms and is heard.
    neighbour: bool = False
