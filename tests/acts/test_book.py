from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import asyncpg
import pytest

from ecluse.acts import book
from ecluse.acts.act import LIFETIME, ActError, FeedRelease, NotYoursError, Person, State, digest
from ecluse.ledger.entry import decode, encode
from ecluse.login.roles import AccountRole
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from ecluse.store.database import Database

pytestmark = pytest.mark.anyio

ADA = Person(b"ada" + bytes(13), AccountRole.SECURITY, b"key of ada", b"{}")
BEN = Person(b"ben" + bytes(13), AccountRole.SECURITY, b"key of ben", b"{}")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


def release() -> FeedRelease:
    return FeedRelease("775670482", 3, os.urandom(32).hex())


async def propose(database: Database, content: FeedRelease) -> bytes:
    number = os.urandom(16)
    officer = await database.connect(Role.OFFICER)
    try:
        event = await book.propose(officer, number, content, ADA, NOON)
    finally:
        await officer.close()
    assert decode(encode(event)) == event
    return number


async def second(database: Database, number: bytes) -> None:
    officer = await database.connect(Role.OFFICER)
    try:
        async with officer.transaction():
            stands, event = await book.second(officer, number, BEN, NOON)
    finally:
        await officer.close()
    assert (stands.state, event.digest) == (State.SECONDED, digest(stands.content))


async def test_the_loader_performs_what_two_officers_agreed_on_and_once(
    database: Database,
) -> None:
    content = release()
    await second(database, await propose(database, content))
    loader = await database.connect(Role.FEED)
    try:
        async with loader.transaction():
            done = await book.perform(loader, content, NOON)
        assert (done.kind, done.digest) == ("feed_release", digest(content))
        with pytest.raises(ActError, match="not agreed"):
            await book.perform(loader, content, NOON)
    finally:
        await loader.close()


async def test_one_officers_word_another_content_or_a_day_later_is_not_enough(
    database: Database,
) -> None:
    alone, agreed = release(), release()
    await propose(database, alone)
    await second(database, await propose(database, agreed))
    loader = await database.connect(Role.FEED)
    try:
        for content, now in [
            (alone, NOON),
            (FeedRelease(agreed.amc, agreed.feed + 1, agreed.manifest), NOON),
            (agreed, NOON + LIFETIME),
        ]:
            with pytest.raises(ActError, match="not agreed"):
                await book.perform(loader, content, now)
    finally:
        await loader.close()


async def test_what_rolls_back_was_not_done(database: Database) -> None:
    content = release()
    await second(database, await propose(database, content))
    loader = await database.connect(Role.FEED)
    try:
        crashing = loader.transaction()
        await crashing.start()
        await book.perform(loader, content, NOON)
        await crashing.rollback()
        assert (await book.perform(loader, content, NOON)).digest == digest(content)
    finally:
        await loader.close()


async def test_of_two_who_perform_at_once_one_does(database: Database) -> None:
    content = release()
    await second(database, await propose(database, content))

    async def perform() -> bool:
        loader = await database.connect(Role.FEED)
        try:
            async with loader.transaction():
                await book.perform(loader, content, NOON)
                await asyncio.sleep(0.05)
        except ActError:
            return False
        finally:
            await loader.close()
        return True

    assert sorted(await asyncio.gather(*(perform() for _ in range(3)))) == [False, False, True]


async def test_it_lists_what_waits_and_forgets_what_is_over(database: Database) -> None:
    content = release()
    number = await propose(database, content)
    officer = await database.connect(Role.OFFICER)
    try:
        [found] = [one for one in await book.waiting(officer, NOON) if one.act == number]
        assert (found.content, found.state) == (content, State.PROPOSED)
        later = await book.waiting(officer, NOON + LIFETIME)
        await book.withdraw(officer, number, BEN.account, BEN.role, NOON + timedelta(minutes=1))
        assert number not in {one.act for one in (*later, *await book.waiting(officer, NOON))}
        with pytest.raises(ActError, match="withdrawn"):
            await book.second(officer, number, BEN, NOON)
    finally:
        await officer.close()


async def test_a_number_is_used_once_and_an_unknown_one_is_told(database: Database) -> None:
    content = release()
    number = await propose(database, content)
    officer = await database.connect(Role.OFFICER)
    try:
        with pytest.raises(ActError, match="before"):
            await book.propose(officer, number, content, BEN, NOON)
        with pytest.raises(ActError, match="no such act"):
            await book.load(officer, os.urandom(16))
        with pytest.raises(NotYoursError):
            await book.second(officer, number, ADA, NOON)
    finally:
        await officer.close()


async def test_neither_loader_nor_gate_can_agree_in_somebodys_place(database: Database) -> None:
    number = await propose(database, release())
    for role in (Role.FEED, Role.GATE):
        connection = await database.connect(role)
        try:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await book.second(connection, number, BEN, NOON)
        finally:
            await connection.close()
