"""What the keyring holds, and how new keys are made."""

from __future__ import annotations

import os

import msgspec
import pyrage


class EpochKeys(msgspec.Struct, frozen=True):
    """The keys of one epoch. Each 32 bytes. A new epoch begins with a rotation."""

    epoch: int
    index: bytes
    person: bytes
    pointer: bytes


class Keys(msgspec.Struct, frozen=True):
    """Everything that has to be kept from an attacker, and nothing else."""

    #: Live epochs, the newest last; a check evaluates each.
    epochs: tuple[EpochKeys, ...]
    #: Wraps settlement references.
    reference: bytes
    #: Keys the tokens in the gate's state, so that a dump does not say who checked whom.
    state: bytes
    #: Ed25519 seed that signs checkpoints.
    checkpoint: bytes
    #: The age identity that feeds are encrypted to (Bech32 text).
    loader: str

    @property
    def recipient(self) -> str:
        """The age recipient of `loader`: what insurers are given."""
        return str(pyrage.x25519.Identity.from_str(self.loader).to_public())

    @property
    def current(self) -> EpochKeys:
        """The epoch that new records are written under."""
        return self.epochs[-1]


def new_epoch(number: int) -> EpochKeys:
    """Draw the keys of epoch `number`."""
    return EpochKeys(number, os.urandom(32), os.urandom(32), os.urandom(32))


def new_keys() -> Keys:
    """Draw a whole new set of keys, epoch 1."""
    return Keys(
        epochs=(new_epoch(1),),
        reference=os.urandom(32),
        state=os.urandom(32),
        checkpoint=os.urandom(32),
        loader=str(pyrage.x25519.Identity.generate()),
    )
