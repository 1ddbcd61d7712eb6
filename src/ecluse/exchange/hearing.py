"""Hearing: reads a peer's collection, and does what the policy says about what it tells."""

from __future__ import annotations

import os
import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import httpx2
import msgspec

from ecluse.errors import EcluseError
from ecluse.exchange import rows, stix
from ecluse.exchange.envelope import TAXII
from ecluse.exchange.follow import about, follow
from ecluse.ledger.append import append
from ecluse.ledger.entry import AlarmHeard, Contained
from ecluse.login import jwk, profile
from ecluse.login.keyid import KeyId
from ecluse.policy.exchange import Following
from ecluse.policy.watch import Measure
from ecluse.watch import rows as watch_rows
from ecluse.watch.containment import Containment, Standing


if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecluse.exchange.follow import Consequence
    from ecluse.exchange.peers import Peer
    from ecluse.exchange.stix import Told
    from ecluse.keyring.client import ExchangeKeyring
    from ecluse.ledger.entry import Event
    from ecluse.policy.exchange import ExchangePolicy
    from ecluse.store.connection import Connection


HOUR = timedelta(hours=1)
#: Of one peer's alarms in any hour: what comes beyond is read later.
MOST_AN_HOUR = 1000
#: Objects asked for at a time, and bytes of an answer, at most.
_PAGE, _MOST_BYTES = 100, 4 * 1024 * 1024
#: Seconds until a peer that does not answer is left alone for this time.
_PATIENCE = 5.0

LOCKED = "neighbour"
"""Why an account is locked that a neighbour's word locked."""


class PeerSilentError(EcluseError):
    """A peer could not be read."""


class Page(NamedTuple):
    """What one answer of a peer holds."""

    objects: list[Any]
    #: When the last of them was added, by the peer's clock; None when there is none.
    until: datetime | None


class _Envelope(msgspec.Struct, frozen=True):
    objects: list[Any] = []


class Ear:
    """Reads peers' collections with requests signed in this operator's name.

    Page by page, a round each: every object of an exchange like this one is added at a moment of
    its own, so that none is passed over between two pages.
    """

    def __init__(self, http: httpx2.AsyncClient, keyring: ExchangeKeyring) -> None:
        self._http = http
        self._keyring = keyring
        #: Peers that did not answer last time.
        self.silent: set[bytes] = set()

    async def read(self, peer: Peer) -> Page:
        """Return what a peer added since it was read last.

        Raises:
            PeerSilentError: It does not answer, or not as TAXII 2.1 says.
        """
        asked = {"added_after": stix.timestamp(peer.read_until), "limit": f"{_PAGE}"}
        url = f"{peer.collection}objects/?{urlencode(asked)}"
        headers = {"Accept": TAXII, **await self._signed(url)}
        try:
            async with self._http.stream("GET", url, headers=headers, timeout=_PATIENCE) as answer:
                if answer.status_code != httpx2.codes.OK:
                    raise PeerSilentError(f"{peer.name} answers with {answer.status_code}.")
                return _page(await _body(answer), answer.headers)
        except (httpx2.HTTPError, ValueError) as error:
            raise PeerSilentError(f"{peer.name} cannot be read ({type(error).__name__}).") from None

    async def _signed(self, url: str) -> dict[str, str]:
        parts = urlsplit(url)
        target = profile.target_uri(
            f"{parts.scheme}://{parts.netloc}", parts.path.encode(), parts.query.encode()
        )
        key = KeyId(None, jwk.thumbprint(await self._keyring.neighbour_key()))
        draft = profile.draft(
            profile.Message("GET", target),
            key.text(),
            created=int(time.time()),
            nonce=secrets.token_bytes(profile.NONCE_SIZE),
        )
        return draft.headers(await self._keyring.sign(draft.base))


async def hear(
    connection: Connection,
    keyring: ExchangeKeyring,
    peer: Peer,
    page: Page,
    policy: ExchangePolicy,
) -> int:
    """Do what follows from a page of a peer's, in one transaction; return how many alarms it held.

    What is no signed alarm of this peer's is passed over: nothing of it is kept.
    """
    now = datetime.now(UTC)
    told = _alarms(peer, page.objects)
    events: list[Event] = []
    async with connection.transaction():
        known = await rows.heard_before(connection, peer.peer, [each.object for each in told])
        spent = await rows.spent(connection, peer.peer, now - HOUR)
        fresh = {each.object: each for each in told if each.object not in known}
        for each in fresh.values():
            accounts = about(each.professional, await rows.here(connection, each.professional))
            done, spent = follow(each, accounts, peer.name, peer.most, spent, now, policy)
            for consequence in done:
                events += await _do(connection, peer, each, consequence, now, policy)
        await rows.have_read(connection, peer.peer, now, page.until)
        if events:
            await append(connection, [await keyring.seal_entry(event) for event in events], now)
    return len(fresh)


def _alarms(peer: Peer, objects: Sequence[Any]) -> list[Told]:
    told = []
    for each in objects:
        try:
            told.append(stix.read(each, peer.public_key, peer.peer))
        except stix.StixError:
            continue
    return told


async def _do(
    connection: Connection,
    peer: Peer,
    told: Told,
    consequence: Consequence,
    now: datetime,
    policy: ExchangePolicy,
) -> list[Event]:
    """Take away what one consequence says; return what the ledger is told."""
    number, until = os.urandom(16), _until(consequence.measure, now, policy)
    done = Containment(
        consequence.account,
        Measure(consequence.measure),
        until.timestamp() if until else None,
        consequence.reason,
        Standing(),
    )
    # Nothing is done about nobody, but for watching everybody harder.
    idle = not done.account and done.measure is not Measure.WATCH
    ended = 0 if idle else await watch_rows.apply(connection, done, now, locked=LOCKED)
    await rows.hear(connection, peer.peer, told.object, done, now)
    await rows.show(connection, number, done, now, until)
    heard = AlarmHeard(
        at=now,
        alarm=number,
        peer=peer.peer,
        object=told.object,
        kind=told.kind,
        account=done.account,
        why=done.reason,
    )
    if done.measure is Measure.NOTIFY:
        return [heard]
    return [
        heard,
        Contained(
            at=now,
            alarm=number,
            account=done.account,
            measure=done.measure,
            until=until,
            devices=ended,
        ),
    ]


def _until(measure: Following, now: datetime, policy: ExchangePolicy) -> datetime | None:
    match measure:
        case Following.FREEZE:
            return now + timedelta(hours=policy.freeze_hours)
        case Following.WATCH:
            return now + timedelta(hours=policy.watch_hours)
        case Following.NOTIFY:
            return now
        case _:
            return None


async def _body(answer: httpx2.Response) -> bytes:
    body = bytearray()
    async for part in answer.aiter_bytes():
        body += part
        if len(body) > _MOST_BYTES:
            raise ValueError("an answer beyond what a page holds")
    return bytes(body)


def _page(body: bytes, headers: httpx2.Headers) -> Page:
    found = msgspec.json.decode(body, type=_Envelope)
    last = headers.get("X-TAXII-Date-Added-Last")
    until = datetime.fromisoformat(last) if last and found.objects else None
    if until is not None and until.tzinfo is None:
        raise ValueError("a time without its zone")
    return Page(found.objects, until)
