"""A TAXII 2.1 collection read page by page: filters, cursors, envelopes (OASIS TAXII 2.1; pure)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from ecluse.errors import EcluseError
from ecluse.exchange.stix import timestamp
from ecluse.login import base64url


if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


TAXII = "application/taxii+json;version=2.1"
STIX = "application/stix+json;version=2.1"
USUAL, MOST = 100, 1000
"""Objects on one page: when nobody says, and at most."""

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?Z")
_KNOWN = {"added_after", "limit", "next"}
_MATCHES = {"match[id]", "match[type]", "match[version]", "match[spec_version]"}
#: Every object has one version: that is the first, the last, and all there are.
_WHOLE = {"all", "first", "last"}


class FilterError(EcluseError):
    """A query that the standard does not know (HTTP 400)."""


class Cursor(NamedTuple):
    """After which object a page begins: when it was added, and its id."""

    added_at: datetime
    object: str = ""


class Wanted(NamedTuple):
    """Which objects a request asks for; None: any."""

    after: Cursor
    limit: int
    ids: list[str] | None
    types: list[str] | None
    versions: list[datetime] | None
    #: None of this collection is of another version of STIX.
    any: bool


class Kept(NamedTuple):
    """One object of the collection."""

    object: str
    added_at: datetime
    version: datetime
    body: str


def wanted(query: Mapping[str, str], *, ids: Sequence[str] | None = None) -> Wanted:
    """Read a query (section 3.5).

    Args:
        query: Its parameters.
        ids: The only object asked for, when the address names it.

    Raises:
        FilterError: A parameter that is not known here, or not of its form.
    """
    strange = query.keys() - _KNOWN - _MATCHES
    if strange:
        raise FilterError(f"There is no filter {min(strange)[:40]!r}.")
    after = Cursor(datetime.fromtimestamp(0, UTC))
    if "added_after" in query:
        after = Cursor(_time(query["added_after"]), "~")
    if "next" in query:
        after = _cursor(query["next"])
    versions = [each for each in _listed(query, "match[version]") or () if each not in _WHOLE]
    whole = len(versions) < len(_listed(query, "match[version]") or ())
    return Wanted(
        after,
        _limit(query.get("limit", f"{USUAL}")),
        list(ids) if ids is not None else _listed(query, "match[id]"),
        _listed(query, "match[type]"),
        [_time(each) for each in versions] if versions and not whole else None,
        "2.1" in (_listed(query, "match[spec_version]") or ["2.1"]),
    )


def envelope(page: Sequence[Kept], *, more: bool) -> dict[str, Any]:
    """Return what `objects/` answers (section 3.7)."""
    content: dict[str, Any] = {}
    if page:
        content["objects"] = [msgspec.Raw(each.body.encode()) for each in page]
    return content | _rest(page, more=more)


def manifest(page: Sequence[Kept], *, more: bool) -> dict[str, Any]:
    """Return what `manifest/` answers (section 5.3)."""
    content: dict[str, Any] = {}
    if page:
        content["objects"] = [
            {
                "id": each.object,
                "date_added": timestamp(each.added_at),
                "version": timestamp(each.version),
                "media_type": STIX,
            }
            for each in page
        ]
    return content | _rest(page, more=more)


def versions(page: Sequence[Kept], *, more: bool) -> dict[str, Any]:
    """Return what `versions/` answers (section 5.8)."""
    content: dict[str, Any] = {}
    if page:
        content["versions"] = [timestamp(each.version) for each in page]
    return content | _rest(page, more=more)


def dates(page: Sequence[Kept]) -> dict[str, str]:
    """Return the headers that say when a page's first and last object were added."""
    if not page:
        return {}
    return {
        "X-TAXII-Date-Added-First": timestamp(page[0].added_at),
        "X-TAXII-Date-Added-Last": timestamp(page[-1].added_at),
    }


def accepts(header: str | None) -> bool:
    """Tell whether a client takes TAXII 2.1 (section 1.6.7): without a version, the latest."""
    for each in (header or "").split(","):
        kind, *parameters = (part.strip() for part in each.split(";"))
        versions = [part for part in parameters if part.startswith("version=")]
        if kind in {"application/taxii+json", "application/*", "*/*"} and versions in (
            [],
            ["version=2.1"],
        ):
            return True
    return False


def _rest(page: Sequence[Kept], *, more: bool) -> dict[str, Any]:
    if not more:
        return {}
    last = page[-1]
    body = f"{timestamp(last.added_at)} {last.object}"
    return {"more": True, "next": base64url.encode(body.encode("ascii"))}


def _cursor(text: str) -> Cursor:
    try:
        moment, _, name = base64url.decode(text).decode("ascii").partition(" ")
    except (ValueError, UnicodeDecodeError):
        raise FilterError("`next` is none of ours.") from None
    return Cursor(_time(moment), name)


def _time(text: str) -> datetime:
    try:
        if _TIME.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    raise FilterError("A time is written as 2026-11-25T12:00:00.000000Z.")


def _limit(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        raise FilterError("`limit` is a number from 1 on.")
    return min(int(text), MOST)


def _listed(query: Mapping[str, str], name: str) -> list[str] | None:
    return query[name].split(",") if name in query else None
