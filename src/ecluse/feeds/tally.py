"""Counting a feed's rows as they come, and judging the feed by the counts (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.feeds import screen
from ecluse.feeds.rejects import MOST_LISTED, Reject


if TYPE_CHECKING:
    from ecluse.feeds.rows import Checked

#: The share of bad rows beyond which a whole feed is refused.
THRESHOLD = 0.01


class FeedRefusedError(Exception):
    """The feed as a whole is refused; not an error for people, who get a report."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Counts:
    """What became of the rows so far."""

    def __init__(self, announced: int, threshold: float) -> None:
        self.accepted = 0
        self.rejected = 0
        self.rejects: list[Reject] = []
        self._announced = announced
        self._bearable = threshold * announced

    @property
    def rows(self) -> int:
        """Rows read so far."""
        return self.accepted + self.rejected

    @property
    def too_many_bad(self) -> bool:
        """Whether the bad rows alone refuse the feed."""
        return self.rejected > self._bearable

    def add(self, rows: int, checked: Checked) -> None:
        """Count a chunk.

        Raises:
            FeedRefusedError: data that is not held, or more rows than announced.
        """
        self.rejected += checked.rejected
        self.accepted += rows - checked.rejected
        self.rejects += checked.rejects
        if checked.finding:
            self.refuse(checked.finding)
        if self.rows > self._announced:
            raise FeedRefusedError(
                f"The feed is refused: more rows than the {self._announced} of its manifest."
            )

    def refuse(self, finding: screen.Finding) -> None:
        """Refuse the feed for `finding`, which then leads the list of rejects.

        Raises:
            FeedRefusedError: always.
        """
        self.rejects.insert(0, Reject(finding.line, finding.column, finding.reason, ""))
        raise FeedRefusedError(str(screen.ForbiddenDataError(finding)))

    def finish(self) -> None:
        """Judge the whole feed once it is read.

        Raises:
            FeedRefusedError: too many bad rows, or fewer rows than announced.
        """
        if self.rows < self._announced:
            raise FeedRefusedError(
                f"The feed is refused: {self.rows} rows where its manifest has {self._announced}."
            )
        if self.too_many_bad:
            raise FeedRefusedError(
                f"The feed is refused: {self.rejected} of its {self.rows} rows are bad."
            )

    @property
    def unlisted(self) -> int:
        """How many rejected rows are not in `rejects`."""
        return self.rejected - len(self.rejects) if len(self.rejects) >= MOST_LISTED else 0
