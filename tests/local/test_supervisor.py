"""What dies is started again, and not faster than does good."""

from __future__ import annotations

from ecluse.local.supervisor import Pauses


def test_what_served_is_replaced_at_once_and_what_dies_at_once_after_a_breath() -> None:
    pauses = Pauses()
    assert pauses.after_running(3600) == 0
    assert 0 < pauses.after_running(0.1) < 1


def test_what_does_not_come_up_is_tried_ever_more_rarely_until_it_does() -> None:
    pauses = Pauses()
    waits = [pauses.after_failing() for _ in range(10)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1], waits[-2]) == (0.5, 30, 30)
    pauses.after_running(1)
    assert pauses.after_failing() == 0.5
