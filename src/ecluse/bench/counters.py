"""Many counters with a signed-in device each, and the checks that they ask."""

from __future__ import annotations

import itertools
import secrets
import time
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ecluse.client.device import DeviceKey
from ecluse.client.signing import signed_headers
from ecluse.login import base64url, profile
from ecluse.login.keyid import KeyId
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecluse.siege.scene import Member
    from ecluse.store.database import Database


ORGANISATIONS = 1000
ACCOUNTS = 2000
_PATH = "/v1/checks"


class Counter(NamedTuple):
    """One counter's device."""

    device: DeviceKey
    keyid: str


async def open_counters(database: Database) -> list[Counter]:
    """Write organisations, accounts and devices as enrolments and sign-ins would have."""
    now = datetime.now(UTC)
    organisations = [secrets.token_bytes(16) for _ in range(ORGANISATIONS)]
    accounts = [secrets.token_bytes(16) for _ in range(ACCOUNTS)]
    devices = [DeviceKey.generate() for _ in range(ACCOUNTS)]
    connection = await database.connect(Role.OWNER)
    try:
        await connection.copy_records_to_table(
            "organisation",
            columns=["organisation", "finess", "name", "profession", "region", "professionals"],
            records=[
                (name, f"{750000000 + number}", f"Pharmacie {number}", "21", "11", 3)
                for number, name in enumerate(organisations)
            ],
        )
        await connection.copy_records_to_table(
            "account",
            columns=["account", "organisation", "label", "probation_until"],
            records=[
                (account, organisation, "Comptoir", now)
                for account, organisation in zip(
                    accounts, itertools.cycle(organisations), strict=False
                )
            ],
        )
        columns = "account thumbprint public_key credential registered_at expires_at"
        await connection.copy_records_to_table(
            "device",
            columns=columns.split(),
            records=[
                (
                    *(account, device.thumbprint, device.public_key, secrets.token_bytes(32)),
                    *(now, now + timedelta(hours=12)),
                )
                for account, device in zip(accounts, devices, strict=True)
            ],
        )
    finally:
        await connection.close()
    return [
        Counter(device, KeyId(account, device.thumbprint).text())
        for account, device in zip(accounts, devices, strict=True)
    ]


class Checks:
    """Endless checks in the card lane: each card at its own counter, all cards before any twice."""

    def __init__(
        self, origin: str, members: Sequence[Member], counters: Sequence[Counter], today: date
    ) -> None:
        self._origin = origin
        self._today = today
        self._visits: Iterator[tuple[Member, Counter]] = itertools.cycle(
            list(zip(members, itertools.cycle(counters), strict=False))
        )

    def sign(self, count: int) -> list[bytes]:
        """Return `count` signed requests, to be sent within half a minute."""
        created = int(time.time())
        return [self._request(*next(self._visits), created) for _ in range(count)]

    def _request(self, member: Member, counter: Counter, created: int) -> bytes:
        body = msgspec.json.encode(
            {
                "check_id": base64url.encode(secrets.token_bytes(16)),
                "subject": {"kind": "card", "card": member.card},
                "care_date": self._today,
                "family": member.families[0],
            }
        )
        headers = signed_headers(
            counter.device,
            counter.keyid,
            profile.Message("POST", profile.target_uri(self._origin, _PATH.encode()), body),
            created=created,
            nonce=secrets.token_bytes(profile.NONCE_SIZE),
        )
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"POST {_PATH} HTTP/1.1\r\nHost: gate\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
        return head.encode("ascii") + body
