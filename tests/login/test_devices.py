from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ecluse.client.device import DeviceKey
from ecluse.login import devices
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from ecluse.store.connection import Connection
    from login.conftest import As

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

_ACCOUNT = """
INSERT INTO account (account, organisation, label, probation_until)
VALUES ($1, '', 'Comptoir', now()) ON CONFLICT DO NOTHING
"""


def new_device(account: bytes | None = None, *, since: datetime = NOW) -> devices.Device:
    key = DeviceKey.generate()
    return devices.Device(
        account=account or os.urandom(16),
        thumbprint=key.thumbprint,
        public_key=key.public_key,
        credential=b"credential",
        registered_at=since,
        expires_at=since + timedelta(hours=12),
    )


def register(as_role: As, device: devices.Device) -> devices.Device:
    as_role(Role.OWNER, lambda connection: connection.execute(_ACCOUNT, device.account))
    as_role(Role.GATE, lambda connection: devices.register(connection, device))
    return device


def load(as_role: As, device: devices.Device, now: datetime = NOW) -> devices.Device | None:
    """Return the device if it counts now, as both the owner's list and the gate's look-up say."""
    key = (device.account, device.thumbprint)

    async def read(link: Connection) -> devices.Device | None:
        listed = await devices.listed(link, device.account, now)
        found = next((each for each in listed if each.thumbprint == device.thumbprint), None)
        signers = await devices.signers(link, [key, (os.urandom(16), os.urandom(32))], now)
        assert set(signers) == ({key} if found else set())
        if found:
            assert signers[key].public_key == found.public_key
            assert signers[key].expires_at == found.expires_at.timestamp()
        return found

    return as_role(Role.GATE, read)


def test_a_registered_device_counts_until_it_expires(as_role: As) -> None:
    device = register(as_role, new_device())
    assert load(as_role, device) == device
    assert load(as_role, device, device.expires_at - timedelta(seconds=1)) == device
    assert load(as_role, device, device.expires_at) is None


def test_a_device_counts_for_its_own_account_only(as_role: As) -> None:
    device = register(as_role, new_device())
    assert load(as_role, replace(device, account=os.urandom(16))) is None
    assert load(as_role, replace(device, thumbprint=os.urandom(32))) is None


@pytest.mark.parametrize("hours", [0, -1, 12.01, 24])
def test_a_registration_lasts_twelve_hours_at_most(as_role: As, hours: float) -> None:
    device = new_device()
    device = replace(device, expires_at=device.registered_at + timedelta(hours=hours))
    with pytest.raises(devices.DeviceError, match="twelve hours"):
        register(as_role, device)
    assert load(as_role, device) is None


def test_a_shorter_policy_shortens_registrations(as_role: As) -> None:
    device, hour = new_device(), timedelta(hours=1)
    with pytest.raises(devices.DeviceError):
        as_role(Role.GATE, lambda link: devices.register(link, device, lifetime=hour))


def test_signing_in_again_renews_the_same_key(as_role: As) -> None:
    device = register(as_role, new_device())
    later = replace(
        device,
        registered_at=NOW + timedelta(hours=2),
        expires_at=NOW + timedelta(hours=14),
    )
    register(as_role, later)
    assert load(as_role, device, NOW + timedelta(hours=13)) == later


def test_a_device_that_was_signed_out_never_comes_back(as_role: As) -> None:
    device = register(as_role, new_device())

    def revoke() -> int:
        return as_role(
            Role.GATE,
            lambda link: devices.revoke(link, device.account, device.thumbprint, NOW),
        )

    assert revoke() == 1
    assert revoke() == 0
    assert load(as_role, device) is None
    with pytest.raises(devices.DeviceError, match="signed out"):
        register(as_role, device)
    assert load(as_role, device) is None


@pytest.mark.parametrize("role", [Role.GATE, Role.OFFICER])
def test_all_devices_of_one_account_are_signed_out_at_once(as_role: As, role: Role) -> None:
    account = os.urandom(16)
    mine = [register(as_role, new_device(account)) for _ in range(3)]
    other = register(as_role, new_device())
    register(as_role, new_device(account, since=NOW - timedelta(hours=13)))
    assert as_role(role, lambda link: devices.revoke_all(link, account, NOW)) == len(mine)
    assert [load(as_role, device) for device in mine] == [None, None, None]
    assert load(as_role, other) == other


def test_the_list_holds_the_devices_that_count_now(as_role: As) -> None:
    account = os.urandom(16)
    first = register(as_role, new_device(account, since=NOW - timedelta(hours=1)))
    second = register(as_role, new_device(account))
    gone = register(as_role, new_device(account))
    register(as_role, new_device(account, since=NOW - timedelta(hours=12)))
    register(as_role, new_device())
    as_role(Role.GATE, lambda link: devices.revoke(link, account, gone.thumbprint, NOW))
    listed = as_role(Role.GATE, lambda link: devices.listed(link, account, NOW))
    assert listed == [first, second]
