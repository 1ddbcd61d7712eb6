"""A body is a check, or it is told which part of it is not: never with what stood there."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.cards import code
from ecluse.cover.family import CareFamily
from ecluse.errors import EcluseError
from ecluse.gate.request import (
    Asked,
    InvalidSubjectError,
    Kind,
    MalformedError,
    PersonSubject,
    asked,
    parse,
    typed_subject,
)
from ecluse.gate.state import Lane
from ecluse.ids import nir


NIR13 = "2841075101001"
NIR = NIR13 + nir.key(NIR13)
CHECK = "AAECAwQFBgcICQoLDA0ODw"
PERSON = {"kind": "person", "nir": NIR, "birth_date": "19841031", "birth_rank": 1}
BODY = {"check_id": CHECK, "subject": PERSON, "care_date": "2026-11-23", "family": "pharmacy"}
ASSERTION = {
    "id": "AA",
    "rawId": "AA",
    "type": "public-key",
    "response": {"authenticatorData": "AA", "signature": "AA", "clientDataJSON": "AA"},
}


def text(**changes: object) -> bytes:
    return json.dumps({**BODY, **changes}).encode()


def person(**changes: object) -> dict[str, Any]:
    return {**PERSON, **changes}


def test_a_typed_check_names_its_person_as_the_keyring_evaluates_it() -> None:
    assert asked(parse(text())) == Asked(
        check=bytes(range(16)),
        lane=Lane.TYPED,
        kind=Kind.PERSON,
        identifier=(NIR13 + "19841031" + "1").encode(),
        amc=None,
        care_date=date(2026, 11, 23),
        family=CareFamily.PHARMACY,
    )


def test_a_card_check_names_the_cards_secret() -> None:
    card = {"kind": "card", "card": code.encode(bytes(range(16)))}
    found = asked(parse(text(subject=card)))
    assert (found.lane, found.identifier, found.amc) == (Lane.CARD, bytes(range(16)), None)


def test_an_impossible_birth_date_is_accepted_as_printed() -> None:
    found = asked(parse(text(subject=person(birth_date="19620000"))))
    assert found.identifier == (NIR13 + "196200001").encode()


def test_an_insurer_that_is_named_is_kept() -> None:
    assert asked(parse(text(subject=person(amc="75004407")))).amc == "75004407"


def test_a_gesture_commits_to_all_of_the_subject() -> None:
    body = parse(text(gesture={"created": 7, "assertion": ASSERTION}))
    assert isinstance(body.subject, PersonSubject)
    assert body.gesture is not None
    subject = typed_subject(body, body.subject, body.gesture, "account.device")
    assert subject == (
        type(subject)(
            check_id=CHECK,
            nir13=NIR13,
            birth_date="19841031",
            birth_rank=1,
            amc=None,
            care_date="2026-11-23",
            family="pharmacy",
            created=7,
            keyid="account.device",
        )
    )


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (text(check_id="short"), "$.check_id"),
        (text(check_id=7), "$.check_id"),
        (text(subject={"kind": NIR}), "$.subject.kind"),
        (text(subject={**PERSON, "kind": "card"}), "$.subject"),
        (text(subject=person(birth_rank=0)), "$.subject.birth_rank"),
        (text(subject=person(birth_rank=10)), "$.subject.birth_rank"),
        (text(subject=person(birth_rank=True)), "$.subject.birth_rank"),
        (text(subject=person(nir=NIR * 3)), "$.subject.nir"),
        (text(subject=person(nir=None)), "$.subject.nir"),
        (text(subject=person(birth_date=19841031)), "$.subject.birth_date"),
        (text(subject=person(name=NIR)), "$.subject"),
        (text(care_date="2026-02-30"), "$.care_date"),
        (text(care_date=NIR), "$.care_date"),
        (text(family=NIR), "$.family"),
        (text(family="prison"), "$.family"),
        (text(gesture={"created": -1, "assertion": ASSERTION}), "$.gesture.created"),
        (text(gesture={"created": 2**40, "assertion": ASSERTION}), "$.gesture.created"),
        (
            text(gesture={"created": 1, "assertion": {**ASSERTION, "type": NIR}}),
            "$.gesture.assertion.type",
        ),
    ],
)
def test_it_says_which_part_is_malformed_and_not_what_stood_there(body: bytes, part: str) -> None:
    with pytest.raises(MalformedError) as told:
        parse(body)
    assert told.value.problem == f"The check is malformed at {part}."


@pytest.mark.parametrize(
    "body",
    [
        text(**{NIR: 1}),
        text(**{f"${NIR}": 1}),
        text(**{f"x` - at `$.{NIR}": 1}),
        text(subject=person(**{f"x` - at `$.{NIR}": 1})),
        json.dumps([NIR]).encode(),
        json.dumps(NIR).encode(),
        NIR.encode(),
        b'{"check_id": ' + NIR.encode(),
        b"\xff" + NIR.encode(),
        text(check_id="\ud800" + NIR),
        b"",
        b"[" * 200_000,
        b'{"subject":{"x":' + b"[" * 200_000,
        b'{"subject":{"kind":"person","x":' + b'{"a":' * 200_000,
        b'{"gesture":{"created":1,"assertion":{"x":' + b"[" * 200_000,
    ],
)
def test_a_malformed_body_never_comes_back(body: bytes) -> None:
    with pytest.raises(MalformedError) as told:
        parse(body)
    assert not any(character.isdigit() for character in f"{told.value}{told.value.hint}")


SECRET = "1987654321098"
keys = st.text() | st.sampled_from([SECRET, "$" + SECRET, f"`$.{SECRET}`", *PERSON, "card", "amc"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats() | st.just(SECRET),
    lambda children: st.lists(children) | st.dictionaries(keys, children),
    max_leaves=6,
)


@given(
    st.dictionaries(
        st.sampled_from([*BODY, "gesture", "other", SECRET]),
        json_values
        | st.sampled_from([PERSON, person(nir=SECRET), {"kind": "card", "card": SECRET}]),
    )
)
def test_any_json_is_a_check_or_an_error_that_names_no_value(changes: dict[str, Any]) -> None:
    assert SECRET not in complaint(text(**changes))


def complaint(body: bytes) -> str:
    """What is said about a body; nothing about a check."""
    try:
        asked(parse(body))
    except (MalformedError, InvalidSubjectError) as error:
        return error.problem + error.hint
    return ""


@pytest.mark.parametrize(
    ("subject", "named"),
    [
        (person(nir=NIR13 + "00"), "NIR"),
        (person(nir="9" + NIR[1:]), "NIR"),
        (person(nir=NIR[:14]), "NIR"),
        (person(nir="\u0662" * 15), "NIR"),
        (person(birth_date="31101984 "), "birth date"),
        (person(birth_date="\u0661" * 8), "birth date"),
        (person(amc="75/04407"), "AMC"),
        ({"kind": "card", "card": NIR}, "card"),
        ({"kind": "card", "card": code.encode(bytes(16))[:-1] + "S"}, "card"),
    ],
)
def test_a_subject_that_can_be_nobodys_is_told_apart_before_any_look_up(
    subject: dict[str, Any], named: str
) -> None:
    with pytest.raises(InvalidSubjectError) as told:
        asked(parse(text(subject=subject)))
    assert named.lower() in told.value.problem.lower()
    values = [str(value) for key, value in subject.items() if key not in ("kind", "birth_rank")]
    assert not any(value in f"{told.value}{told.value.hint}" for value in values)


@pytest.mark.parametrize("check_id", ["A" * 21 + "B", "+" * 22, "\u00e9" * 22])
def test_a_check_id_has_one_text_for_its_sixteen_bytes(check_id: str) -> None:
    with pytest.raises(MalformedError, match="check id"):
        asked(parse(text(check_id=check_id)))


def test_both_errors_are_shown_to_people() -> None:
    assert issubclass(MalformedError, EcluseError)
    assert issubclass(InvalidSubjectError, EcluseError)
