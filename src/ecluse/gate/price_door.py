"""`POST /v1/prices`: what a bill would cost under packages that a card's answer told of.

It is about packages and a bill, and about nobody: no person, card or reference comes with it, so
nothing is disclosed, spent or recorded. A package is named by its handle, which only an answer
gives.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from ecluse.cover.act import Act, Bill
from ecluse.cover.law import LawError, law
from ecluse.cover.price import price
from ecluse.gate import replies
from ecluse.gate.body import parsed
from ecluse.gate.request import MalformedError
from ecluse.login.roles import Right, RoleError, may


if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ecluse.cover.price import Priced
    from ecluse.gate.caller import Callers
    from ecluse.gate.gate import Gate


class Payer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An insurer and its package, as an answer told of them."""

    amc: Annotated[str, msgspec.Meta(max_length=16)]
    package: Annotated[str, msgspec.Meta(min_length=22, max_length=22)]


class PriceBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /v1/prices`. Who pays first stands first; nobody: no cover but the AMO's."""

    care_date: date
    acts: Annotated[tuple[Act, ...], msgspec.Meta(min_length=1, max_length=200)]
    payers: Annotated[tuple[Payer, ...], msgspec.Meta(max_length=3)] = ()
    minor: bool = False
    in_pathway: bool = True


class PriceDoor:
    """Prices bills."""

    def __init__(self, gate: Gate, callers: Callers) -> None:
        self._gate = gate
        self._callers = callers

    async def price(self, request: Request) -> Response:
        """Price a bill for a registered device."""
        raw = await replies.body_of(request)
        caller = await self._callers.identify(request, raw)
        await self._gate.spend(caller)
        if not may(caller.role, Right.CHECK):
            raise RoleError("Only a professional's account asks for prices.")
        body = parsed(raw, PriceBody)
        bill = Bill(body.care_date, body.acts, body.minor, body.in_pathway)
        catalogue, pool = self._gate.catalogue, self._gate.pool
        packages = [await catalogue.told(pool, each.amc, each.package) for each in body.payers]
        try:
            return replies.json(told(price(bill, packages)))
        except LawError as error:
            raise MalformedError(error.problem, hint=error.hint) from None

    async def acts(self, request: Request) -> Response:
        """Tell a registered device the kinds of act that have a price, by care family."""
        raw = await replies.body_of(request)
        await self._gate.spend(await self._callers.identify(request, raw))
        listed: dict[str, list[dict[str, str]]] = {}
        for kind, rule in law().acts.items():
            listed.setdefault(rule.family, []).append({"kind": kind, "fr": rule.fr, "en": rule.en})
        return replies.json({"families": listed})


def told(priced: Priced) -> dict[str, Any]:
    """Return a price as it is told: amounts in euros, each act with its reasons in words."""
    facts: dict[str, Any] = msgspec.to_builtins(priced)
    del facts["borne"]
    for shown, act in zip(facts["acts"], priced.acts, strict=True):
        del shown["steps"]
        for language in ("fr", "en"):
            shown[f"why_{language}"] = [step.words(language) for step in act.steps]
    return facts
