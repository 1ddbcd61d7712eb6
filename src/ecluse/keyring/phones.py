"""Phones that stand for cards: bound on an insurer's word, verified at each presentation.

A phone's row holds its card's secret, wrapped under a key that only the keyring derives, from the
phone's public key. So a phone leads where its card leads, for as long as the card does, and a
captured gate cannot present one: it would have to sign.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ecluse.cards import grant, presentation
from ecluse.cards.grant import End, Grant, GrantError
from ecluse.keyring import prf, trust
from ecluse.keyring.bulk import CARD_SIZE
from ecluse.keyring.messages import PhoneEnded, PhoneGranted
from ecluse.keyring.wrap import Carried, unwrap_card, wrap_card


if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ecluse.keyring.keys import Keys
    from ecluse.keyring.leads import Leads
    from ecluse.keyring.messages import Asked
    from ecluse.keyring.reader import Place, Reader


class _Shown(NamedTuple):
    """A presentation that holds, and the row of its phone."""

    key: bytes
    row: bytes


def presented(check: Asked) -> bool:
    """Tell whether a check was asked with a phone in place of its card."""
    return check.lane == "card" and len(check.identifier) == presentation.SIZE


class Phones:
    """Follows phones to their cards, with the keys; `folder` says which insurers are believed."""

    def __init__(self, keys: Keys, leads: Leads, reader: Reader, folder: Path) -> None:
        self._keys = keys
        self._leads = leads
        self._reader = reader
        self._folder = folder

    async def cards(
        self, checks: Sequence[Asked], places: Mapping[bytes, Place], now: float
    ) -> list[Asked]:
        """Return the checks with each phone's presentation turned into its card's secret.

        One that does not hold becomes a secret that no card has, the same steps on.

        Args:
            checks: A batch.
            places: Where the organisations are whom phones were shown to.
            now: Seconds since the epoch.
        """
        shown = {
            check.entry: self._shown(check, places[check.organisation].finess, now)
            for check in checks
            if presented(check)
        }
        if not shown:
            return list(checks)
        wrapped = await self._reader.phones([each.row for each in shown.values()])
        return [
            msgspec.structs.replace(check, identifier=self._card(shown[check.entry], wrapped))
            if check.entry in shown
            else check
            for check in checks
        ]

    def _shown(self, check: Asked, finess: str, now: float) -> _Shown:
        told = presentation.parse(check.identifier)
        if not told.holds(finess, now):
            # Longer than any key: it stands for none.
            return self._phone(check.identifier)
        return self._phone(told.key)

    def _phone(self, key: bytes) -> _Shown:
        return _Shown(key, prf.phone_index(self._keys.reference, key))

    def _card(self, phone: _Shown, wrapped: Mapping[bytes, bytes]) -> bytes:
        carried = self._carried(phone, wrapped)
        if carried is not None:
            return carried.card
        return prf.nobody(self._keys.reference, phone.key)[:CARD_SIZE]

    def _carried(self, phone: _Shown, wrapped: Mapping[bytes, bytes]) -> Carried | None:
        key = prf.phone_key(self._keys.reference, phone.key)
        return unwrap_card(key, wrapped.get(phone.row, b""), phone.row)

    async def enrol(self, word: bytes, phone: bytes, card: bytes, now: float) -> PhoneGranted:
        """Bind a phone to a card, once the card's own insurer says so.

        Args:
            word: The grant, signed.
            phone: The phone's compressed public key; that whoever asks holds it, the gate verified.
            card: The card's secret.
            now: Seconds since the epoch.

        Raises:
            GrantError: It is no grant of this moment for this phone and this card, or not of the
                insurer whose card it is.
        """
        told, insurer = self._believed(word, now)
        if not isinstance(told, Grant) or told.phone != phone:
            raise GrantError("The insurer's word is not about this phone.")
        if told.card != grant.card_hash(card):
            raise GrantError(
                "The insurer's word is not about this card.", hint="Check the card's code."
            )
        epochs = [prf.card_index(epoch.index, card) for epoch in self._keys.epochs]
        lead = self._leads.card(card, await self._reader.pointers(epochs), now)
        if lead.insurer != insurer:
            raise GrantError(
                "This card is not in force at the insurer that signed.",
                hint="Ask your insurer which card is.",
            )
        row = self._phone(phone).row
        carried = Carried(card, insurer, told.made)
        return PhoneGranted(
            row,
            prf.phone_card(self._keys.reference, card),
            wrap_card(prf.phone_key(self._keys.reference, phone), carried, row),
            insurer,
            lead.targets[-1].idx,
        )

    async def end(self, word: bytes, now: float) -> PhoneEnded:
        """Return which phone an insurer ends.

        Raises:
            GrantError: It is not an insurer's word of this moment that ends a phone of a card of
                its own, granted before.
        """
        told, insurer = self._believed(word, now)
        if not isinstance(told, End):
            raise GrantError("The insurer's word ends no phone.")
        phone = self._phone(told.phone)
        carried = self._carried(phone, await self._reader.phones([phone.row]))
        if carried is None or carried.insurer != insurer or carried.granted > told.made:
            raise GrantError("No phone that this insurer granted stands for a card here.")
        return PhoneEnded(phone.row, insurer)

    def _believed(self, word: bytes, now: float) -> tuple[Grant | End, int]:
        trusted = trust.insurers(self._folder)
        keys = {amc: insurer.signing_key for amc, insurer in trusted.items()}
        told = grant.believed(word, keys, now)
        return told, trusted[told.amc].insurer
