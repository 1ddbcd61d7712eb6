"""Where an identifier leads: a number, a card, a settlement reference (pure).

Whatever leads nowhere leads to somebody whom nobody has on file, the same one each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ecluse.keyring import prf
from ecluse.keyring.wrap import (
    CLAIM_SIZE,
    Target,
    pointer_row,
    reference_row,
    unwrap,
    unwrap_claim,
)


if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecluse.keyring.keys import Keys
    from ecluse.keyring.messages import Asked
    from ecluse.keyring.reader import Pointer


#: Identifier sizes by lane: a card's secret, a reference, a person's number, date and rank.
_SIZES = {"card": 16, "known": 16, "typed": 22}
#: Stands for the row of a reference that has none: it opens nothing, and takes as long.
_NO_ROW = bytes(CLAIM_SIZE)


class Rows(NamedTuple):
    """What a batch's cards and references lead to in the database."""

    #: By the card's index.
    pointers: Mapping[bytes, Sequence[Pointer]]
    #: By the name of the reference's row: what stands wrapped there.
    claims: Mapping[bytes, bytes]


class Lead(NamedTuple):
    """Where one identifier leads."""

    #: One for each live epoch; one alone when a card or a reference led here.
    targets: tuple[Target, ...]
    #: The insurer of the card that led here, now or once.
    insurer: int | None = None
    #: That insurer's latest feed which gave this person the card presented; 0 otherwise.
    feed: int = 0
    #: When that card was there, whole seconds since the epoch; 0 without one.
    carded: int = 0
    #: False when a reference led nowhere: 128 bits that nobody guesses, so no person is asked for.
    somebody: bool = True


class Leads:
    """Follows identifiers, with the keys and without a meter.

    `known_for` is for how many seconds a card's check makes its bearer known.
    """

    def __init__(self, keys: Keys, known_for: float) -> None:
        self._keys = keys
        self._known_for = known_for

    def of(self, check: Asked, rows: Rows, now: float) -> Lead | None:
        """Return where a check's identifier leads; None when it is not one of its lane."""
        if len(check.identifier) != _SIZES.get(check.lane):
            return None
        match check.lane:
            case "card":
                return self.card(check.identifier, rows.pointers, now)
            case "known":
                return self._reference(check.identifier, check.organisation, rows.claims, now)
            case _:
                return self._person(check.identifier)

    def _person(self, identifier: bytes) -> Lead:
        return Lead(
            tuple(
                Target(
                    keys.epoch,
                    prf.person_index(keys.index, identifier),
                    prf.person_key(keys.person, identifier),
                )
                for keys in self._keys.epochs
            )
        )

    def card(self, secret: bytes, pointers: Mapping[bytes, Sequence[Pointer]], now: float) -> Lead:
        """Open a card's latest pointer."""
        for epoch in reversed(self._keys.epochs):
            card = prf.card_index(epoch.index, secret)
            for pointer in pointers.get(card, ()):
                target = unwrap(
                    prf.pointer_key(epoch.pointer, secret),
                    pointer.sealed,
                    pointer_row(card, pointer.insurer, pointer.feed),
                )
                if target is not None:
                    return Lead((target,), pointer.insurer, pointer.feed, carded=int(now))
        return Lead((self._nobody(secret),))

    def _reference(
        self, reference: bytes, organisation: bytes, claims: Mapping[bytes, bytes], now: float
    ) -> Lead:
        """Open what a reference wraps, for the organisation that got it, while its card counts.

        What the new reference wraps was there with the same card: asking again prolongs nothing.
        """
        row = reference_row(reference, organisation)
        key = prf.reference_key(self._keys.reference, reference)
        claim = unwrap_claim(key, claims.get(row, _NO_ROW), row)
        if claim is None or claim.carded <= now - self._known_for:
            return Lead((self._nobody(row),), somebody=False)
        return Lead((claim.target,), claim.insurer, carded=claim.carded)

    def _nobody(self, secret: bytes) -> Target:
        newest = self._keys.current
        nobody = prf.nobody(newest.pointer, secret)
        return Target(newest.epoch, nobody[:16], nobody[16:])
