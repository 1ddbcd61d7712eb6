from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.store.address import check, signed_in_as
from ecluse.store.errors import StoreError


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://a:b@db:6432/house", "postgresql://role:pw@db:6432/house"),
        ("postgresql://db/house", "postgresql://role:pw@db/house"),
        (
            "postgres://a@h1:1,h2:2/house?sslmode=verify-full&password=x",
            "postgres://role:pw@h1:1,h2:2/house?sslmode=verify-full",
        ),
        ("postgresql:///house?host=/run/pg", "postgresql://role:pw@/house?host=%2Frun%2Fpg"),
        ("postgresql://a:p%40q@[::1]/house", "postgresql://role:pw@[::1]/house"),
    ],
)
def test_a_roles_address_is_the_owners_with_its_own_name(url: str, expected: str) -> None:
    assert signed_in_as(url, user="role", password="pw") == expected


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_no_part_of_the_owners_password_stays(password: str) -> None:
    from_owner = signed_in_as("postgresql://h/d", user="owner", password=password)
    assert signed_in_as(from_owner, user="role", password="pw") == "postgresql://role:pw@h/d"


@pytest.mark.parametrize("url", ["mysql://u:hidden@h/d", "u:hidden@h", "postgresql://u:hidden@h"])
def test_a_wrong_address_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(StoreError) as caught:
        check(url)
    assert "hidden" not in caught.value.problem + caught.value.hint


def test_a_right_address_passes() -> None:
    assert urlsplit(check("postgresql://u:p@h/d")).path == "/d"
