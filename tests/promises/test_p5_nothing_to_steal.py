"""P5: the database, every file and every dump, without the keyring, yield nobody and nobody's cover."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import subprocess
import sys
from collections import Counter
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import asyncpg
import pytest

from crashes import database_processes, kill_database
from ecluse.cover.family import CareFamily
from ecluse.cover.package import parse_packages
from ecluse.feeds import insurer_keys
from ecluse.feeds.prepare import Announcement, Source, prepare
from ecluse.keyring import prf
from ecluse.keyring.client import OfficerKeyring
from ecluse.local import officer
from ecluse.population.generate import generate
from ecluse.population.nation import Nation
from ecluse.siege import dumps, rosters
from ecluse.siege.needles import Needles
from ecluse.siege.spellings import hashes, spellings
from ecluse.store.roles import Role
from towns import open_town


if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from ecluse.siege.dumps import Dump
    from ecluse.siege.rosters import Row
    from ecluse.store.server import Server
    from towns import Town


#: Members of the second nation: its feed is on its way when everything dies.
LATE = 20_000
#: Members whose traces are looked for, of each nation.
SAMPLE = 500
#: Rows that the operator does not take, and writes down why.
BAD = 5
AMC = "99123456"

MOMENTS = (
    "after a load and checks",
    "in the middle of a load",
    "in what the loader has open",
    "after kill -9 of everything",
    "after another try",
    "in a dump",
)

Found = dict[str, set[str]]


class Loot(NamedTuple):
    """What a thief found at each moment, by file, and what they would have liked to find."""

    found: dict[str, Found]
    dump: Dump
    #: Members in force.
    everybody: list[Row]
    packages: set[str]
    needles: Needles


@pytest.fixture(scope="module")
def looted() -> Iterator[Town]:
    """A town of its own."""
    with open_town() as town:
        yield town


@pytest.fixture(scope="module")
def loot(looted: Town) -> Loot:
    """Look through everything: after a load, during one, after a crash, after another try."""
    return asyncio.run(plunder(looted))


async def plunder(town: Town) -> Loot:
    """Search every file of the operator's at every moment."""
    home, second = town.operator.installation.folder, town.insurers_side / "second"
    generate(Nation(LATE, 1, 8), second)
    early, late = rosters.read(town.insurers_side), rosters.read(second)
    known = {member.card for member in town.cast.members}
    checked = [row for row in early if row.card in known]
    others = [row for row in early if row.card not in known][: SAMPLE - len(checked)]
    sample = [*checked, *others, *late[:SAMPLE]]
    needles = Needles({**rosters.needles(sample), **keys(town)})
    found: dict[str, Found] = {}

    await work(town, checked)
    await to_disk(server(town))
    found["after a load and checks"] = needles.in_folder(home)

    roster = spoiled(second, late[:BAD])
    manifest = await prepared(town, roster)
    async with stuck_load(town, manifest) as loader:
        await to_disk(server(town))
        found["in the middle of a load"] = needles.in_folder(home)
        found["in what the loader has open"] = open_files(loader, needles)
        kill_everything(town, loader)
    found["after kill -9 of everything"] = needles.in_folder(home)

    await town.operator.installation.database.prepare()
    for process in town.operator.processes:
        process.start()
    load(town, manifest)
    await to_disk(server(town))
    found["after another try"] = needles.in_folder(home)

    dump = dumps.take(server(town))
    told = set(needles.within(dump.text))
    found["in a dump"] = {"pg_dump": told} if told else {}
    everybody = [*early, *late[BAD:]]
    return Loot(found, dump, everybody, cover_texts(town.insurers_side, roster), needles)


def server(town: Town) -> Server:
    """Return the town's embedded PostgreSQL."""
    found = town.operator.installation.database.server
    assert found is not None
    return found


def keys(town: Town) -> dict[bytes, str]:
    """Return every spelling of the keyring's own keys: no file holds them in clear either."""
    vault = town.operator.installation.open_vault()
    held = vault.keys
    values = [held.reference, held.state, held.checkpoint, held.loader.encode()]
    values += [key for epoch in held.epochs for key in (epoch.index, epoch.person, epoch.pointer)]
    for month in map(vault.month, vault.months()):
        values += [month.key, month.salt_key]
    return {spelled: f"key, {how}" for value in values for how, spelled in spellings(value)}


async def work(town: Town, rows: list[Row]) -> None:
    """Check cards and persons, and send requests that no honest client sends."""
    async with town.scene() as scene:
        clerk = await scene.hire()
        for member in scene.members[:100]:
            await clerk.gate.check_card(
                member.card, care_date=scene.today, family=CareFamily.PHARMACY
            )
        for member in scene.members[:5]:
            phone = await scene.equip(member)
            await clerk.gate.check_phone(
                phone.present(), care_date=scene.today, family=CareFamily.PHARMACY
            )
        for member in scene.members[:8]:
            await clerk.gate.check_person(
                member.person,
                clerk.passkey.touch,
                care_date=scene.today,
                family=CareFamily.PHARMACY,
            )
        gate = f"http://127.0.0.1:{town.operator.ports.gate}"
        for door, row in zip([scene.pipe, gate] * 20, rows, strict=False):
            text = f"{row.nir},{row.birth_date},{row.card}"
            for path in (f"/v1/checks?nir={row.nir}", f"/v1/{text}", f"/v1/enrolments/{row.nir}"):
                await scene.http.get(door + path, headers={"x-nir": text, "signature": text})
            for body in (text, f'{{"nir": "{row.nir}"', f'{{"subject": {{"nir": {row.nir}}}}}'):
                await scene.http.post(f"{door}/v1/checks", content=body)
                await scene.http.post(f"{door}/v1/login/finish", content=body)


async def to_disk(server: Server) -> None:
    """Have the database write what it holds in memory, committed or not."""
    connection = await asyncpg.connect(server.superuser_dsn())
    try:
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


def spoiled(nation: Path, rows: list[Row]) -> Path:
    """Get the key of a few NIRs wrong in the nation's only roster; return its path."""
    (path,) = nation.glob("insurers/*/roster.csv")
    text = path.read_text()
    for row in rows:
        wrong = f"{row.nir[:13]}{int(row.nir[13:]) % 97 + 1:02}"
        assert text.count(row.nir) >= 1
        text = text.replace(f"{row.member_ref},{row.nir}", f"{row.member_ref},{wrong}")
    path.write_text(text)
    return path


async def prepared(town: Town, roster: Path) -> Path:
    """Have a new insurer prepare a feed; return its manifest."""
    installation = town.operator.installation
    made = insurer_keys.create(roster.parent / "keys", amc=AMC, name="Mutuelle tardive")
    await officer.add_insurer(installation, made.public)
    async with OfficerKeyring(installation.sockets) as keyring:
        recipient = await keyring.loader_recipient()
    return prepare(
        Source(roster, roster.with_name("packages.json")),
        made,
        Announcement(1, date(2026, 1, 1)),
        recipient=recipient,
        out=roster.parent / "out",
    ).manifest


@asynccontextmanager
async def stuck_load(town: Town, manifest: Path) -> AsyncIterator[int]:
    """Start a load and hold it up when two of its three tables are written; yield its pid."""
    owner = await town.operator.installation.database.connect(Role.OWNER)
    await owner.execute("BEGIN; LOCK TABLE member_reference IN SHARE MODE")
    loader = await asyncio.create_subprocess_exec(
        *load_command(manifest), env=environment(town), stderr=subprocess.DEVNULL
    )
    try:
        await copying(server(town))
        yield loader.pid
    finally:
        owner.terminate()
        await loader.wait()


_COPYING = """
SELECT true FROM pg_stat_activity
 WHERE wait_event_type = 'Lock' AND query LIKE 'COPY%member_reference%'
"""


async def copying(server: Server) -> None:
    """Wait until the loader waits."""
    watcher = await asyncpg.connect(server.superuser_dsn())
    try:
        for _ in range(3000):
            if await watcher.fetchval(_COPYING):
                return
            await asyncio.sleep(0.01)
    finally:
        await watcher.close()
    raise TimeoutError


def load(town: Town, manifest: Path) -> None:
    """Load a feed, in a process of its own."""
    subprocess.run(load_command(manifest), env=environment(town), capture_output=True, check=True)


def load_command(manifest: Path) -> list[str]:
    return [sys.executable, "-m", "ecluse", "feed", "load", str(manifest)]


def environment(town: Town) -> dict[str, str]:
    """Return the loader's environment, with a place for temporary files that is searched too."""
    home = town.operator.installation.folder
    temporary = home / "tmp"
    temporary.mkdir(exist_ok=True)
    return {**os.environ, "ECLUSE_HOME": str(home), "TMPDIR": str(temporary)}


def open_files(pid: int, needles: Needles) -> Found:
    """Search the regular files that a process has open, those without a name any more included."""
    handles = list(Path(f"/proc/{pid}/fd").iterdir())
    return {
        str(handle.readlink()): told
        for handle in handles
        if handle.is_file() and (told := set(needles.in_file(handle)))
    }


def kill_everything(town: Town, loader: int) -> None:
    """Kill every process of the operator's, the loader, and the database."""
    os.kill(loader, signal.SIGKILL)
    for process in town.operator.processes:
        process.kill()
    kill_database(server(town))


def cover_texts(*folders: Path) -> set[str]:
    """Return the codes and labels of every package."""
    return {
        text
        for folder in folders
        for path in folder.rglob("packages.json")
        for package in parse_packages(path.read_bytes())
        for text in (package.code, package.label_fr, package.label_en)
    }


def sought(*values: bytes) -> dict[bytes, str]:
    """Return every spelling of some values, each with a meaning of its own."""
    return {
        spelled: f"{number}, {how}"
        for number, value in enumerate(values)
        for how, spelled in (*spellings(value), *hashes(value))
    }


@pytest.mark.parametrize("alignment", range(8))
def test_every_spelling_is_found_wherever_it_lies(alignment: int) -> None:
    wanted = sought(b"285077500112345", b"2850775001123", secrets.token_bytes(16))
    needles = Needles(wanted)
    for spelled, meaning in wanted.items():
        assert meaning in set(needles.within(bytes(alignment) + spelled + b"end"))
    assert set(needles.within(secrets.token_bytes(1 << 20))) == set()


@pytest.mark.parametrize("before", range(0, 40, 3))
def test_what_lies_across_two_blocks_of_a_file_is_found(tmp_path: Path, before: int) -> None:
    needle = secrets.token_bytes(36)
    (tmp_path / "file").write_bytes(bytes((1 << 22) - before) + needle + bytes(100))
    assert Needles({needle: "it"}).in_folder(tmp_path) == {"file": {"it"}}


@pytest.mark.attack
@pytest.mark.parametrize("moment", MOMENTS)
def test_no_file_tells_of_anybody(loot: Loot, moment: str) -> None:
    assert loot.found[moment] == {}


@pytest.mark.attack
def test_a_file_of_rejected_rows_was_searched_as_well(looted: Town, loot: Loot) -> None:
    folder = looted.operator.installation.folder / "feeds" / "rejects"
    (path,) = folder.iterdir()
    assert len(path.read_text().splitlines()) == 1 + BAD


@pytest.mark.attack
def test_outside_its_own_table_no_row_names_a_package(loot: Loot) -> None:
    rest = [
        "\t".join(row.values()).encode()
        for table, rows in loot.dump.tables.items()
        if table != "cover_package"
        for row in rows
    ]
    text = b"\n".join(rest)
    assert len(loot.dump.tables["cover_record"]) > LATE
    assert len(loot.packages) > 10
    for name in loot.packages:
        raw = name.encode()
        assert raw not in text
        assert raw.hex().encode() not in text
    (columns,) = {tuple(row) for row in loot.dump.tables["cover_package"]}
    assert columns == ("insurer", "feed", "code", "content")


@pytest.mark.attack
@pytest.mark.parametrize("table", ["cover_record", "card_pointer", "member_reference"])
def test_the_length_of_what_is_sealed_tells_nothing(loot: Loot, table: str) -> None:
    assert len({len(sealed) for sealed in loot.dump.values(table, "sealed")}) == 1


class Month(NamedTuple):
    """Everybody who could have been born in a commune in a month, and who really was."""

    guesses: set[bytes]
    born: set[bytes]


@pytest.fixture(scope="module")
def month(loot: Loot) -> Month:
    """The commune and month with the most births among the members."""
    places = Counter(row.nir[1:10] for row in loot.everybody if regular(row))
    ((place, _),) = places.most_common(1)
    dates = [f"{century}{place[:4]}{day:02}" for century in (19, 20) for day in range(1, 32)]
    guesses = {
        f"{sex}{place}{order:03}{born}1".encode()
        for sex in (1, 2)
        for order in range(1, 1000)
        for born in dates
    }
    members = {row.identifier for row in loot.everybody}
    return Month(guesses, members & guesses)


def regular(row: Row) -> bool:
    """Tell whether a NIR is its bearer's own, born in the month that it says."""
    return row.nir[1:5] == row.birth_date[2:6] and row.birth_rank == 1 and row.nir[0] in "12"


@pytest.mark.attack
def test_every_nir_of_a_month_tried_without_the_keyring_finds_nobody(
    loot: Loot, month: Month
) -> None:
    stored = loot.dump.binaries()
    assert len(stored) > LATE
    wrong = secrets.token_bytes(32)
    for guess in (*month.guesses, *{identifier[:13] for identifier in month.guesses}):
        assert prf.person_index(wrong, guess) not in stored
        assert all(digest not in stored for _, digest in hashes(guess))


@pytest.mark.attack
def test_with_the_keyring_s_key_it_finds_exactly_the_members(
    looted: Town, loot: Loot, month: Month
) -> None:
    key = looted.operator.installation.open_vault().keys.current.index
    stored = set(loot.dump.values("cover_record", "idx"))
    found = {guess for guess in month.guesses if prf.person_index(key, guess) in stored}
    assert found == month.born
    assert len(found) > 1


@pytest.mark.attack
def test_a_member_written_and_taken_back_would_have_been_found(looted: Town, loot: Loot) -> None:
    home = looted.operator.installation.folder
    planted = loot.everybody[0]

    async def plant() -> None:
        owner = await looted.operator.installation.database.connect(Role.OWNER)
        transaction = owner.transaction()
        await transaction.start()
        await owner.execute("CREATE TABLE planted (nir bytea)")
        await owner.execute("INSERT INTO planted VALUES ($1)", planted.nir.encode())
        await to_disk(server(looted))
        await transaction.rollback()
        await owner.close()

    asyncio.run(plant())
    files = Needles(rosters.needles([planted])).in_folder(home)
    assert any("pg_wal" in name for name in files)


@pytest.mark.attack
def test_no_environment_or_command_line_holds_a_secret(looted: Town, loot: Loot) -> None:
    installation = looted.operator.installation
    passwords = [server(looted).superuser_dsn(), *map(server(looted).dsn, Role)]
    held = [urlsplit(dsn).password for dsn in passwords]
    held.append((installation.keyring_folder / "passphrase").read_text().strip())
    needles = Needles({**sought(*(str(value).encode() for value in held)), **keys(looted)})
    ours = [process.pid for process in looted.operator.processes]
    for pid in (*ours, *database_processes(server(looted))):
        for name in ("environ", "cmdline"):
            assert list(needles.within(Path(f"/proc/{pid}/{name}").read_bytes())) == []


@pytest.mark.attack
def test_processes_that_hold_keys_or_answers_leave_no_core(looted: Town, loot: Loot) -> None:
    for process in (looted.operator.keyring, looted.operator.gate):
        limits = Path(f"/proc/{process.pid}/limits").read_text().splitlines()
        (core,) = (line for line in limits if line.startswith("Max core file size"))
        assert core.split()[4:6] == ["0", "0"]
