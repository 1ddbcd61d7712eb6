from __future__ import annotations

import json
import subprocess
import sys


_ASK = """
import ctypes, json, resource
from ecluse.cli.memory import keep_private

def state():
    return [*resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)]

before = state()
keep_private()
print(json.dumps([before, state()]))
"""


def test_a_private_process_leaves_no_core_and_lets_nobody_look_in() -> None:
    said = subprocess.run([sys.executable, "-c", _ASK], capture_output=True, check=True).stdout
    before, after = json.loads(said)
    assert before[2] == 1
    assert after == [0, 0, 0]
