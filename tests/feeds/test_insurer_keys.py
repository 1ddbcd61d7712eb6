"""An insurer's keys stay the insurer's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ecluse.feeds import insurer_keys
from ecluse.feeds.insurer_keys import InsurerKeysError


if TYPE_CHECKING:
    from pathlib import Path

SECRET = ("signing.key", "reference.key", "age.key")


def test_keys_are_made_for_their_owner_alone_and_read_back(tmp_path: Path) -> None:
    made = insurer_keys.create(tmp_path / "keys", amc="75004407", name="Mutuelle")
    assert insurer_keys.read(tmp_path / "keys") == made
    assert (tmp_path / "keys").stat().st_mode & 0o077 == 0
    assert all((tmp_path / "keys" / name).stat().st_mode & 0o777 == 0o600 for name in SECRET)


def test_what_is_handed_over_holds_no_secret(tmp_path: Path) -> None:
    made = insurer_keys.create(tmp_path / "keys", amc="75004407", name="Mutuelle")
    public = tmp_path / "keys" / "public.json"
    assert insurer_keys.read_public(public) == made.public
    text = public.read_text()
    assert "AGE-SECRET-KEY" not in text
    assert set(text.replace('"', " ").split()) >= {"amc", "name", "signing_key", "age_recipient"}


def test_keys_are_never_overwritten(tmp_path: Path) -> None:
    insurer_keys.create(tmp_path, amc="75004407", name="Mutuelle")
    with pytest.raises(InsurerKeysError, match="already holds"):
        insurer_keys.create(tmp_path, amc="75004407", name="Mutuelle")


@pytest.mark.parametrize("name", SECRET)
@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_key_that_others_could_read_is_refused(tmp_path: Path, name: str, mode: int) -> None:
    insurer_keys.create(tmp_path, amc="75004407", name="Mutuelle")
    (tmp_path / name).chmod(mode)
    with pytest.raises(InsurerKeysError, match="can be read by others"):
        insurer_keys.read(tmp_path)


@pytest.mark.parametrize("name", SECRET)
def test_a_missing_or_cut_key_is_named(tmp_path: Path, name: str) -> None:
    insurer_keys.create(tmp_path, amc="75004407", name="Mutuelle")
    (tmp_path / name).write_bytes(b"cut")
    with pytest.raises(InsurerKeysError):
        insurer_keys.read(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(InsurerKeysError, match="cannot be opened"):
        insurer_keys.read(tmp_path)


def test_feeds_are_numbered_on(tmp_path: Path) -> None:
    assert insurer_keys.last_feed(tmp_path) == 0
    insurer_keys.remember_feed(tmp_path, 4)
    insurer_keys.remember_feed(tmp_path, 2)
    assert insurer_keys.last_feed(tmp_path) == 4
