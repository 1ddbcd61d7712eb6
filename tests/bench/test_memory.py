from __future__ import annotations

import os
import subprocess
import sys

from ecluse.bench.memory import Peak


HOLDS = "import sys; held = b'x' * 60_000_000; print(len(held), flush=True); sys.stdin.read()"


def test_what_a_process_started_counts_with_it() -> None:
    before, during = Peak([os.getpid()]), Peak([os.getpid()])
    before.look()
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDS], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert child.stdout is not None
        assert child.stdout.readline()
        during.look()
    finally:
        child.communicate()
    assert during.ours_mb - before.ours_mb > 55
    assert during.database_mb == 0


def test_the_peak_stays_when_the_process_has_ended() -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDS], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stdout.readline()
    peak = Peak([child.pid], database=child.pid)
    peak.look()
    child.communicate()
    peak.look()
    assert peak.ours_mb > 55
    assert peak.database_mb > 55
