"""What was seen is told apart from what was not, whatever the chunks."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ecluse.feeds.duplicates import Seen, digests


@given(st.lists(st.lists(st.integers(0, 40), max_size=20), max_size=12))
def test_it_tells_first_times_like_a_set(chunks: list[list[int]]) -> None:
    seen, known = Seen(), set[int]()
    for chunk in chunks:
        expected = []
        for value in chunk:
            expected.append(value not in known)
            known.add(value)
        asked = np.array(chunk, dtype=np.uint64)
        fresh = seen.fresh(asked)
        assert fresh.tolist() == expected
        seen.add(asked[fresh])


def test_digests_tell_rows_apart_by_every_byte() -> None:
    rows = np.zeros((22, 22), dtype=np.uint8)
    np.fill_diagonal(rows, 1)
    assert len(set(digests(rows).tolist())) == 22
    assert digests(rows).tolist() == digests(rows.copy()).tolist()
