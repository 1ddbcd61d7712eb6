"""The steps of a calculation, and each in words, French and English (pure)."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Literal

import msgspec


Language = Literal["fr", "en"]


class StepKind(StrEnum):
    """What a step says."""

    AMO = "amo"
    SURCHARGE = "surcharge"
    PARTICIPATION = "participation"
    FRANCHISE = "franchise"
    AMC = "amc"
    NO_LINE = "no_line"
    NO_CEILING = "no_ceiling"
    USED_UP = "used_up"
    OVER_CEILING = "over_ceiling"
    REMAINS = "remains"


class Step(msgspec.Struct, frozen=True):
    """One step: its amount in euros, and what the sentence needs beside it."""

    kind: StepKind
    amount: Decimal
    facts: dict[str, Decimal | str] = {}

    def words(self, language: Language) -> str:
        """Return the step as a sentence without its full stop."""
        facts = {name: _told(name, value, language) for name, value in self.facts.items()}
        return _WORDS[language][self.kind].format(amount=money(self.amount, language), **facts)


_WORDS: dict[Language, dict[StepKind, str]] = {
    "fr": {
        StepKind.AMO: "{amount} pris en charge par l'assurance maladie, {share} de {base}",
        StepKind.SURCHARGE: "{amount} retirés hors parcours de soins, que personne ne rembourse",
        StepKind.PARTICIPATION: "{amount} de participation forfaitaire, que la caisse récupère plus"
        " tard",
        StepKind.FRANCHISE: "{amount} de franchise, que la caisse récupère plus tard",
        StepKind.AMC: "{amount} pris en charge par la complémentaire, garantie « {act_fr} » à {basis_fr}",
        StepKind.NO_LINE: "{amount} de la complémentaire : sa garantie ne prévoit rien pour cet acte",
        StepKind.NO_CEILING: "{amount} de la complémentaire : le prix limite de vente manque, la"
        " garantie « {act_fr} » s'y réfère",
        StepKind.USED_UP: "{amount} de la complémentaire : la garantie « {act_fr} » est épuisée jusqu'au"
        " {until}",
        StepKind.OVER_CEILING: "{amount} au-dessus du prix limite de vente",
        StepKind.REMAINS: "{amount} à régler par le patient aujourd'hui",
    },
    "en": {
        StepKind.AMO: "{amount} AMO, {share} of {base}",
        StepKind.SURCHARGE: "{amount} taken off outside the care pathway, which nobody pays back",
        StepKind.PARTICIPATION: "{amount} flat participation, recovered later by the caisse",
        StepKind.FRANCHISE: "{amount} franchise, recovered later by the caisse",
        StepKind.AMC: "{amount} AMC, guarantee “{act_en}” at {basis_en}",
        StepKind.NO_LINE: "{amount} AMC: the guarantee provides nothing for this act",
        StepKind.NO_CEILING: "{amount} AMC: the price ceiling is missing, and the guarantee “{act_en}”"
        " refers to it",
        StepKind.USED_UP: "{amount} AMC: the guarantee “{act_en}” is used up until {until}",
        StepKind.OVER_CEILING: "{amount} above the price ceiling",
        StepKind.REMAINS: "{amount} for the patient to pay now",
    },
}


def money(amount: Decimal, language: Language) -> str:
    """Return an amount as it is written: "1 234,50 €" in French, "1,234.50" in English."""
    text = f"{amount:,.2f}"
    if language == "en":
        return text
    return text.replace(",", "\u202f").replace(".", ",") + "\u00a0€"


def _told(name: str, value: Decimal | str, language: Language) -> str:
    if isinstance(value, Decimal):
        if name == "share":
            return f"{float(value * 100):.4g}".replace(".", "," if language == "fr" else ".") + (
                "\u00a0%" if language == "fr" else " %"
            )
        return money(value, language)
    return value
