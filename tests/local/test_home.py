from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from ecluse.errors import EcluseError
from ecluse.home import home, socket_folder


if TYPE_CHECKING:
    from pathlib import Path


def test_the_state_is_where_it_is_told_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECLUSE_HOME", str(tmp_path / "here" / ".." / "there"))
    assert home() == tmp_path / "there"


def test_sockets_stand_in_the_state_and_are_nobody_elses(tmp_path: Path) -> None:
    folder = socket_folder(tmp_path / "s")
    assert folder == tmp_path / "s" / "run"
    assert folder.stat().st_mode & 0o077 == 0


def test_a_long_state_still_has_room_for_a_socket(tmp_path: Path) -> None:
    state = tmp_path / ("long" * 40)
    folder = socket_folder(state)
    assert len(os.fsencode(folder / "keyring-officer.sock")) <= 107
    assert folder == socket_folder(state)
    folder.rmdir()


@pytest.mark.attack
def test_a_folder_that_others_prepared_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "public").mkdir()
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "public"))
    state = tmp_path / ("long" * 40)
    trap = socket_folder(state)
    trap.rmdir()
    trap.symlink_to(tmp_path)
    with pytest.raises(EcluseError, match="not a private folder"):
        socket_folder(state)
    trap.unlink()
    trap.mkdir(0o755)
    with pytest.raises(EcluseError, match="not a private folder"):
        socket_folder(state)
