"""An external database's address, and the roles' addresses made from it (pure)."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from ecluse.store.errors import StoreError


SCHEMES = ("postgresql", "postgres")
OF_THE_OWNER = {"user", "password", "passfile"}


def check(url: str) -> str:
    """Return `url` when it is a PostgreSQL address that names a database.

    Raises:
        StoreError: it is not; the text never quotes the address, which holds a password.
    """
    hint = "It reads postgresql://USER:PASSWORD@HOST:PORT/DATABASE."
    if urlsplit(url).scheme not in SCHEMES:
        raise StoreError("ECLUSE_DATABASE_URL is not a PostgreSQL address.", hint=hint)
    if not urlsplit(url).path.strip("/"):
        raise StoreError("ECLUSE_DATABASE_URL names no database.", hint=hint)
    return url


def signed_in_as(url: str, *, user: str, password: str) -> str:
    """Return `url` with the owner's name and password replaced by another role's."""
    parts = urlsplit(url)
    hosts = parts.netloc.rpartition("@")[2]
    options = [pair for pair in parse_qsl(parts.query) if pair[0] not in OF_THE_OWNER]
    netloc = f"{quote(user, safe='')}:{quote(password, safe='')}@{hosts}"
    return parts._replace(netloc=netloc, query=urlencode(options)).geturl()
