"""`ecluse ledger`: verify the log, print its checkpoint, prove an entry.

Its keeper is a process of its own: `ecluse serve ledger`. `ecluse ledger witness` is for others, on
machines of their own.
"""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from ecluse.cli import witness
from ecluse.cli.output import JsonOption, progress, result
from ecluse.keyring.client import LedgerKeyring
from ecluse.ledger import cosigned, note, proofs
from ecluse.ledger.verify import Report, verify
from ecluse.local import witnesses
from ecluse.local.installation import Installation
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from ecluse.ledger.note import VerifierKey


app = typer.Typer(no_args_is_help=True, help="The append-only ledger: verify it, prove an entry.")
app.add_typer(witness.app, name="witness")

KeyOption = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="NAME+ID+KEY",
        help="The log's verifier key, to verify without the keyring: sealed texts are then not "
        "compared with their commitments. Without it the keyring is asked.",
    ),
]


@app.command("verify")
def verify_log(*, key: KeyOption = None, as_json: JsonOption = False) -> None:
    """Recompute everything from storage; exit 0 only when it is all as it was signed."""
    report = asyncio.run(_verify(Installation.from_environment(), key))
    facts = msgspec.to_builtins(report)
    result(facts, as_json=as_json, text=_told(report))
    if not report.verified:
        raise typer.Exit(1)


@app.command("checkpoint")
def print_checkpoint(*, as_json: JsonOption = False) -> None:
    """Print the latest checkpoint, a C2SP signed note, with the cosignatures that it has."""
    text = asyncio.run(_checkpoint(Installation.from_environment()))
    signed = note.read_checkpoint(note.parse(text)[0])
    facts = {
        "origin": signed.origin,
        "size": signed.size,
        "root": base64.b64encode(signed.root).decode(),
        "note": text,
    }
    result(facts, as_json=as_json, text=text.removesuffix("\n"))


@app.command()
def status(*, as_json: JsonOption = False) -> None:
    """Tell how witnesses stand to the ledger; exit 0 only when they are as the policy asks."""
    found = asyncio.run(witnesses.status(Installation.from_environment()))
    result(msgspec.to_builtins(found), as_json=as_json, text=_standing(found))
    if not found.holds:
        raise typer.Exit(1)


@app.command("key")
def print_key(*, as_json: JsonOption = False) -> None:
    """Print the log's verifier key, for those who verify elsewhere."""
    key = asyncio.run(_key(Installation.from_environment()))
    facts = {"name": key.name, "key": key.text()}
    result(facts, as_json=as_json, text=key.text())


@app.command("proof")
def print_proof(
    position: Annotated[int, typer.Argument(min=0, help="The entry's, as its receipt says.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Prove that an entry stands in the ledger of the latest checkpoint."""
    proof = asyncio.run(_proof(Installation.from_environment(), position))
    facts = msgspec.to_builtins(proof)
    text = "\n".join(
        [f"Entry {proof.position} of {proof.size}: {facts['commitment']}", *facts["hashes"]]
    )
    result(facts, as_json=as_json, text=text)


@app.command("consistency")
def print_consistency(
    size: Annotated[int, typer.Argument(min=1, help="Entries of the checkpoint that you kept.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Prove that the latest checkpoint goes on from an earlier one."""
    proof = asyncio.run(_consistency(Installation.from_environment(), size))
    facts = msgspec.to_builtins(proof)
    text = "\n".join([f"The first {proof.old} of {proof.size} entries", *facts["hashes"]])
    result(facts, as_json=as_json, text=text)


async def _verify(installation: Installation, named: str | None) -> Report:
    salts: dict[str, bytes] = {}
    if named is None:
        async with LedgerKeyring(installation.sockets) as keyring:
            key = note.log_key(await keyring.public_key())
            salts = await keyring.salts()
    else:
        key = note.VerifierKey.parse(named)
    connection = await installation.database.connect(Role.LEDGER)
    try:
        with progress() as bar:
            task = bar.add_task("Verifying", total=None, rate="")
            return await verify(
                connection,
                key,
                salts=salts,
                told=lambda done, total: bar.update(task, completed=done, total=total),
            )
    finally:
        await connection.close()


async def _checkpoint(installation: Installation) -> str:
    connection = await installation.database.connect(Role.LEDGER)
    try:
        plain = await proofs.checkpoint(connection)
        latest = await cosigned.latest(connection)
        return latest.whole if latest else plain
    finally:
        await connection.close()


async def _key(installation: Installation) -> VerifierKey:
    async with LedgerKeyring(installation.sockets) as keyring:
        return note.log_key(await keyring.public_key())


async def _proof(installation: Installation, position: int) -> proofs.InclusionProof:
    connection = await installation.database.connect(Role.LEDGER)
    try:
        return await proofs.inclusion(connection, position)
    finally:
        await connection.close()


async def _consistency(installation: Installation, size: int) -> proofs.ConsistencyProof:
    connection = await installation.database.connect(Role.LEDGER)
    try:
        return await proofs.consistency(connection, size)
    finally:
        await connection.close()


def _told(report: Report) -> str:
    compared = (
        f"{report.checkpoints} checkpoints, {report.tiles} tiles, {report.commitments} texts,"
    )
    lines = [
        f"{report.entries} entries, root {report.root}",
        f"{report.signed} of them are signed for.",
        f"Compared: {compared} {report.cosignatures} cosignatures.",
    ]
    for fault in report.faults:
        place = "" if fault.position is None else f"position {fault.position}: "
        lines.append(f"FAULT {place}{fault.problem}")
    lines.append("Everything is as it was signed." if report.verified else "NOT as it was signed.")
    return "\n".join(lines)


def _standing(status: witnesses.Status) -> str:
    lines = [
        f"{status.size} entries, cosigned {status.at:%Y-%m-%d %H:%M:%S} UTC"
        if status.at
        else "No checkpoint is cosigned.",
        f"The policy needs {status.needed} of {len(status.witnesses)} witnesses.",
    ]
    for each in status.witnesses:
        said = "was never asked"
        if each.standing:
            said = each.standing.problem or f"cosigned {each.standing.size} entries"
        lines.append(f"{each.name} ({each.url}): {said}")
    lines += [
        f"REFUSED {refusal.at:%Y-%m-%d %H:%M:%S} UTC: {refusal.kind}, by {refusal.witness}\n"
        f"--- cosigned\n{refusal.cosigned}--- offered\n{refusal.offered}"
        for refusal in status.refused
    ]
    lines.append("As the policy asks." if status.holds else "NOT as the policy asks.")
    return "\n".join(lines)
