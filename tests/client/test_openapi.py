"""The description of the API is true to the types, and what the gate serves."""

from __future__ import annotations

import json
import re
from importlib import resources

from ecluse.client.openapi import describe


def served() -> bytes:
    return (resources.files("ecluse.gate") / "openapi.json").read_bytes()


def test_the_file_that_the_gate_serves_is_what_the_types_say() -> None:
    """After a change: `ecluse openapi --json >src/ecluse/gate/openapi.json`."""
    assert json.loads(served()) == json.loads(json.dumps(describe()))


def test_every_reference_leads_somewhere() -> None:
    text = json.dumps(describe())
    components = describe()["components"]["schemas"]
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', text))
    assert names <= components.keys()
    assert "CheckBody" in names
