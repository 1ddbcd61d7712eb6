from __future__ import annotations

from pathlib import Path

import pytest

from ecluse.store.settings import MEGABYTE, dynamic_memory, render


def rendered(memory: int, sockets: str = "/home/socket") -> dict[str, str]:
    text = render(data=Path("/d"), log=Path("/l"), sockets=Path(sockets), memory=memory)
    return dict(line.split(" = ", 1) for line in text.splitlines())


@pytest.mark.parametrize(
    ("memory", "shared"), [(512, "'128MB'"), (2048, "'512MB'"), (65536, "'1024MB'")]
)
def test_shared_memory_follows_the_machine_up_to_a_gigabyte(memory: int, shared: str) -> None:
    assert rendered(memory * MEGABYTE)["shared_buffers"] == shared


def test_a_quote_in_a_path_cannot_end_the_setting() -> None:
    line = rendered(MEGABYTE, "/it's\\here")["unix_socket_directories"]
    assert line == "'/it''s\\\\here'"


def test_a_chroot_without_shared_memory_for_all_gets_another_kind(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert dynamic_memory(tmp_path) == dynamic_memory(tmp_path / "missing") == "sysv"
    tmp_path.chmod(0o1777)
    assert dynamic_memory(tmp_path) == "posix"
