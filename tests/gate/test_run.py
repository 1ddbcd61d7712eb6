"""How far a gate's run has come: never further than what was answered or withheld."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ecluse.gate.run import Run
from ecluse.ledger.entry import RunMark


def settled(run: Run) -> int:
    return RunMark.unpack(run.mark).settled


def test_it_is_settled_up_to_the_first_check_under_way() -> None:
    run = Run()
    run.begin(10, [b"a", b"b", b"c"])
    run.answered([b"b"])
    assert settled(run) == 10
    run.answered([b"a"])
    assert settled(run) == 12
    run.answered([b"c"])
    assert settled(run) == 13


def test_what_is_owed_holds_everything_later_until_the_ledger_tells_of_it() -> None:
    run = Run()
    run.begin(0, [b"a"])
    run.owe([b"a"])
    run.begin(1, [b"b"])
    run.answered([b"b"])
    assert settled(run) == 0
    run.repaid(run.owed)
    assert (settled(run), run.owed) == (2, frozenset())


@given(st.lists(st.sampled_from(["begin", "answer", "owe", "repay"]), max_size=40), st.data())
def test_nothing_below_it_was_ever_open(steps: list[str], data: st.DataObject) -> None:
    run, position, open_still, owed = Run(), 0, dict[bytes, int](), set[bytes]()
    before = 0
    for step in steps:
        if step == "begin":
            entry = position.to_bytes(8)
            run.begin(position, [entry])
            open_still[entry] = position
            position += data.draw(st.integers(1, 3))
        elif step == "repay":
            run.repaid(run.owed)
            for entry in owed:
                del open_still[entry]
            owed.clear()
        elif ready := sorted(open_still.keys() - owed):
            entry = data.draw(st.sampled_from(ready))
            if step == "answer":
                run.answered([entry])
                del open_still[entry]
            else:
                run.owe([entry])
                owed.add(entry)
        assert settled(run) <= min(open_still.values(), default=position)
        assert settled(run) >= before
        before = settled(run)
