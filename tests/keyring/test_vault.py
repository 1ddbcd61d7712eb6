"""Keys at rest: opened by their passphrase, read by their owner alone, never overwritten."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ecluse.errors import EcluseError
from ecluse.keyring.vault import FeedMark, Marks, Milestone, Vault, VaultError, write_durably


if TYPE_CHECKING:
    from keyring.lodge import NewKeys


PASSPHRASE = b"correct horse"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keyring"


@pytest.fixture
def vault(folder: Path) -> Vault:
    return Vault.create(folder, PASSPHRASE)


def refused(folder: Path, passphrase: bytes = PASSPHRASE) -> str:
    with pytest.raises(VaultError) as told:
        Vault.open(folder, passphrase)
    return told.value.problem


def test_it_opens_with_its_passphrase_and_gives_back_the_same_keys(
    vault: Vault, folder: Path
) -> None:
    month = vault.month("2026-11")
    again = Vault.open(folder, PASSPHRASE)
    assert again.keys == vault.keys
    assert again.month("2026-11") == month


def test_two_vaults_have_nothing_in_common(vault: Vault, tmp_path: Path) -> None:
    other = Vault.create(tmp_path / "other", PASSPHRASE)
    ours, theirs = vault.keys, other.keys
    for name in ours.__struct_fields__:
        assert getattr(ours, name) != getattr(theirs, name)
    secrets = [ours.reference, ours.state, ours.checkpoint]
    secrets += [ours.current.index, ours.current.person, ours.current.pointer]
    assert len(set(secrets)) == len(secrets)
    assert all(len(secret) == 32 for secret in secrets)


def test_another_passphrase_opens_nothing(vault: Vault, folder: Path) -> None:
    assert "does not open" in refused(folder, b"wrong")


def test_no_key_stands_in_any_file(vault: Vault, folder: Path) -> None:
    month = vault.month("2026-11")
    content = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    for secret in (
        vault.keys.state,
        vault.keys.current.index,
        vault.keys.loader.encode(),
        month.key,
        month.salt_key,
        PASSPHRASE,
    ):
        assert secret not in content


@pytest.mark.parametrize("name", ["keys.sealed", "salt", "marks"])
@pytest.mark.parametrize("place", [0, -1])
def test_an_altered_file_does_not_open(vault: Vault, folder: Path, name: str, place: int) -> None:
    vault.remember(Marks(signed_size=7))
    path = folder / name
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    assert "does not open" in refused(folder)


@pytest.mark.parametrize("name", ["keys.sealed", "marks"])
def test_a_file_cut_short_does_not_open(vault: Vault, folder: Path, name: str) -> None:
    vault.remember(Marks(signed_size=7))
    for size in (0, 3, 20):
        path = folder / name
        path.write_bytes(path.read_bytes()[:size])
        assert "does not open" in refused(folder)


def test_one_file_never_stands_for_another(vault: Vault, folder: Path) -> None:
    vault.month("2026-10")
    vault.month("2026-11")
    (folder / "months" / "2026-10").replace(folder / "months" / "2026-11")
    with pytest.raises(VaultError, match="does not open"):
        vault.month("2026-11")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o601])
@pytest.mark.parametrize("name", ["keys.sealed", "salt", "months/2026-11", "insurers.json"])
def test_it_refuses_a_file_that_others_can_reach(
    folder: Path, new_keys: NewKeys, name: str, mode: int
) -> None:
    copied(new_keys, folder)
    (folder / name).touch(0o600)
    (folder / name).chmod(mode)
    assert name in refused(folder)


@pytest.mark.parametrize("mode", [0o750, 0o705, 0o711, 0o770])
@pytest.mark.parametrize("name", [".", "months"])
def test_it_refuses_a_folder_that_others_can_reach(
    folder: Path, new_keys: NewKeys, name: str, mode: int
) -> None:
    copied(new_keys, folder)
    (folder / name).chmod(mode)
    assert "can be read by others" in refused(folder)


@pytest.mark.parametrize("name", ["keys.sealed", "salt", "months"])
def test_it_refuses_a_link_whatever_it_leads_to(
    folder: Path, new_keys: NewKeys, tmp_path: Path, name: str
) -> None:
    copied(new_keys, folder)
    (folder / name).replace(tmp_path / "elsewhere")
    (folder / name).symlink_to(tmp_path / "elsewhere")
    assert "is a link" in refused(folder)


def test_it_refuses_a_folder_that_is_a_link(new_keys: NewKeys, tmp_path: Path) -> None:
    copied(new_keys, tmp_path / "elsewhere")
    (tmp_path / "keyring").symlink_to(tmp_path / "elsewhere")
    assert "is a link" in refused(tmp_path / "keyring")


def test_it_refuses_what_belongs_to_another_user(folder: Path, new_keys: NewKeys) -> None:
    copied(new_keys, folder)
    if os.geteuid() == 0:
        os.chown(folder / "keys.sealed", 65_534, 65_534)
    else:  # nobody but root can give a file away
        folder = Path("/")
    assert "belongs to another user" in refused(folder)


def copied(new: NewKeys, folder: Path) -> None:
    """Bring new keys, so that no test waits for a passphrase that it does not need."""
    folder.mkdir(0o700)
    (folder / "months").mkdir(0o700)
    for name in ("keys.sealed", "salt"):
        write_durably(folder / name, (new.folder / name).read_bytes())


def test_keys_that_exist_are_never_overwritten(vault: Vault, folder: Path) -> None:
    with pytest.raises(VaultError, match="already holds keys"):
        Vault.create(folder, b"another")
    assert Vault.open(folder, PASSPHRASE).keys == vault.keys


@pytest.mark.parametrize("left", ["marks", "months/2026-11"])
def test_what_is_left_of_lost_keys_is_not_overwritten(folder: Path, left: str) -> None:
    (folder / "months").mkdir(parents=True)
    (folder / left).write_bytes(b"sealed")
    with pytest.raises(VaultError, match="already holds keys"):
        Vault.create(folder, PASSPHRASE)


def test_everything_it_writes_is_its_owners_alone(vault: Vault, folder: Path) -> None:
    old = os.umask(0)
    try:
        vault.month("2026-11")
        vault.remember(Marks(signed_size=1))
        with vault.held():
            pass
    finally:
        os.umask(old)
    modes = {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in (folder, *folder.rglob("*"))}
    assert modes == {0}


def test_without_keys_it_says_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(VaultError) as told:
        Vault.open(tmp_path / "nothing", PASSPHRASE)
    assert "No keys" in told.value.problem
    assert "keyring init" in told.value.hint


@pytest.mark.parametrize(
    "name",
    ["", "2026", "2026-13", "2026-00", "../marks", "2026-11\n", "2026-11.new", "\u0662026-11"],
)
def test_only_a_month_has_a_months_keys(vault: Vault, folder: Path, name: str) -> None:
    before = sorted(folder.rglob("*"))
    with pytest.raises(VaultError, match="name of a month"):
        vault.month(name)
    assert not vault.has_month(name)
    assert sorted(folder.rglob("*")) == before


def test_a_month_that_was_erased_is_there_no_more(vault: Vault, folder: Path) -> None:
    first = vault.month("2025-10")
    vault.month("2026-11")
    assert vault.months() == ["2025-10", "2026-11"]
    (folder / "months" / "2025-10").unlink()
    assert vault.months() == ["2026-11"]
    assert not vault.has_month("2025-10")
    assert vault.month("2025-10") != first


def test_a_crash_while_writing_leaves_the_old_file_and_no_false_month(
    vault: Vault, folder: Path
) -> None:
    vault.remember(Marks(signed_size=7))
    vault.month("2026-11")
    (folder / "marks.new").write_bytes(b"half of it")
    (folder / "months" / "2026-12.new").write_bytes(b"half of it")
    for path in (folder / "marks.new", folder / "months" / "2026-12.new"):
        path.chmod(0o600)
    again = Vault.open(folder, PASSPHRASE)
    assert again.marks.signed_size == 7
    assert again.months() == ["2026-11"]


def test_marks_come_back_as_they_were(vault: Vault, folder: Path) -> None:
    marks = Marks(
        signed_size=7,
        signed_root=bytes(32),
        signed_entry=bytes(16),
        milestones=(Milestone(3, 12.5, b"e"),),
        reserved={"typed": {500_000: 3}},
        feeds={1: FeedMark(2, "ab", ((b"digest", 10),))},
    )
    assert vault.marks == Marks()
    vault.remember(marks)
    assert vault.marks == marks
    assert Vault.open(folder, PASSPHRASE).marks == marks


def test_its_errors_are_shown_to_people() -> None:
    assert issubclass(VaultError, EcluseError)
