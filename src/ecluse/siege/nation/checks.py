"""Checks of one region and day as columns, put together from parts and put in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ecluse.gate.state import Lane


if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


#: A lane's number in the columns.
LANES = (Lane.CARD, Lane.KNOWN, Lane.TYPED)
CARD, KNOWN, TYPED = range(3)


class Checks(NamedTuple):
    """Columns of one length."""

    #: Seconds since midnight.
    at: NDArray[np.float64]
    #: Number of the account within its region.
    account: NDArray[np.int64]
    lane: NDArray[np.int8]
    #: A number for the card or the patient; of typed checks, where their person stands in `persons`.
    subject: NDArray[np.int64]
    found: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        lane: int,
        at: NDArray[np.float64],
        account: NDArray[np.int64],
        subject: NDArray[np.int64],
        found: NDArray[np.bool_],
    ) -> Checks:
        """Put columns of one lane together."""
        return cls(at, account, np.full(len(at), lane, np.int8), subject, found)

    def at_rows(self, rows: NDArray[np.int64] | NDArray[np.bool_] | slice) -> Checks:
        """Return some of the rows."""
        return Checks(
            self.at[rows], self.account[rows], self.lane[rows], self.subject[rows], self.found[rows]
        )

    def later(self, seconds: NDArray[np.float64]) -> Checks:
        """Return the same checks, later."""
        return self._replace(at=self.at + seconds)


def joined(parts: Sequence[Checks]) -> Checks:
    """Return all rows of several parts."""
    return Checks(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
