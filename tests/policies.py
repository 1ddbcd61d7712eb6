"""Policies of a test's own: the default one, with other numbers in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from ecluse.policy import policy as policies


if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def write(path: Path, **sections: Mapping[str, float]) -> Path:
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
