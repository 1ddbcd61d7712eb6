"""A cover package (garantie): what an insurer pays for which act, about nobody in particular."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import msgspec

from ecluse.cover import basis
from ecluse.cover.family import CareFamily
from ecluse.cover.guarantee import Applies
from ecluse.errors import EcluseError


if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecluse.cover.act import Act


_Code = Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9][A-Z0-9_-]{0,19}$")]
_Label = Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f]+$")]
_Basis = Annotated[str, msgspec.Meta(pattern=basis.PATTERN)]
_PATH = re.compile(r" - at `([^`]*)`$")


class PackagesError(EcluseError):
    """A list of packages cannot be used: where in it, and what is wrong there."""


class CoverLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One act and what is paid for it.

    Attributes:
        act_fr: the act in French, as the contract names it.
        act_en: the same in English.
        basis: "150% BR", "100% FR", "100% PLV", "50 EUR/night", "300 EUR/2 years".
        applies: which acts it is for, for the rules; a line without it is read by people alone.
    """

    act_fr: _Label
    act_en: _Label
    basis: _Basis
    applies: Applies | None = None


_Lines = Annotated[tuple[CoverLine, ...], msgspec.Meta(min_length=1)]
_Families = dict[CareFamily, _Lines]


class CoverPackage(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A package as an insurer's `packages.json` holds it.

    A family that is absent is not covered at all.

    Attributes:
        code: unlike any other's in the list.
        label_fr: what the insurer calls it, in French.
        label_en: the same in English.
        families: its lines by care family; of those that apply to an act the first one counts.
        responsible: whether it is a responsible contract (L871-1).
    """

    code: _Code
    label_fr: _Label
    label_en: _Label
    families: _Families
    responsible: bool = True

    def line(self, family: CareFamily, act: Act) -> CoverLine | None:
        """Return the line that counts for an act of a family."""
        for line in self.families.get(family, ()):
            if line.applies is not None and line.applies.fits(act):
                return line
        return None

    def covers(self, family: CareFamily) -> bool:
        """Tell whether the package pays anything in a care family."""
        return family in self.families


_decoder = msgspec.json.Decoder(tuple[CoverPackage, ...])


def parse_packages(raw: bytes) -> tuple[CoverPackage, ...]:
    """Read and validate a `packages.json`.

    Raises:
        PackagesError: not JSON, a field missing, unknown or malformed, a package without any
            family, no package at all, or two with the same code.
    """
    try:
        packages = _decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise PackagesError(
            _place(error), hint="Correct packages.json and prepare the feed again."
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PackagesError(
            "packages.json is not JSON in UTF-8", hint="Write it again as one JSON list."
        ) from error
    _require_whole(packages)
    return packages


def dump_packages(packages: Sequence[CoverPackage]) -> bytes:
    """Return packages as `parse_packages` reads them, indented for people."""
    return msgspec.json.format(msgspec.json.encode(packages), indent=1) + b"\n"


def _require_whole(packages: Sequence[CoverPackage]) -> None:
    """Check what no single field can tell."""
    if not packages:
        raise PackagesError("packages.json holds no package", hint="List at least one.")
    seen: set[str] = set()
    for package in packages:
        if package.code in seen:
            raise PackagesError(
                f"packages.json holds two packages with the code {package.code}",
                hint="Give each package a code of its own.",
            )
        if not package.families:
            raise PackagesError(
                f"package {package.code} covers no care family",
                hint="Give it at least one family, or remove it.",
            )
        seen.add(package.code)


def _place(error: msgspec.ValidationError) -> str:
    """Turn msgspec's message, "... - at `$[2].code`", into a sentence led by the place."""
    message = str(error)
    found = _PATH.search(message)
    if found is None:
        return f"packages.json: {message}"
    return f"packages.json at {found[1]}: {message[: found.start()]}"
