"""The one base class of every error that Écluse shows to a person."""

from __future__ import annotations


class EcluseError(Exception):
    """What is wrong, and what to do about it.

    Neither text ever holds an identifier of a member: errors end up in logs.
    """

    def __init__(self, problem: str, *, hint: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint
