"""The report's words in one language, and how numbers and times are written in it."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any

import msgspec

from ecluse.cover.step import Language


if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecluse.siege.report.peers import Exposure


class Attacker(msgspec.Struct, frozen=True):
    """How an attacker is called, and what remains in spite of everything."""

    name: str
    remains: str = ""


class Peer(msgspec.Struct, frozen=True):
    """How a peer and its figure are called here; as in their own list where empty."""

    name: str = ""
    figure: str = ""


class Words(msgspec.Struct, frozen=True):
    """Everything that the report says in `lang`; `{...}` are places for figures."""

    lang: Language
    said: dict[str, str]
    attackers: dict[str, Attacker]
    peers: dict[str, Peer]

    def __call__(self, key: str, **figures: object) -> str:
        """Return a sentence with its figures."""
        return self.said[key].format(**figures)

    def attacker(self, strategy: str) -> Attacker:
        """Return how an attacker is called; one that the words do not know keeps its own name."""
        return self.attackers.get(strategy) or Attacker(strategy.replace("_", " "))

    def peer(self, exposure: Exposure) -> Peer:
        """Return how a peer and its figure are called."""
        said = self.peers.get(exposure.name, Peer())
        return Peer(said.name or exposure.name, said.figure or exposure.figure)

    def number(self, value: float | None, digits: int = 0) -> str:
        """Write a number; nothing stands for none."""
        if value is None:
            return "\N{EN DASH}"
        plain = f"{value:,.{digits}f}"
        if self.lang == "en":
            return plain
        return plain.replace(",", "\N{NARROW NO-BREAK SPACE}").replace(".", ",")

    def interval(self, spread: Mapping[str, Any]) -> str:
        """Write a mean with its 95 % interval, when there is anything between its ends."""
        mean, low, high = spread["mean"], spread["low"], spread["high"]
        digits = 0 if mean is None or mean == int(mean) or mean > 1000 else 1
        if mean is None or low == high:
            return self.number(mean, digits)
        ends = f"{self.number(low, digits)} \N{EN DASH} {self.number(high, digits)}"
        return f"{self.number(mean, digits)} ({ends})"

    def duration(self, seconds: float | None) -> str:
        """Write a time in the unit that a person would use."""
        if seconds is None:
            return "\N{EN DASH}"
        for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
            if seconds >= 2 * length:
                return self(unit, number=self.number(seconds / length, 1))
        return self("seconds", number=self.number(seconds, 1 if seconds < 10 else 0))


def read(lang: Language) -> Words:
    """Return the words of a language."""
    file = resources.files(__package__) / f"words.{lang}.toml"
    told = msgspec.toml.decode(file.read_bytes())
    return msgspec.convert({"lang": lang, **told}, Words)
