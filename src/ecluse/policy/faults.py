"""Everything that is wrong with a policy file, each fault with its key and line (pure).

`policy.parse` ends at the first fault, which is enough for a gate; a person who reviews a file
wants all of them, and those numbers as well that are each in range and make no sense together.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ecluse.policy.policy import Policy


if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


_SECTION = re.compile(r"\s*\[\s*([A-Za-z0-9_-]+)\s*\]")
_KEY = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")
_AT_LINE = re.compile(r"line (\d+)")


class Fault(NamedTuple):
    """One thing to change in a file."""

    #: Dotted, e.g. `typed.account_day`; empty when the file cannot be read at all.
    key: str
    #: Counted from 1; None for what is missing.
    line: int | None
    problem: str

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{self.key} {self.problem}".replace("  ", " ")


def faults(text: bytes) -> list[Fault]:
    """Return what is wrong with a policy file, in the order of its lines; nothing if it holds."""
    try:
        source = text.decode()
        content = tomllib.loads(source)
    except UnicodeDecodeError:
        return [Fault("", None, "The file is not UTF-8.")]
    except tomllib.TOMLDecodeError as error:
        line = _AT_LINE.search(str(error))
        return [Fault("", int(line[1]) if line else None, f"This is not TOML: {error}.")]
    found = dict(_form(content, Policy))
    if not found:
        found = dict(_sense(msgspec.convert(content, Policy)))
    lines = _lines(source)
    told = [Fault(key, lines.get(key), problem) for key, problem in found.items()]
    return sorted(told, key=lambda fault: (fault.line or 0, fault.key))


def _form(
    content: Mapping[str, object], form: type[msgspec.Struct], under: str = ""
) -> Iterator[tuple[str, str]]:
    fields = {field.name: field for field in msgspec.structs.fields(form)}
    for name in content.keys() - fields.keys():
        yield under + name, "is not a key of a policy."
    for name, field in fields.items():
        if name not in content:
            if field.required:
                yield under + name, "is missing."
            continue
        value = content[name]
        nested = isinstance(field.type, type) and issubclass(field.type, msgspec.Struct)
        if nested and isinstance(value, dict):
            inner = list(_form(value, field.type, f"{under}{name}."))
            yield from inner
            if inner:
                continue
        try:
            msgspec.convert(value, field.type)
        except msgspec.ValidationError as error:
            yield under + name, f"does not hold: {str(error)[:1].lower()}{str(error)[1:]}."


def _sense(policy: Policy) -> Iterator[tuple[str, str]]:
    """Find caps that never bind, shares of nothing, blocks that one gate could take whole."""
    typed, card, probation = policy.typed, policy.card, policy.probation
    above = {
        "typed.account_hour": (typed.account_hour, typed.account_day, "typed.account_day"),
        "typed.organisation_day_floor": (
            typed.organisation_day_floor,
            typed.organisation_day_least,
            "typed.organisation_day_least",
        ),
        "typed.region_profession_day": (
            typed.region_profession_day,
            typed.platform_day,
            "typed.platform_day",
        ),
        "typed.lease_block": (
            typed.lease_block,
            max(1, min(typed.region_profession_day, typed.platform_day)),
            "the cap that it is taken from",
        ),
        "known.days": (policy.known.days, policy.settlement_days, "settlement_days"),
        "witness.needed": (policy.witness.needed, len(policy.witness.known), "witness.known"),
        "card.account_day": (card.account_day, card.organisation_day, "card.organisation_day"),
    }
    for key, (value, limit, named) in above.items():
        if value > limit:
            yield key, f"is {value}, more than {named}, which is {limit}."
    if probation.hours and typed.account_hour and not probation.of(typed.account_hour):
        yield (
            "probation.fraction",
            f"leaves a new account nothing of typed.account_hour, which is {typed.account_hour}.",
        )


def _lines(source: str) -> dict[str, int]:
    """Return the line of each key, dotted: policies use plain keys and plain sections only."""
    found, under = dict[str, int](), ""
    for number, line in enumerate(source.splitlines(), start=1):
        if section := _SECTION.match(line):
            under = f"{section[1]}."
        elif key := _KEY.match(line):
            found[under + key[1]] = number
    return found
