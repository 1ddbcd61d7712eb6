"""The description of the API is whole, true to the types, and what the gate serves."""

from __future__ import annotations

import json
import re
from importlib import resources
from typing import Any
from unittest.mock import MagicMock

from ecluse.client.openapi import OPERATIONS, describe
from ecluse.gate import app


def served() -> bytes:
    return (resources.files("ecluse.gate") / "openapi.json").read_bytes()


def test_the_file_that_the_gate_serves_is_what_the_types_say() -> None:
    """After a change: `ecluse openapi --json >src/ecluse/gate/openapi.json`."""
    assert json.loads(served()) == json.loads(json.dumps(describe()))


def test_every_route_of_the_gate_is_described_and_no_other() -> None:
    doors: Any = MagicMock()  # the routes are listed, and nothing behind them is called
    found = {
        (method, re.sub(r":int", "", route.path))
        for route in app.routes(doors, doors, doors)
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert found == {(each.method, each.path) for each in OPERATIONS}


def test_every_reference_leads_somewhere() -> None:
    text = json.dumps(describe())
    components = describe()["components"]["schemas"]
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', text))
    assert names <= components.keys()
    assert "CheckBody" in names
