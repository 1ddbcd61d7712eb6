from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ecluse.store.binaries import inspect, locate
from ecluse.store.errors import StoreError


if TYPE_CHECKING:
    from pathlib import Path


def claim(folder: Path, version: str) -> Path:
    program = folder / "postgres"
    program.write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
    program.chmod(0o755)
    return folder


def test_the_one_that_comes_with_ecluse_is_found_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ECLUSE_PG_BIN", raising=False)
    found = locate()
    assert found.version[0] == 18
    assert found.program("initdb").is_file()


def test_a_chosen_one_goes_before_it(debian: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECLUSE_PG_BIN", str(debian))
    assert locate().folder == debian


@pytest.mark.parametrize(
    ("printed", "version"),
    [("15.14 (Debian 15.14-0+deb12u1)", (15, 14)), ("18.6", (18, 6)), ("19beta2", (19, 0))],
)
def test_versions_are_read_as_postgresql_prints_them(
    tmp_path: Path, printed: str, version: tuple[int, int]
) -> None:
    assert inspect(claim(tmp_path, printed)).version == version


def test_one_that_is_too_old_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="older than 15"):
        inspect(claim(tmp_path, "14.19"))


def test_a_folder_without_postgresql_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="do not run"):
        inspect(tmp_path)
