"""A member's phone in Python: what the page `/carte/` does in a browser.

phone = Phone()
async with httpx2.AsyncClient() as http:
    await phone.enrol("https://gate.example", http, card=code, grant=word)
print(phone.present())
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from msgspec.json import Decoder

from ecluse.cards import presentation
from ecluse.client import replies
from ecluse.client.device import DeviceKey
from ecluse.client.exchange import Speaker, converse_async
from ecluse.login import base64url
from ecluse.login.keyid import KeyId


if TYPE_CHECKING:
    import httpx2


class Phone:
    """One key, which stands for one card."""

    def __init__(self, key: DeviceKey | None = None) -> None:
        self._key = key or DeviceKey.generate()
        #: What an insurer's grant names the phone by, 33 bytes.
        self.name = presentation.compressed(self._key.public_key)

    async def enrol(
        self, origin: str, http: httpx2.AsyncClient, *, card: str, grant: bytes
    ) -> replies.PhoneBound:
        """Have this phone stand for a card.

        Args:
            origin: The gate's.
            http: Carries the request.
            card: The card's code.
            grant: The word of the card's insurer, signed (`ecluse.cards.grant`).

        Raises:
            GateError: The grant is not accepted; `code` says why.
        """
        keyid = KeyId(None, self._key.thumbprint).text()
        body = {"device": self._key.jwk(), "card": card, "grant": base64url.encode(grant)}
        speaker = Speaker(origin, self._key, keyid)
        asked = speaker.insist("/v1/phones", body, Decoder(replies.PhoneBound))
        return await converse_async(http, asked)

    def present(self, finess: str = "", made: float | None = None) -> str:
        """Return what the phone shows for a minute.

        Args:
            finess: The number of the one organisation that it is for; empty for any.
            made: Unix seconds; the present moment when not given.
        """
        at = int(time.time() if made is None else made)
        return presentation.present(self.name, self._key.sign, at, finess)
