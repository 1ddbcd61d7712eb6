"""A feed is in force as a whole or not at all, whatever happens on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feeds import rosters


if TYPE_CHECKING:
    from pathlib import Path

    from feeds.world import World


def test_it_puts_a_feed_in_force(world: World, tmp_path: Path) -> None:
    insurer = world.insurer()
    prepared = world.prepare(insurer, rosters.write(tmp_path, rosters.text(rosters.rows(300))))
    report = world.load(prepared.manifest)
    assert (report.rows, report.accepted, report.rejected) == (300, 300, 0)
    assert report.in_force
    for table in ("cover_record", "card_pointer", "member_reference"):
        assert world.fetch(
            f"SELECT count(*) FROM {table} WHERE insurer = $1",  # noqa: S608 - constants
            insurer.number,
        ) == [(300,)]
