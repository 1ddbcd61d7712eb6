"""Our processes on one machine: started in order, waited for, stopped by process id."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple, Self

from ecluse.errors import EcluseError
from ecluse.portal.pages_server import PagesConfig


if TYPE_CHECKING:
    from ecluse.local.installation import Installation


_START_SECONDS = 60
_STOP_SECONDS = 10


class StartError(EcluseError):
    """A process did not come up."""


class Process:
    """One of our commands, running."""

    def __init__(self, installation: Installation, name: str, *arguments: str) -> None:
        self.name = name
        self._log = installation.logs / f"{name}.log"
        self._command = [sys.executable, "-m", "ecluse", *arguments]
        self._environment = {**os.environ, "ECLUSE_HOME": str(installation.folder)}
        if installation.database.url:
            self._environment["ECLUSE_DATABASE_URL"] = installation.database.url
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id, once started."""
        if self._process is None:
            raise StartError(f"{self.name} was not started.")
        return self._process.pid

    def start(self) -> None:
        """Start, and return when the process says that it serves.

        Raises:
            StartError: See `wait`.
        """
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Start, without waiting."""
        if self._process is not None and not self.running():
            self._bury(self._process)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, env=self._environment, stdout=subprocess.PIPE, stderr=log
            )

    def wait(self) -> None:
        """Return when the process says that it serves.

        Raises:
            StartError: It ended first, or said nothing for a minute; with what it complained of.
        """
        if self._process is None or self._process.stdout is None:
            raise StartError(f"{self.name} was not started.")
        # A process that hangs is killed, which ends the line that is waited for.
        watchdog = threading.Timer(_START_SECONDS, self._process.kill)
        watchdog.start()
        line = self._process.stdout.readline()
        watchdog.cancel()
        if not line.startswith(b"{") or json.loads(line).get("serving") is None:
            self.stop()
            raise StartError(
                f"The {self.name} process did not start.", hint=f"Its last words: {self._words()}"
            )

    def stop(self) -> None:
        """Ask the process to end; kill it if it does not."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._bury(self._process)

    def kill(self) -> None:
        """Kill the process, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._bury(self._process)

    @staticmethod
    def _bury(process: subprocess.Popen[bytes]) -> None:
        process.wait()
        if process.stdout:
            process.stdout.close()

    def running(self) -> bool:
        """Tell whether the process still runs."""
        return self._process is not None and self._process.poll() is None

    def _words(self) -> str:
        words = self._log.read_text(errors="replace").strip().splitlines()
        return words[-1] if words else f"none; see {self._log}"


class Ports(NamedTuple):
    """Where the parts listen on the loopback interface."""

    pages: int
    pipe: int
    gate: int
    console: int
    exchange: int

    @property
    def pages_origin(self) -> str:
        """The pages' origin."""
        return f"http://localhost:{self.pages}"

    @property
    def exchange_origin(self) -> str:
        """Where other operators reach this one."""
        return f"http://localhost:{self.exchange}"

    @property
    def pipe_origin(self) -> str:
        """The pipe's origin: what requests are signed for."""
        return f"http://localhost:{self.pipe}"


def free_ports() -> Ports:
    """Return ports that nobody listens on at this moment."""
    with ExitStack() as stack:
        sockets = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in Ports._fields
        ]
        return Ports(*(each.getsockname()[1] for each in sockets))


def usual_ports() -> Ports:
    """Return the ports that people expect, or free ones when somebody listens there."""
    usual = Ports(pages=8470, pipe=8471, gate=8472, console=8473, exchange=8474)
    try:
        for port in usual:
            socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return free_ports()
    return usual


class Operator:
    """Keyring, ledger keeper, gates, console, pages and pipe, on a prepared database.

    Watched with a watch and the breach part, and named with an exchange, by that name among operators.
    """

    def __init__(
        self,
        installation: Installation,
        ports: Ports | None = None,
        policy: str | None = None,
        gates: int = 1,
        *,
        watched: bool = False,
        name: str | None = None,
    ) -> None:
        self.installation = installation
        self.ports = ports or free_ports()
        rules = ("--policy", policy) if policy else ()
        self.keyring = Process(installation, "keyring", "serve", "keyring", *rules)
        self.ledger = Process(installation, "ledger", "serve", "ledger")
        self.watch = Process(installation, "watch", "serve", "watch", *rules) if watched else None
        self.breach = Process(installation, "breach", "serve", "breach") if watched else None
        self.exchange = (
            Process(
                installation,
                "exchange",
                *("serve", "exchange", "--port", str(self.ports.exchange)),
                *("--public-origin", self.ports.exchange_origin, "--name", name),
                *rules,
            )
            if name
            else None
        )
        gate_ports = [self.ports.gate, *(free_ports().gate for _ in range(gates - 1))]
        self.gates = [
            Process(
                installation,
                f"gate-{number}" if number > 1 else "gate",
                *("serve", "gate", "--port", str(port)),
                *("--public-origin", self.ports.pipe_origin),
                *("--pages-origin", self.ports.pages_origin),
                *rules,
            )
            for number, port in enumerate(gate_ports, start=1)
        ]
        self.console = Process(
            installation,
            "console",
            *("serve", "console", "--port", str(self.ports.console)),
            *("--public-origin", self.ports.pipe_origin),
            *("--pages-origin", self.ports.pages_origin),
            *(("--policy", policy) if policy else ()),
        )
        self.pages = Process(
            installation,
            "pages",
            *("serve", "pages", "--port", str(self.ports.pages)),
            *("--pipe-origin", self.ports.pipe_origin),
        )
        self.pipe = Process(
            installation,
            "pipe",
            *("serve", "pipe", "--port", str(self.ports.pipe)),
            *(part for port in gate_ports for part in ("--gate", f"http://127.0.0.1:{port}")),
            *("--console", f"http://127.0.0.1:{self.ports.console}"),
            *("--pages-origin", self.ports.pages_origin),
        )

    @property
    def gate(self) -> Process:
        """The first gate."""
        return self.gates[0]

    @property
    def pages_config(self) -> PagesConfig:
        """What the pages' process is told."""
        return PagesConfig(self.ports.pipe_origin, "localhost")

    @property
    def processes(self) -> list[Process]:
        """Every process, from the innermost outwards."""
        others = [each for each in (self.watch, self.breach, self.exchange) if each]
        return [
            *(self.keyring, self.ledger, *others),
            *(*self.gates, self.console, self.pages, self.pipe),
        ]

    def __enter__(self) -> Self:
        """Start every process; only gates have to find another one, the keyring, at work."""
        others = [process for process in self.processes if process not in self.gates]
        try:
            for process in others:
                process.launch()
            self.keyring.wait()
            for gate in self.gates:
                gate.launch()
            for process in self.processes[1:]:
                process.wait()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop every process, the outermost first."""
        for process in reversed(self.processes):
            process.stop()
