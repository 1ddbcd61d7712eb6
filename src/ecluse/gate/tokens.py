"""The names that persons and cards have in the gate's state (pure).

Who checked whom is itself health data: a dump of the budgets must not tell. A token is a PRF of the
index, under a key that only the keyring has at rest, and is another one for every account.
"""

from __future__ import annotations

import hashlib
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM


_NONCE = 12


class Tokens:
    """Tokens under one key (32 bytes, from the keyring). Each is 16 bytes."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def subject(self, account: bytes, index: bytes) -> bytes:
        """Name a person in an account's budget."""
        return self._token(b"ecluse/subject", account + index)

    def card(self, index: bytes, insurer: int) -> bytes:
        """Name the card that an insurer gave to a person."""
        return self._token(b"ecluse/cardtoken", index + insurer.to_bytes(2, "big"))

    def phone(self, index: bytes, insurer: int) -> bytes:
        """Name a phone that stands for that card: its day is none of the paper's."""
        return self._token(b"ecluse/phoneday", index + insurer.to_bytes(2, "big"))

    def visitor(self, card: bytes, organisation: bytes) -> bytes:
        """Name an organisation in what is kept of a card's day."""
        return self._token(b"ecluse/visitor", card + organisation)

    def counter(self, card: bytes, account: bytes) -> bytes:
        """Name an account in what is kept of a card's day."""
        return self._token(b"ecluse/counter", card + account)

    def package(self, insurer: int, code: str, family: str) -> bytes:
        """Name a package's care family to whoever was told of it: nobody can make the name up."""
        named = f"{code} {family}".encode()
        return self._token(b"ecluse/package", insurer.to_bytes(2, "big") + named)

    def standing(self, index: bytes) -> bytes:
        """Name a person in what is kept of what they bore."""
        return self._token(b"ecluse/standing", index)

    def care(self, text: bytes) -> bytes:
        """Name care that is quoted or claimed."""
        return self._token(b"ecluse/care", text)

    def seal(self, text: bytes, name: bytes) -> bytes:
        """Seal what is kept under a name."""
        nonce = os.urandom(_NONCE)
        return nonce + AESGCM(self._sealing(name)).encrypt(nonce, text, name)

    def open(self, sealed: bytes, name: bytes) -> bytes:
        """Open what `seal` made.

        Raises:
            InvalidTag: It is none, or another name's.
        """
        return AESGCM(self._sealing(name)).decrypt(sealed[:_NONCE], sealed[_NONCE:], name)

    def _sealing(self, name: bytes) -> bytes:
        return hashlib.blake2b(
            name, digest_size=32, key=self._key, person=b"ecluse/sealed"
        ).digest()

    def _token(self, domain: bytes, text: bytes) -> bytes:
        return hashlib.blake2b(text, digest_size=16, key=self._key, person=domain).digest()
