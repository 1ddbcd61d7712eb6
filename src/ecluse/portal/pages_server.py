"""The pages' own process: static files on one origin, nothing of anybody in them.

Every byte is read once at start and served from memory, so what `served_files` lists is what leaves.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import fontpkg_atkinson_hyperlegible
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from ecluse.errors import EcluseError
from ecluse.portal.origin import checked_origin


if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request


PAGES = Path(__file__).with_name("pages")
FONTS = Path(fontpkg_atkinson_hyperlegible.ROOT) / "files"
FONT_FILES = ("AtkinsonHyperlegible-Regular.ttf", "AtkinsonHyperlegible-Bold.ttf")

#: What `./ecluse` fetched for the pages, pinned by requirements/pages/; may be absent. A reader of QR
#: codes for browsers that bring none (jsqr 1.4.0, Apache-2.0), and a writer (qr 0.7.0, MIT).
FETCHED = Path(__file__).with_name("fetched")
READER = "jsQR.js"
WRITER = "qr.js"
FETCHED_SHA256 = {
    READER: "bc40c8a15196236b2314db0856f72ca0b49980cd5413b8c852a7349f5fee0859",
    WRITER: "a0de370051f94bd74f218f74401fdf197585e3f9ef0143164f87ea941a3fdd6f",
}

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
}

#: Everything is asked for again at each visit (an unchanged file costs a 304), so that a page
#: never runs with modules of another release; fonts do not change with a release.
_REVALIDATE = "no-cache"
_FONT_CACHE = "public, max-age=604800"

_REFUSED_FEATURES = (
    "display-capture", "geolocation", "hid", "microphone", "midi", "payment", "serial",
    "usb",
)  # fmt: skip
_WITH_CAMERA = ("/", "/carte/")
_OWN_FEATURES = ("clipboard-write", "publickey-credentials-create", "publickey-credentials-get")


@dataclass(frozen=True, slots=True)
class PagesConfig:
    """What the pages must know of the installation: public facts only."""

    #: Origin of the pipe, where signed requests go.
    pipe_origin: str
    #: WebAuthn relying party id: the pages' own domain.
    rp_id: str


@dataclass(frozen=True, slots=True)
class ServedFile:
    """One file as it is served."""

    body: bytes
    media_type: str
    cache_control: str

    @property
    def sha256(self) -> bytes:
        """SHA-256 of the body, 32 bytes."""
        return hashlib.sha256(self.body).digest()


def served_files(config: PagesConfig) -> dict[str, ServedFile]:
    """Read everything that is served, by URL path.

    The configuration is among it: a page that sends its requests elsewhere is another release.
    """
    files = {
        "/" + path.relative_to(PAGES).as_posix().removesuffix("index.html"): ServedFile(
            path.read_bytes(), MEDIA_TYPES[path.suffix], _REVALIDATE
        )
        for path in sorted(PAGES.rglob("*"))
        if path.is_file()
    }
    for name in FONT_FILES:
        files[f"/fonts/{name}"] = ServedFile(
            (FONTS / name).read_bytes(), MEDIA_TYPES[".ttf"], _FONT_CACHE
        )
    files |= _fetched()
    settings = {
        "pipe": checked_origin(config.pipe_origin),
        "rp_id": config.rp_id,
        "reader": _path_if_there(READER, files),
        "writer": _path_if_there(WRITER, files),
    }
    files["/config.json"] = ServedFile(
        json.dumps(settings).encode(), MEDIA_TYPES[".json"], _REVALIDATE
    )
    return files


def _fetched() -> dict[str, ServedFile]:
    """Return what was fetched, by URL path.

    Raises:
        EcluseError: A file is not the one that was reviewed.
    """
    found = {}
    for name, reviewed in FETCHED_SHA256.items():
        path = FETCHED / name
        if not path.exists():
            continue
        file = ServedFile(path.read_bytes(), MEDIA_TYPES[".js"], _REVALIDATE)
        if file.sha256.hex() != reviewed:
            raise EcluseError(
                f"{name} beside the pages is not the file that was reviewed.",
                hint="Delete it; `./ecluse demo` or `./ecluse test` fetches it again.",
            )
        found[f"/fetched/{name}"] = file
    return found


def _path_if_there(name: str, files: Mapping[str, ServedFile]) -> str | None:
    path = f"/fetched/{name}"
    return path if path in files else None


def security_headers(pipe_origin: str, path: str) -> dict[str, str]:
    """Return the headers that go with the pages' process' answer at `path`.

    The counter's page and the member's may ask their person for the camera, no other.

    Content Security Policy level 3; scripts are files of this origin only, and no string becomes
    code (Trusted Types with no policy allowed).
    """
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "font-src": "'self'",
        "connect-src": f"'self' {pipe_origin}",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    features = [f"{name}=()" for name in _REFUSED_FEATURES]
    features += [f"{name}=(self)" for name in _OWN_FEATURES]
    features.append("camera=(self)" if path in _WITH_CAMERA else "camera=()")
    return {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": ", ".join(features),
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }


def create_app(config: PagesConfig) -> Starlette:
    """Build the application that serves the pages and nothing else."""
    pipe = checked_origin(config.pipe_origin)
    routes = [
        Route(path, _endpoint(file, security_headers(pipe, path)), methods=["GET"])
        for path, file in served_files(config).items()
    ]
    nothing = _nothing(security_headers(pipe, "/{rest:path}"))
    return Starlette(routes=[*routes, Route("/{rest:path}", nothing)])


def _endpoint(
    file: ServedFile, headers: Mapping[str, str]
) -> Callable[[Request], Awaitable[Response]]:
    etag = f'"{file.sha256.hex()}"'
    sent = {**headers, "cache-control": file.cache_control, "etag": etag}

    async def serve(request: Request) -> Response:
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=sent)
        return Response(file.body, headers=sent, media_type=file.media_type)

    return serve


def _nothing(headers: Mapping[str, str]) -> Callable[[Request], Awaitable[Response]]:
    async def refuse(_request: Request) -> Response:
        return Response("There is no such page.\n", status_code=404, headers=headers)

    return refuse
