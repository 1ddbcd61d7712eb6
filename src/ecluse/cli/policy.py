"""`ecluse policy`: what the policy says, whether a file is one, what a theft could disclose."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ecluse.cli.output import JsonOption, result
from ecluse.cli.simulate import simulate
from ecluse.local.installation import Installation
from ecluse.policy import bound, words
from ecluse.policy import policy as policies
from ecluse.policy.faults import faults


if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecluse.policy.bound import StolenOrganisation
    from ecluse.policy.faults import Fault
    from ecluse.policy.policy import Policy


app = typer.Typer(no_args_is_help=True, help="The policy: what a login may be worth.")
app.command()(simulate)

FileArgument = Annotated[Path | None, typer.Argument(help="Policy file; the one in force if none.")]

#: Thefts that a change of policy is judged by: stolen accounts, in any 24 hours.
_THEFTS = (1, 10, 100)


@app.command()
def show(file: FileArgument = None, *, as_json: JsonOption = False) -> None:
    """Show a policy in words: each number, its unit, its meaning."""
    policy, digest = policies.read(file or _in_force())
    terms = words.terms(policy)
    lines = [f"{term.value!s:>10} {term.unit:<32} {term.meaning}  ({term.key})" for term in terms]
    result(
        {
            "policy": policy.version,
            "sha256": digest,
            "terms": {term.key: term._asdict() for term in terms},
        },
        as_json=as_json,
        text="\n".join([*lines, f"SHA-256 {digest}"]),
    )


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="Policy file to look at.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Name every fault of a policy file, or tell what it would change."""
    wrong = faults(policies.read_text(file))
    if wrong:
        _tell_faults(wrong, as_json=as_json)
        raise typer.Exit(1)
    policy, digest = policies.read(file)
    current, _ = policies.read(_in_force())
    changes = words.changes(current, policy)
    bounds = [(number, _worst(current, number), _worst(policy, number)) for number in _THEFTS]
    lines = [f"  {change.key}: {change.before} -> {change.after}" for change in changes]
    told = [f"  {n:>4} stolen accounts: {old} -> {new}" for n, old, new in bounds]
    text = [
        "The file holds. Against the policy in force:",
        *(lines or ["  nothing changes"]),
        "Most persons disclosed in any 24 hours, but for those who present a card:",
        *told,
        f"SHA-256 {digest}",
    ]
    facts = {
        "holds": True,
        "policy": policy.version,
        "sha256": digest,
        "changes": [change._asdict() for change in changes],
        "bounds": [{"accounts": n, "before": old, "after": new} for n, old, new in bounds],
    }
    result(facts, as_json=as_json, text="\n".join(text))


@app.command()
def propose(
    file: Annotated[Path, typer.Argument(help="Policy file that two officers shall agree on.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Lay a policy down for the gates; it comes into force when two officers agree on its SHA-256."""
    text = policies.read_text(file)
    wrong = faults(text)
    if wrong:
        _tell_faults(wrong, as_json=as_json)
        raise typer.Exit(1)
    digest = Installation.from_environment().policies.put(text).hex()
    act = {"kind": "policy_change", "sha256": digest}
    result(
        {"policy": policies.parse(text).version, "sha256": digest, "act": act},
        as_json=as_json,
        text=f"Laid down as {digest}. One officer proposes the act policy_change of this SHA-256 at"
        " the console, another seconds it; every gate follows within two seconds.",
    )


@app.command("bound")
def show_bound(
    file: FileArgument = None,
    *,
    accounts: Annotated[int, typer.Option(min=1, help="How many accounts are stolen.")],
    hours: Annotated[int, typer.Option(min=1, help="Length of the window.")] = 24,
    organisations: Annotated[
        int | None, typer.Option(min=1, help="How many organisations the accounts belong to.")
    ] = None,
    professionals: Annotated[
        int, typer.Option(min=1, help="Registered at each of these organisations.")
    ] = 1,
    places: Annotated[
        int | None,
        typer.Option(min=1, help="Regions and professions these are in; each its own if none."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compute the most persons that stolen accounts can disclose in any window, from the file."""
    policy, digest = policies.read(file or _in_force())
    spreads = {"worst": bound.worst(policy, accounts, hours)}
    if organisations is not None:
        spreads["stated"] = bound.spread(
            accounts,
            organisations=organisations,
            professionals=professionals,
            places=places,
        )
    composed = {name: _composed(policy, stolen, hours) for name, stolen in spreads.items()}
    facts = {
        "policy": policy.version,
        "sha256": digest,
        "accounts": accounts,
        "hours": hours,
        "persons": composed["worst"]["persons"],
        **composed,
    }
    text = [f"{accounts} stolen accounts, any {hours} hours, policy {policy.version}:"]
    for name, parts in composed.items():
        text += _bound_in_words(name, parts)
    result(facts, as_json=as_json, text="\n".join(text))


def _in_force() -> Path | None:
    return Installation.from_environment().policy_in_force


def _worst(policy: Policy, accounts: int, hours: int = 24) -> int:
    return bound.persons(policy, bound.worst(policy, accounts, hours), hours)


def _composed(policy: Policy, stolen: Sequence[StolenOrganisation], hours: int) -> dict[str, Any]:
    """Return the bound of one spread, lane by lane: the card lane adds nobody by itself."""
    typed = bound.typed_levels(policy, stolen, hours)
    known = bound.known_bound(policy, stolen, hours)
    return {
        "organisations": len(stolen),
        "persons": bound.persons(policy, stolen, hours),
        "known": {"persons": known},
        "typed": {"persons": typed.persons, "binds": typed.binds, **typed._asdict()},
        "card": {"persons": 0, "who_present_themselves": bound.card_bound(policy, stolen, hours)},
    }


def _bound_in_words(name: str, parts: dict[str, Any]) -> list[str]:
    typed, known, card = parts["typed"], parts["known"], parts["card"]
    levels = ", ".join(f"{level} {typed[level]}" for level in bound.Levels._fields)
    return [
        f"  {name} spread, over {parts['organisations']} organisations: {parts['persons']} persons",
        f"    typed lane: {typed['persons']}; the {typed['binds']}'s cap binds ({levels})",
        f"    known lane: {known['persons']}, all of them these organisations' own patients",
        f"    card lane: nobody but who presents a card, {card['who_present_themselves']} at most",
    ]


def _tell_faults(wrong: list[Fault], *, as_json: bool) -> None:
    facts = {"holds": False, "faults": [fault._asdict() for fault in wrong]}
    text = "\n".join(["This is no policy to put in force:", *(f"  {fault}" for fault in wrong)])
    result(facts, as_json=as_json, text=text)
