"""The demonstration's witness: a process of its own, as an insurer would run it, on this machine."""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from ecluse.errors import EcluseError
from ecluse.keyring.client import LedgerKeyring
from ecluse.ledger.cosignature import verified
from ecluse.ledger.note import log_key, parse, read_checkpoint
from ecluse.local.processes import Process, free_ports
from ecluse.policy import policy as policies
from ecluse.witness.folder import Folder


if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ecluse.ledger.cosignature import WitnessKey
    from ecluse.local.installation import Installation
    from ecluse.siege.scene import Scene


NAME = "witness.example.org/demonstration"
#: Seconds for a first cosignature: a checkpoint is submitted every ten.
_PATIENCE = 30


class Witness(NamedTuple):
    """A witness at work."""

    folder: Folder
    key: WitnessKey
    #: The default policy, which names it besides.
    policy: Path

    async def follow(self, installation: Installation) -> None:
        """Have it follow the installation's log."""
        async with LedgerKeyring(installation.sockets) as keyring:
            self.folder.follow(log_key(await keyring.public_key()))

    async def cosigned(self, scene: Scene) -> int:
        """Return how many entries it has cosigned, by the checkpoint that anybody is served.

        Raises:
            EcluseError: None bears its cosignature.
        """
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            answer = await scene.http.get(f"{scene.pipe}/v1/ledger/checkpoint/cosigned")
            if answer.is_success:
                text, signatures = parse(answer.text)
                if verified(text, signatures, [self.key], time.time()):
                    return read_checkpoint(text).size
            await asyncio.sleep(0.5)
        raise EcluseError("The witness cosigned nothing.", hint="See log/witness.log.")


@contextmanager
def witness(installation: Installation) -> Iterator[Witness]:
    """Run a witness beside an operator, on a folder that is none of its own."""
    path = installation.folder / "witness"
    folder = Folder(path)
    key = folder.make(NAME).key
    port = free_ports().exchange
    process = Process(
        installation,
        "witness",
        *("ledger", "witness", "serve", "--state", str(path), "--name", NAME),
        *("--port", str(port), "--json"),
    )
    text = policies.read_text().replace(
        b"known = []", f'known = ["http://127.0.0.1:{port} {key.text()}"]'.encode()
    )
    policy = path / "policy.toml"
    policy.write_bytes(text)
    process.start()
    try:
        yield Witness(folder, key, policy)
    finally:
        process.stop()
