from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from ecluse.demo.home import DemoError, fresh
from ecluse.local.installation import Installation
from ecluse.local.processes import Process, StartError, free_ports, usual_ports


if TYPE_CHECKING:
    from pathlib import Path


def test_a_process_that_cannot_start_says_why(fresh_home: Path) -> None:
    process = Process(Installation(fresh_home), "keyring", "serve", "keyring")
    with pytest.raises(StartError) as failure:
        process.start()
    assert "ecluse store migrate" in failure.value.hint
    assert not process.running()


def test_ports_that_somebody_uses_are_left_to_them() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert taken.getsockname()[1] not in free_ports()
    usual = usual_ports()
    with socket.create_server(("127.0.0.1", usual.pages)):
        assert usual.pages not in usual_ports()


def test_a_demonstration_begins_anew_and_alone(fresh_home: Path) -> None:
    installation = Installation(fresh_home)
    with fresh(installation):
        (fresh_home / "feeds").mkdir()
        with pytest.raises(DemoError, match="runs in"), fresh(installation):
            pass
    with fresh(installation):
        assert not (fresh_home / "feeds").exists()


def test_a_demonstration_touches_no_other_installation(fresh_home: Path) -> None:
    (fresh_home / "keyring").mkdir()
    (fresh_home / "keyring" / "keys.sealed").write_bytes(b"somebody's")
    with pytest.raises(DemoError, match="not a demonstration"), fresh(Installation(fresh_home)):
        pass
    assert (fresh_home / "keyring" / "keys.sealed").read_bytes() == b"somebody's"
