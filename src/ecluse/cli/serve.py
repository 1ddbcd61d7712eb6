"""`ecluse serve`: one command per process of ours."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ecluse.breach.render import Press
from ecluse.breach.working import keep_working
from ecluse.cli.memory import keep_private
from ecluse.cli.serving import announce, run_until_stopped, serve_http
from ecluse.console import app as console_app
from ecluse.console import deeds
from ecluse.errors import EcluseError
from ecluse.exchange import app as exchange_app
from ecluse.exchange.running import Terms
from ecluse.gate.app import create_app
from ecluse.gate.gate import GateConfig
from ecluse.keyring.client import BreachKeyring, LedgerKeyring, WatchKeyring
from ecluse.keyring.reader import Reader
from ecluse.keyring.server import serve
from ecluse.keyring.service import Keyring
from ecluse.ledger.cosigning import keep_cosigned, show
from ecluse.ledger.errors import BrokenLedgerError
from ecluse.ledger.keeper import keep
from ecluse.ledger.note import VerifierKey, log_key
from ecluse.local import witnesses
from ecluse.local.installation import Installation
from ecluse.local.processes import Operator, usual_ports
from ecluse.local.supervisor import Supervisor
from ecluse.login.passkey import RelyingParty
from ecluse.policy import policy as policies
from ecluse.policy.policy import Policy
from ecluse.portal import pages_server, pipe
from ecluse.store.roles import Role
from ecluse.watch.running import keep_watch


app = typer.Typer(no_args_is_help=True, help="The processes, one by one.")

PAGES_PORT, PIPE_PORT, GATE_PORT, CONSOLE_PORT, EXCHANGE_PORT = 8470, 8471, 8472, 8473, 8474
PAGES_ORIGIN, PIPE_ORIGIN = f"http://localhost:{PAGES_PORT}", f"http://localhost:{PIPE_PORT}"

HostOption = Annotated[str, typer.Option(help="Address to listen on.")]
PortOption = Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")]
PagesOriginOption = Annotated[str, typer.Option(help="Origin of the pages, as browsers reach it.")]
PipeOriginOption = Annotated[str, typer.Option(help="Origin of the pipe, as browsers reach it.")]
PolicyOption = Annotated[
    Path | None, typer.Option(help="Policy file; the one in force at home if none.")
]
RelyingPartyOption = Annotated[
    str, typer.Option("--rp-id", help="Domain that passkeys are bound to: the pages' own.")
]


@app.command()
def keyring(*, policy: PolicyOption = None) -> None:
    """Hold the keys; locate and unseal for the gate, evaluate feeds for the loader."""
    keep_private()
    logging.basicConfig(level=logging.WARNING)
    installation = Installation.from_environment()
    rules, _ = policies.read(policy or installation.policy_in_force)
    run_until_stopped(_keyring(installation, rules.known.days))


async def _keyring(installation: Installation, known_days: int) -> None:
    reader = await Reader.open(installation.database.dsn(Role.KEYRING))
    try:
        service = Keyring(
            installation.open_vault(),
            installation.keyring_folder,
            reader,
            known_days=known_days,
        )
        await service.recall()
        await serve(service, installation.sockets, lambda: announce("keyring"))
    finally:
        await reader.close()


@app.command()
def ledger() -> None:
    """Follow the ledger: grow its tree, have checkpoints signed, and cosigned by witnesses."""
    logging.basicConfig(level=logging.WARNING)
    run_until_stopped(_ledger(Installation.from_environment()))


async def _ledger(installation: Installation) -> None:
    signer = LedgerKeyring(installation.sockets)
    connect = partial(installation.database.connect, Role.LEDGER)
    announce("ledger")

    terms = partial(witnesses.terms, installation)

    async def key() -> VerifierKey:
        return log_key(await signer.public_key())

    cosigning = asyncio.create_task(keep_cosigned(connect, key, terms, _report))
    try:
        await keep(connect, signer, _report)
    except BrokenLedgerError:
        await show(connect, await key(), terms)
        raise
    finally:
        cosigning.cancel()
        await asyncio.gather(cosigning, return_exceptions=True)
        await signer.close()


def _report(error: Exception) -> None:
    logging.getLogger("ecluse.ledger").warning("interrupted: %s", type(error).__name__)


@app.command()
def watch(*, policy: PolicyOption = None) -> None:
    """Follow the ledger: raise alarms, contain accounts."""
    logging.basicConfig(level=logging.WARNING)
    installation = Installation.from_environment()
    rules, _ = policies.read(policy or installation.policy_in_force)
    run_until_stopped(_watch(installation, rules))


async def _watch(installation: Installation, rules: Policy) -> None:
    keyring = WatchKeyring(installation.sockets)
    announce("watch")
    try:
        connect = partial(installation.database.connect, Role.WATCH)
        await keep_watch(connect, keyring, rules, installation.policies, _interrupted)
    finally:
        await keyring.close()


def _interrupted(error: Exception) -> None:
    logging.getLogger("ecluse.watch").warning("interrupted: %s", type(error).__name__)


@app.command()
def breach() -> None:
    """Read open incidents and build their notices, as officers ask for it at the console."""
    logging.basicConfig(level=logging.WARNING)
    run_until_stopped(_breach(Installation.from_environment()))


async def _breach(installation: Installation) -> None:
    keyring = BreachKeyring(installation.sockets)
    announce("breach")
    try:
        connect = partial(installation.database.connect, Role.BREACH)
        await keep_working(connect, keyring, Press(), _unread)
    finally:
        await keyring.close()


def _unread(error: Exception) -> None:
    logging.getLogger("ecluse.breach").warning("interrupted: %s", type(error).__name__)


@app.command()
def gate(
    *,
    host: HostOption = "127.0.0.1",
    port: PortOption = GATE_PORT,
    public_origin: PipeOriginOption = PIPE_ORIGIN,
    pages_origin: PagesOriginOption = PAGES_ORIGIN,
    rp_id: RelyingPartyOption = "localhost",
    policy: PolicyOption = None,
) -> None:
    """Verify, decide, write the ledger, release one answer at a time."""
    keep_private()
    logging.basicConfig(level=logging.WARNING)
    installation = Installation.from_environment()
    text = policies.read_text(policy or installation.policy_in_force)
    digest = installation.policies.put(text)
    config = GateConfig(
        dsn=installation.database.dsn(Role.GATE),
        sockets=installation.sockets,
        public_origin=public_origin,
        party=RelyingParty(rp_id, pages_origin),
        policy=policies.parse(text),
        policy_digest=digest,
        policies=installation.policies.folder,
    )
    serve_http(create_app(config), "gate", host, port)


@app.command()
def console(
    *,
    host: HostOption = "127.0.0.1",
    port: PortOption = CONSOLE_PORT,
    public_origin: PipeOriginOption = PIPE_ORIGIN,
    pages_origin: PagesOriginOption = PAGES_ORIGIN,
    rp_id: RelyingPartyOption = "localhost",
    policy: Annotated[
        Path | None, typer.Option(help="Policy file, for the length of probation.")
    ] = None,
) -> None:
    """Let officers, holders and insurers' staff do what their role allows, by signed requests."""
    logging.basicConfig(level=logging.WARNING)
    installation = Installation.from_environment()
    rules, _ = policies.read(policy or installation.policy_in_force)
    config = console_app.ConsoleConfig(
        dsn=installation.database.dsn(Role.OFFICER),
        sockets=installation.sockets,
        public_origin=public_origin,
        party=RelyingParty(rp_id, pages_origin),
        terms=deeds.Terms(
            timedelta(hours=rules.probation.hours), timedelta(days=rules.client.key_days)
        ),
    )
    serve_http(console_app.create_app(config), "console", host, port)


@app.command()
def exchange(
    *,
    host: HostOption = "127.0.0.1",
    port: PortOption = EXCHANGE_PORT,
    public_origin: Annotated[
        str, typer.Option(help="Origin by which other operators reach this process.")
    ] = f"http://localhost:{EXCHANGE_PORT}",
    name: Annotated[str, typer.Option(help="This operator's name, as others read it.")] = "Écluse",
    policy: PolicyOption = None,
) -> None:
    """Tell other operators of alarms about professionals, and follow theirs, by the policy."""
    logging.basicConfig(level=logging.WARNING)
    installation = Installation.from_environment()
    rules, _ = policies.read(policy or installation.policy_in_force)
    config = exchange_app.ExchangeConfig(
        dsn=installation.database.dsn(Role.EXCHANGE),
        sockets=installation.sockets,
        public_origin=public_origin,
        terms=Terms(name, rules, installation.policies),
    )
    serve_http(exchange_app.create_app(config, _unheard), "exchange", host, port)


def _unheard(error: Exception) -> None:
    said = error.problem if isinstance(error, EcluseError) else type(error).__name__
    logging.getLogger("ecluse.exchange").warning("interrupted: %s", said)


@app.command()
def pages(
    *,
    host: HostOption = "127.0.0.1",
    port: PortOption = PAGES_PORT,
    pipe_origin: PipeOriginOption = PIPE_ORIGIN,
    rp_id: RelyingPartyOption = "localhost",
) -> None:
    """Serve the pages: static files that hold nothing of anybody."""
    config = pages_server.PagesConfig(pipe_origin, rp_id)
    serve_http(pages_server.create_app(config), "pages", host, port)


@app.command("pipe")
def serve_pipe(
    *,
    host: HostOption = "127.0.0.1",
    port: PortOption = PIPE_PORT,
    gate: Annotated[
        list[str],
        typer.Option(help="http://host:port of a gate, or its Unix socket; again for each gate."),
    ],
    pages_origin: PagesOriginOption = PAGES_ORIGIN,
    console: Annotated[
        str | None, typer.Option(help="The console likewise; without it nobody reaches one.")
    ] = None,
) -> None:
    """Carry signed requests to a gate and answers back, and nothing else."""
    config = pipe.PipeConfig(tuple(gate), pages_origin, console)
    serve_http(pipe.create_app(config), "pipe", host, port)


@app.command("all")
def serve_all(
    *,
    gates: Annotated[int, typer.Option(min=1, help="How many gates share the work.")] = 2,
    policy: Annotated[
        Path | None, typer.Option(help="Policy file for the first start; then the one in force.")
    ] = None,
    name: Annotated[str, typer.Option(help="This operator's name among operators.")] = "Écluse",
) -> None:
    """Run every process on this machine, PostgreSQL too, and replace what dies."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    installation = Installation.from_environment()
    asyncio.run(installation.database.prepare())
    rules = str(policy) if policy else None
    with (
        Operator(installation, usual_ports(), rules, gates, watched=True, name=name) as operator,
        Supervisor(operator),
    ):
        announce("all", pages=operator.ports.pages, pipe=operator.ports.pipe, gates=gates)
        run_until_stopped(_until_told())
    asyncio.run(installation.database.stop())


async def _until_told() -> None:
    await asyncio.Event().wait()
