"""An alarm as another operator reads it: a STIX object by the standard, and nobody's but the signer's."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
import stix2
from hypothesis import given, settings
from hypothesis import strategies as st
from stix2patterns.validator import validate

from counts import runs
from ecluse.client.device import DeviceKey
from ecluse.exchange import stix
from ecluse.exchange.pattern import pattern
from ecluse.exchange.stix import Professional, Raised, StixError
from ecluse.policy.exchange import Shared
from ecluse.policy.policy import read


POLICY = read()[0]
AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
KEY, STRANGER = DeviceKey.generate(), DeviceKey.generate()
WHO = Professional("010000016", "21", "10001234565")


def made(
    kind: Shared = Shared.SWEEP, who: Professional = WHO, key: DeviceKey = KEY
) -> dict[str, Any]:
    raised = Raised(os.urandom(16), kind, AT, "9 checks were not answered.", who)
    unsigned = stix.indicator(raised, key.thumbprint, AT + timedelta(days=30), POLICY.watch)
    body = stix.signed(unsigned, key.sign(stix.to_sign(unsigned)))
    return msgspec.json.decode(body, type=dict[str, Any])


@pytest.mark.parametrize("kind", list(Shared))
def test_a_parser_that_we_did_not_write_takes_every_kind_of_alarm(kind: Shared) -> None:
    everything = [
        stix.PROJECT,
        stix.DEFINITION,
        stix.operator("Un", KEY.thumbprint, AT),
        made(kind),
    ]
    bundle = stix2.parse(
        {
            "type": "bundle",
            "id": "bundle--2f1b7a52-6d1b-4e0e-8f0c-2b7a6f5d3e11",
            "objects": everything,
        }
    )
    (indicator,) = [each for each in bundle.objects if each["type"] == "indicator"]
    assert indicator["extensions"][stix.EXTENSION]["finess"] == WHO.finess
    assert indicator["created_by_ref"] == everything[2]["id"]


@pytest.mark.parametrize("kind", list(Shared))
@pytest.mark.parametrize("who", [WHO, Professional()])
def test_every_pattern_is_one_of_the_standards_language(kind: Shared, who: Professional) -> None:
    assert validate(pattern(kind, who.finess, who.rpps, POLICY.watch), stix_version="2.1")


def test_the_receiver_reads_what_was_told_and_none_of_the_senders_words() -> None:
    told = stix.read(made(), KEY.public_key, KEY.thumbprint)
    assert (told.kind, told.professional) == (Shared.SWEEP, WHO._replace(profession=""))
    assert told.until - told.at == timedelta(days=30)
    assert "answered" not in repr(told)


PATHS = [
    ("description",),
    ("valid_until",),
    ("pattern",),
    ("id",),
    ("extensions", stix.EXTENSION, "finess"),
    ("extensions", stix.EXTENSION, "kind"),
]


@pytest.mark.attack
@pytest.mark.parametrize("path", PATHS)
def test_nothing_of_an_alarm_can_be_changed(path: tuple[str, ...]) -> None:
    whole = made()
    place = whole
    for name in path[:-1]:
        place = place[name]
    others = {"finess": "010780195", "kind": "honey", "valid_until": "2030-01-01T00:00:00.000000Z"}
    place[path[-1]] = others.get(path[-1], place[path[-1]] + " ")
    with pytest.raises(StixError):
        stix.read(whole, KEY.public_key, KEY.thumbprint)


@pytest.mark.attack
def test_an_alarm_can_gain_nothing_and_be_nobody_elses() -> None:
    with pytest.raises(StixError):
        stix.read(made() | {"revoked": True}, KEY.public_key, KEY.thumbprint)
    with pytest.raises(StixError):
        stix.read(made(key=STRANGER), KEY.public_key, KEY.thumbprint)
    borrowed = made(key=STRANGER)
    borrowed["extensions"][stix.EXTENSION]["key"] = made()["extensions"][stix.EXTENSION]["key"]
    with pytest.raises(StixError):
        stix.read(borrowed, KEY.public_key, KEY.thumbprint)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(JSON)
@settings(max_examples=runs(2000))
def test_whatever_a_neighbour_sends_is_an_alarm_or_a_stix_error(content: object) -> None:
    whole = made()
    whole["extensions"][stix.EXTENSION]["more"] = content
    for each in (content, whole, whole | {"extensions": content}):
        with pytest.raises(StixError):
            stix.read(each, KEY.public_key, KEY.thumbprint)
