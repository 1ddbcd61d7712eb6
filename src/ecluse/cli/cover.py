"""`ecluse cover`: cover packages looked at, and a bill priced under one, without any person."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from ecluse.cli.output import JsonOption, result
from ecluse.cli.reading import content, read_json
from ecluse.cover.act import Bill, Borne
from ecluse.cover.lint import lint
from ecluse.cover.package import parse_packages
from ecluse.cover.price import price
from ecluse.cover.step import Language, money
from ecluse.errors import EcluseError


if TYPE_CHECKING:
    from ecluse.cover.lint import Finding
    from ecluse.cover.package import CoverPackage
    from ecluse.cover.price import Priced


app = typer.Typer(no_args_is_help=True, help="Cover packages: what is wrong, what a bill costs.")

DayOption = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The law of this day; default today.")
]
LanguageOption = Annotated[Language, typer.Option("--lang", help="Language of the sentences.")]


@app.command("lint")
def lint_packages(
    file: Annotated[Path, typer.Argument(help="An insurer's packages.json.")],
    *,
    day: DayOption = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Tell which packages break the rules of a responsible contract, article by article."""
    packages = parse_packages(content(file))
    found = [each for package in packages for each in lint(package, _day(day))]
    broken = sorted({finding.package for finding in found if finding.breaks})
    facts = {
        "packages": len(packages),
        "responsible": sum(p.responsible and p.code not in broken for p in packages),
        "broken": broken,
        "findings": [finding._asdict() for finding in found],
    }
    lines = [_finding(each, language) for each in found]
    lines.append(f"{len(packages)} packages, {len(broken)} of them break a rule.")
    result(facts, as_json=as_json, text="\n".join(lines))
    if broken:
        raise typer.Exit(1)


@app.command("price")
def price_bill(
    bill: Annotated[Path, typer.Argument(help="A bill as JSON: day, acts, in_pathway, minor.")],
    *,
    packages: Annotated[Path, typer.Option(help="The insurer's packages.json.")],
    package: Annotated[str, typer.Option(help="The code of the package.")],
    borne: Annotated[
        Path | None, typer.Option(help="What was borne before, as JSON; nothing if none.")
    ] = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Price a bill under a package: who pays what of each act, and why."""
    read = read_json(bill, Bill)
    before = read_json(borne, Borne) if borne else Borne()
    chosen = _chosen(parse_packages(content(packages)), package)
    priced = price(read, (chosen,), before)
    result(_facts(priced, language), as_json=as_json, text=_text(priced, language))


def _chosen(packages: tuple[CoverPackage, ...], code: str) -> CoverPackage:
    for package in packages:
        if package.code == code:
            return package
    raise EcluseError(
        f"There is no package {code}.", hint=f"There are: {', '.join(p.code for p in packages)}."
    )


def _day(day: datetime | None) -> date:
    return (day or datetime.now(UTC)).date()


def _finding(finding: Finding, language: Language) -> str:
    said = finding.fr if language == "fr" else finding.en
    return f"{finding.package}: {finding.article + ': ' if finding.article else ''}{said}."


def _facts(priced: Priced, language: Language) -> dict[str, Any]:
    facts: dict[str, Any] = msgspec.to_builtins(priced)
    for told, act in zip(facts["acts"], priced.acts, strict=True):
        told["why"] = [step.words(language) for step in act.steps]
    return facts


def _text(priced: Priced, language: Language) -> str:
    lines = []
    for act in priced.acts:
        lines.append(money(act.price, language))
        lines += [f"  {step.words(language)}" for step in act.steps]
    total = [f"{name} {money(getattr(priced, name), language)}" for name in ("amo", "amc")]
    total.append(
        f"{'à régler' if language == 'fr' else 'due now'} {money(priced.due_now, language)}"
    )
    return "\n".join([*lines, "; ".join(total)])
