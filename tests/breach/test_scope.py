"""Who was told of: surely, possibly, not at all; from the ledger's words alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from breach.pages import RUN, line, page
from ecluse.breach.scope import Certainty, Gathering, Scope


def gathered(*pages: object) -> Scope:
    gathering = Gathering()
    for each in pages:
        gathering.add(each)  # type: ignore[arg-type]
    return gathering.scope()


def test_an_answer_is_sure_once_its_run_said_so_later() -> None:
    scope = gathered(page(line(3), line(5)), page(settled={RUN: 4}))
    assert [scope.certainty(each) for each in scope.lines] == [
        Certainty.SURE,
        Certainty.POSSIBLE,
    ]


def test_an_answer_from_before_runs_were_recorded_counts_as_given() -> None:
    (old,) = gathered(page(line(3, run=b""))).lines
    assert gathered(page(old)).certainty(old) is Certainty.SURE


def test_what_was_withheld_later_is_left_out_and_counted() -> None:
    scope = gathered(
        page(line(3), line(4)), page(withheld=((3).to_bytes(16), b"somebody else's")), page()
    )
    assert [each.position for each in scope.lines] == [4]
    assert scope.withheld == 1


def test_a_person_told_of_twice_is_one_and_as_sure_as_the_surest_answer() -> None:
    scope = gathered(page(line(3, subject=b"p"), line(9, subject=b"p"), settled={RUN: 4}))
    assert scope.persons(Certainty.SURE) == {b"p"}
    assert scope.persons(Certainty.POSSIBLE) == set()


def test_of_two_insurers_in_one_entry_each_is_possible_and_the_person_sure() -> None:
    both = line(3, opened=((1, 4), (2, 1), (1, 6)))
    scope = gathered(page(both, settled={RUN: 10}))
    assert scope.persons(Certainty.SURE) == {both.subject}
    mine, other = scope.by_insurer()[1], scope.by_insurer()[2]
    assert [(each.certainty, each.answer) for each in (*mine, *other)] == [
        (Certainty.POSSIBLE, Certainty.SURE)
    ] * 2
    assert mine[0].feed == 6


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 3)), max_size=30),
    st.sets(st.integers(0, 30)),
    st.integers(0, 31),
    st.integers(1, 8),
)
def test_however_it_is_cut_into_pages_every_answer_is_counted_once(
    drawn: list[tuple[int, int]], withheld: set[int], settled: int, size: int
) -> None:
    entries = dict(drawn)
    lines = [line(at, opened=((entries[at], 1),)) for at in sorted(entries)]
    gone = tuple(at.to_bytes(16) for at in sorted(withheld & entries.keys()))
    cut = [page(*lines[at : at + size]) for at in range(0, len(lines), size)]
    scope = gathered(*cut, page(withheld=gone, settled={RUN: settled}))
    left = entries.keys() - withheld
    assert {each.position for each in scope.lines} == left
    assert scope.withheld == len(gone)
    by_insurer = scope.by_insurer()
    assert sum(map(len, by_insurer.values())) == len(left)
    assert all(
        entries[each.position] == insurer for insurer in by_insurer for each in by_insurer[insurer]
    )
    sure = {each.position for each in scope.lines if scope.certainty(each) is Certainty.SURE}
    assert sure == {position for position in left if position < settled}
