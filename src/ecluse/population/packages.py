"""An insurer's cover packages: invented ones at varying levels, and a published one.

The published table (Journal officiel, JORFARTI000049486847) covers hospital and everyday care in a
base and two options; an option that says nothing about an act pays what the base pays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ecluse.cover.family import CareFamily
from ecluse.cover.guarantee import Applies
from ecluse.cover.package import CoverLine, CoverPackage
from ecluse.population.sources import content


if TYPE_CHECKING:
    import numpy as np


_FEWEST, _MOST = 8, 40
_LEVELS = 5
_PUBLISHED = (
    ("socle", "JORF-SOCLE", "Accord du Journal officiel, socle", "Published agreement, base"),
    ("option_a", "JORF-A", "Accord du Journal officiel, option A", "Published agreement, option A"),
    ("option_b", "JORF-B", "Accord du Journal officiel, option B", "Published agreement, option B"),
)
# What a contract leaves out, how likely, and how its label says so.
_SCOPES: tuple[tuple[float, frozenset[CareFamily], str, str], ...] = (
    (0.70, frozenset(CareFamily), "", ""),
    (
        0.15,
        frozenset({CareFamily.EVERYDAY, CareFamily.PHARMACY, CareFamily.HOSPITAL}),
        ", hors optique, dentaire et audition",
        ", without optics, dental and hearing",
    ),
    (
        0.10,
        frozenset(CareFamily) - {CareFamily.HEARING},
        ", hors audition",
        ", without hearing",
    ),
    (0.05, frozenset({CareFamily.HOSPITAL}), ", hospitalisation seule", ", hospital only"),
)


def packages(rng: np.random.Generator) -> list[CoverPackage]:
    """Return between 8 and 40 packages with codes of their own, the most chosen first."""
    wanted = int(rng.integers(_FEWEST, _MOST + 1)) - len(_PUBLISHED)
    acts = content("acts.json")
    return [_invent(rng, acts, number) for number in range(1, wanted + 1)] + published()


def published() -> list[CoverPackage]:
    """Return the published base and its two options, each with everything that it pays."""
    table, acts = content("guarantee_table_jorf.json"), content("jorf_acts.json")
    packages = []
    for column, code, label_fr, label_en in _PUBLISHED:
        families: dict[CareFamily, list[CoverLine]] = {}
        for line in table["lines"]:
            basis = line[column] or line["socle"]
            act = {"act_fr": acts[line["act"]]["fr"], "act_en": line["act"], **acts[line["act"]]}
            families.setdefault(CareFamily(line["family"]), []).append(_line(act, basis))
        whole = {family: tuple(lines) for family, lines in families.items()}
        # The rest of the agreement was not published with it: what stands here alone is no
        # responsible contract.
        packages.append(CoverPackage(code, label_fr, label_en, whole, responsible=False))
    return packages


def _invent(rng: np.random.Generator, acts: dict[str, Any], number: int) -> CoverPackage:
    """Put a package together around one level, each care family a level off at most."""
    middle = int(rng.integers(0, _LEVELS))
    _, scope, left_out_fr, left_out_en = _SCOPES[
        rng.choice(len(_SCOPES), p=[scope[0] for scope in _SCOPES])
    ]
    families: dict[CareFamily, tuple[CoverLine, ...]] = {}
    for family in CareFamily:
        level = min(max(middle + int(rng.integers(-1, 2)), 0), _LEVELS - 1)
        if family in scope:
            families[family] = _lines(acts[family], level)
    return CoverPackage(
        code=f"F{number:02d}-N{middle + 1}",
        label_fr=f"Formule {number}, niveau {middle + 1}{left_out_fr}",
        label_en=f"Plan {number}, level {middle + 1}{left_out_en}",
        families=families,
        responsible=scope == frozenset(CareFamily),
    )


def _lines(acts: list[dict[str, Any]], level: int) -> tuple[CoverLine, ...]:
    """Return the acts that a level pays for."""
    return tuple(
        _line(act, act["levels"][level]) for act in acts if act["levels"][level] is not None
    )


def _line(act: dict[str, Any], basis: str) -> CoverLine:
    applies = act.get("applies")
    return CoverLine(
        act_fr=_capital(act["act_fr"]),
        act_en=_capital(act["act_en"]),
        basis=basis,
        applies=msgspec.convert(applies, Applies) if applies else None,
    )


def _capital(act: str) -> str:
    return act[0].upper() + act[1:]
