"""Opening a notice on the insurer's own machine: the only place where its list becomes members."""

from __future__ import annotations

import base64
import csv
import io
import zipfile
from typing import TYPE_CHECKING, NamedTuple

import pyrage

from ecluse.breach.package import MEMBERS
from ecluse.errors import EcluseError
from ecluse.feeds.reference import ReferenceSealer


if TYPE_CHECKING:
    from ecluse.feeds.insurer_keys import InsurerKeys


class NoticeError(EcluseError):
    """A notice does not open under these keys, or is none."""


class Opened(NamedTuple):
    """A notice's files by name, the list of members with the insurer's own numbers in it."""

    files: dict[str, bytes]
    #: That list: a line for each answer, by the names of its columns.
    rows: tuple[dict[str, str], ...]


def open_notice(file: bytes, keys: InsurerKeys) -> Opened:
    """Open a notice with an insurer's keys.

    Raises:
        NoticeError: It is another insurer's, damaged, or no notice.
        MemberReferenceError: A reference in it is another insurer's.
    """
    identity = pyrage.x25519.Identity.from_str(keys.age_identity)
    try:
        with zipfile.ZipFile(io.BytesIO(pyrage.decrypt(file, [identity]))) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
    except (pyrage.DecryptError, zipfile.BadZipFile):
        raise NoticeError(
            "The file is no notice that these keys open.",
            hint="Each insurer has its own; fetch yours from the operator again.",
        ) from None
    sealer = ReferenceSealer(keys.reference, keys.public.amc)
    rows = list(csv.DictReader(io.StringIO(files[MEMBERS].decode())))
    for row in rows:
        sealed = base64.b64decode(row["member_ref"])
        row["member_ref"] = sealer.open(sealed).decode("ascii") if sealed else ""
    return Opened({**files, MEMBERS: _written(rows)}, tuple(rows))


def _written(rows: list[dict[str, str]]) -> bytes:
    out = io.StringIO(newline="")
    if rows:
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return out.getvalue().encode()
