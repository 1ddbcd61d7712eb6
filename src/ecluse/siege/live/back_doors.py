"""A thief who looks for anything that lists, searches, pages through or exports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.siege.live.theft import Theft


if TYPE_CHECKING:
    from ecluse.siege.scene import Scene


_DOORS = (
    "/v1/members", "/v1/members?page=1", "/v1/persons", "/v1/search?nir=1", "/v1/export",
    "/v1/checks?limit=100", "/v1/checks/export.csv", "/v1/ledger/entries", "/v1/feeds", "/admin",
    "/fhir/Patient", "/fhir/Coverage?beneficiary=1", "/fhir/$export", "/v1/graphql", "/metrics",
)  # fmt: skip


async def _tried(scene: Scene) -> int:
    opened = 0
    for path in _DOORS:
        for method in ("GET", "POST"):
            answer = await scene.http.request(method, scene.pipe + path, json={})
            opened += answer.is_success
    return opened


THEFT = Theft(
    "back_doors", "P1", "the operator's address", "tries whatever might list or export", _tried
)
