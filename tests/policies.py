"""Policies of a test's own: the default one, with other numbers in it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import msgspec

from ecluse.acts import act
from ecluse.acts.act import PolicyChange
from ecluse.policy import policy as policies
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ecluse.local.installation import Installation


def write(path: Path, **sections: Mapping[str, object]) -> Path:
    """Write the default policy to `path`, with the numbers of `sections` in place of its own."""
    whole = msgspec.to_builtins(policies.read()[0])
    for name, numbers in sections.items():
        whole[name] |= numbers
    plain = {key: value for key, value in whole.items() if not isinstance(value, dict)}
    tables = {key: value for key, value in whole.items() if isinstance(value, dict)}
    lines = [_line(*item) for item in plain.items()]
    for name, table in tables.items():
        lines += [f"[{name}]", *(_line(*item) for item in table.items())]
    path.write_text("\n".join(lines) + "\n")
    return path


def _line(key: str, value: object) -> str:
    return f"{key} = {json.dumps(value)}"


_AGREED = """
INSERT INTO act (act, content, digest, state, proposer, proposer_key, proposed_at, expires_at,
                 seconder, seconder_key)
VALUES ($1, $2, $3, 'seconded', 'a', 'a', now(), now() + interval '1 hour', 'b', 'b')
"""


async def agree(installation: Installation, text: bytes) -> bytes:
    """Lay a policy down and have two officers agree on it; return its SHA-256."""
    digest = installation.policies.put(text)
    await second(installation, digest)
    return digest


async def second(installation: Installation, digest: bytes) -> None:
    """Have two officers' agreement on a policy stand in the book."""
    content = PolicyChange(digest.hex())
    connection = await installation.database.connect(Role.OWNER)
    try:
        text = act.canonical(content).decode()
        await connection.execute(_AGREED, os.urandom(16), text, act.digest(content))
    finally:
        await connection.close()
