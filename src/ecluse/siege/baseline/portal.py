"""A professionals' portal as it was described in 2024: a password opens it, and every page is shown."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import tempfile
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import polars as pl
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from ecluse.population.generate import generate
from ecluse.population.nation import Nation


if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request


_TABLE = """
CREATE TABLE member (
  number integer PRIMARY KEY, insurer text, nir text, birth_date text, civil_status text, cover text
)
"""
_PAGE = """<!doctype html><html lang="fr"><meta charset="utf-8"><title>Dossier</title><dl>
<dt>Organisme<dd id="insurer">{}<dt>NIR<dd id="nir">{}<dt>Né(e) le<dd id="birth_date">{}
<dt>État civil<dd id="civil_status">{}<dt>Garanties<dd id="cover">{}</dl></html>"""
_ASK = """<!doctype html><html lang="fr"><meta charset="utf-8"><title>Connexion</title>
<form method="post"><input name="user"><input name="password" type="password"></form></html>"""
#: Invented: the nation has no names, and no part of Écluse holds any.
_FIRST = ("Alix", "Camille", "Dominique", "Maxime", "Noa", "Sacha", "Yaël")
_FAMILY = ("Aubier", "Bassin", "Chenal", "Darse", "Étiage", "Flotte", "Gué", "Halage", "Jetée")


class Portal:
    """The portal's application, and what it knows."""

    def __init__(self, members: int, seed: int) -> None:
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        self._database.execute(_TABLE)
        self._database.executemany("INSERT INTO member VALUES (?,?,?,?,?,?)", _rows(members, seed))
        (self.members,) = self._database.execute("SELECT count(*) FROM member").fetchone()
        #: What a clerk typed into a look-alike page.
        self.password = secrets.token_urlsafe(9)
        self._salt = secrets.token_bytes(16)
        self._hash = self._hashed(self.password)
        self._sessions: set[str] = set()
        self.application = Starlette(
            routes=[
                Route("/login", self._login, methods=["GET", "POST"]),
                Route("/members/{number:int}", self._member),
            ]
        )

    def _hashed(self, password: str) -> bytes:
        return hashlib.scrypt(password.encode(), salt=self._salt, n=2**14, r=8, p=1)

    async def _login(self, request: Request) -> Response:
        if request.method == "GET":
            return HTMLResponse(_ASK)
        form = parse_qs((await request.body()).decode())
        password = form.get("password", [""])[0]
        if not secrets.compare_digest(self._hashed(password), self._hash):
            return HTMLResponse(_ASK, 401)
        session = secrets.token_urlsafe(24)
        self._sessions.add(session)
        answer = RedirectResponse("/members/1", 303)
        answer.set_cookie("session", session, httponly=True)
        return answer

    async def _member(self, request: Request) -> Response:
        if request.cookies.get("session") not in self._sessions:
            return RedirectResponse("/login", 303)
        row = self._database.execute(
            "SELECT insurer, nir, birth_date, civil_status, cover FROM member WHERE number = ?",
            (request.path_params["number"],),
        ).fetchone()
        if row is None:
            return HTMLResponse("Aucun dossier.", 404)
        return HTMLResponse(_PAGE.format(*map(escape, row)))


def _rows(members: int, seed: int) -> Iterator[tuple[int, str, str, str, str, str]]:
    """Yield the members of an invented nation, with the five kinds of data of 2024."""
    with tempfile.TemporaryDirectory(prefix="ecluse-baseline-") as folder:
        generate(Nation(members, 5, seed), Path(folder))
        rosters = [
            pl.read_csv(path, infer_schema=False).with_columns(insurer=pl.lit(path.parent.name))
            for path in sorted(Path(folder).glob("insurers/*/roster.csv"))
        ]
    columns = ["insurer", "nir", "birth_date", "package"]
    for number, row in enumerate(pl.concat(rosters).select(columns).iter_rows(), start=1):
        insurer, nir, birth_date, package = row
        name = f"{_FIRST[number % len(_FIRST)]} {_FAMILY[number % len(_FAMILY)]}"
        yield number, insurer, nir, birth_date, name, package
