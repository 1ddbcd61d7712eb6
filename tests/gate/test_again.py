"""The same answer again for a minute: to the same device, for the same check, once told or not."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from ecluse.gate.again import LIFETIME, Again, NoAnswerError, OtherCheckError
from ecluse.gate.answer import NotCovered, Receipt


if TYPE_CHECKING:
    from ecluse.gate.again import Reply


pytestmark = pytest.mark.anyio

KEY = (b"account", b"device", b"check")
ANSWER = NotCovered(Receipt(3, ""))


def reply() -> Reply:
    return asyncio.get_running_loop().create_future()


async def test_a_new_check_is_not_known() -> None:
    assert Again().find(KEY, b"asked", 0.0) is None


async def test_a_check_under_way_is_waited_for_and_not_made_twice() -> None:
    again, first = Again(), reply()
    again.keep(KEY, b"asked", first, 0.0)
    assert again.find(KEY, b"asked", 1.0) is first


async def test_an_answer_is_there_for_a_minute_and_then_no_more() -> None:
    again, first = Again(), reply()
    again.keep(KEY, b"asked", first, 100.0)
    first.set_result(ANSWER)
    assert again.find(KEY, b"asked", 100.0 + LIFETIME - 0.01) is first
    assert again.find(KEY, b"asked", 100.0 + LIFETIME) is None


async def test_a_refusal_is_told_again_like_an_answer() -> None:
    again, first = Again(), reply()
    again.keep(KEY, b"asked", first, 0.0)
    first.set_result(None)
    assert again.find(KEY, b"asked", 1.0) is first


async def test_an_id_used_for_another_check_is_refused() -> None:
    again = Again()
    again.keep(KEY, b"asked", reply(), 0.0)
    with pytest.raises(OtherCheckError):
        again.find(KEY, b"something else", 1.0)


@pytest.mark.parametrize("part", range(3))
async def test_another_account_device_or_id_finds_nothing(part: int) -> None:
    again = Again()
    again.keep(KEY, b"asked", reply(), 0.0)
    other = tuple(b"other" if place == part else each for place, each in enumerate(KEY))
    assert again.find((other[0], other[1], other[2]), b"asked", 1.0) is None


async def test_what_failed_or_was_given_up_may_be_asked_anew() -> None:
    again, failed, left = Again(), reply(), reply()
    again.keep(KEY, b"asked", failed, 0.0)
    failed.set_exception(OSError())
    assert again.find(KEY, b"asked", 1.0) is None
    again.keep(KEY, b"asked", left, 1.0)
    left.cancel()
    assert again.find(KEY, b"asked", 2.0) is None


async def test_asking_anew_starts_the_minute_anew() -> None:
    again, second = Again(), reply()
    first = reply()
    again.keep(KEY, b"asked", first, 0.0)
    first.set_exception(OSError())
    assert again.find(KEY, b"asked", 50.0) is None
    again.keep(KEY, b"asked", second, 50.0)
    assert again.find(KEY, b"asked", 50.0 + LIFETIME - 1) is second


async def test_the_last_answer_is_found_by_its_key_alone_and_for_a_minute() -> None:
    again, first = Again(), reply()
    again.keep(KEY, b"asked", first, 0.0)
    assert again.last(KEY, LIFETIME - 0.01) is first
    for key, now in (((b"account", b"other", b"check"), 1.0), (KEY, LIFETIME)):
        with pytest.raises(NoAnswerError):
            again.last(key, now)


async def test_what_failed_is_no_last_answer() -> None:
    again, failed = Again(), reply()
    again.keep(KEY, b"asked", failed, 0.0)
    failed.set_exception(OSError())
    with pytest.raises(NoAnswerError):
        again.last(KEY, 1.0)
