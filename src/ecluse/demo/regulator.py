"""The regulator's side of a rehearsal: an archive arrives, and any machine's Python verifies it."""

from __future__ import annotations

import asyncio
import io
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple


class Verdict(NamedTuple):
    """What a verifier found."""

    verified: bool
    #: Its own words: each fault in a line.
    said: str


async def verify(archive: bytes, key: str) -> Verdict:
    """Unpack an archive and run its own verifier, apart from everything that is installed here.

    Args:
        archive: The ZIP.
        key: The operator's verifier key, as the regulator has it from elsewhere.
    """
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(io.BytesIO(archive)).extractall(folder)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "verify.py", "--key", key),
            cwd=Path(folder),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
    return Verdict(process.returncode == 0, said.decode())
