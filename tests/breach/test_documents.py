"""Every number in every document is the scope's, as whoever opens the PDF reads it."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from typing import TYPE_CHECKING

import msgspec
import pyrage
import pytest

from breach.pages import AT, PLACE, case, told
from ecluse.breach.cnil import band
from ecluse.breach.document import LANGUAGES, words
from ecluse.breach.dossier import Change, dossier
from ecluse.breach.letter import letter
from ecluse.breach.package import package
from ecluse.breach.render import Press


if TYPE_CHECKING:
    from pathlib import Path

    from ecluse.breach.document import Language
    from ecluse.breach.dossier import Case

PRESS = Press()
PERSONS = 1234
CHANGE = Change(version=1, was=987, added=251, removed=4)


def read_back(pdf: bytes) -> str:
    """Return a PDF's text as poppler reads it, in which a narrow space is a space."""
    done = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
    )
    return done.stdout.decode().replace("\u202f", " ")


def facts(text: str) -> list[str]:
    """Return a page's numbers, thousands joined."""
    return [re.sub(r"[ ,]", "", found) for found in re.findall(r"\d{1,3}(?:[ ,]\d{3})+|\d+", text)]


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    answers = told(PERSONS, possible=56)
    identity = pyrage.x25519.Identity.generate()
    sealed = package(
        case(answers, change=CHANGE), answers, {}, {PLACE: "21"}, PRESS, str(identity.to_public())
    )
    with zipfile.ZipFile(io.BytesIO(pyrage.decrypt(sealed, [identity]))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def value(text: str, label: str) -> str:
    """Return what stands beside a label, where it stands first."""
    found = re.search(rf"^ *{re.escape(label)} {{2,}}(.+)$", text, re.MULTILINE)
    assert found
    return found[1].strip()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_dossiers_numbers_are_the_scopes(files: dict[str, bytes], language: Language) -> None:
    text, said = read_back(files[f"dossier-{language}.pdf"]), words(language)
    thousands = "1 234" if language == "fr" else "1,234"
    assert value(text, said("dossier.persons")) == thousands
    assert value(text, said("dossier.records")) == thousands
    assert value(text, said("dossier.possible")) == "56"
    assert facts(value(text, said("dossier.sure"))) == ["1178"]
    assert value(text, said("dossier.was")) == "987"
    assert value(text, said("dossier.added")) == "251"
    assert value(text, said("dossier.removed")) == "4"
    assert value(text, said("family.pharmacy")) == "412"
    assert value(text, said("lane.card")) == "617"
    assert {"1009", "123456", "123457", "41", "43"} <= set(facts(text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_regulators_numbers_are_the_scopes(files: dict[str, bytes], language: Language) -> None:
    text, said = read_back(files[f"cnil-{language}.pdf"]), words(language)
    assert facts(value(text, said("cnil.count"))) == [str(PERSONS)]
    assert value(text, said("cnil.band")) == "301-5000"
    assert facts(value(text, said("cnil.volume"))) == [str(PERSONS)]
    assert said("cnil.complementary") in text
    assert {"987", "251", "617"} <= set(facts(text))


def test_what_is_read_back_changes_with_the_scope() -> None:
    for persons in (1, 5, 77):
        made = PRESS.pdf(dossier(case(told(persons)), words("fr")), AT)
        assert value(read_back(made), words("fr")("dossier.persons")) == str(persons)


def test_an_insurers_software_reads_the_same_numbers(files: dict[str, bytes]) -> None:
    found = msgspec.json.decode(files["case.json"])
    assert (found["figures"]["sure"], found["figures"]["possible"]) == (PERSONS - 56, 56)
    assert found["change"] == {"version": 1, "was": 987, "added": 251, "removed": 4}
    assert len(files["members.csv"].splitlines()) == PERSONS + 1


def test_the_letters_advice_fits_what_was_told() -> None:
    for language in LANGUAGES:
        said = words(language)
        made = {
            lanes: PRESS.pdf(letter(case(told(9, lanes=lanes)), said), AT)
            for lanes in (("typed",), ("card",))
        }
        advice = said("advice.presence")[:40]
        assert advice not in read_back(made["typed",])
        assert advice in read_back(made["card",])


def test_a_letter_names_nobody_and_says_what_is_not_concerned(files: dict[str, bytes]) -> None:
    text = read_back(files["letter-fr.pdf"])
    assert "numéro de sécurité sociale" in text
    assert not set(facts(text)) & {"1234", "1178", "123457"}


def test_it_does_not_say_closed_when_nothing_was() -> None:
    for closed in (True, False):
        text = read_back(PRESS.pdf(letter(case(told(2), closed=closed), words("en")), AT))
        assert ("was closed" in text) is closed


def test_who_is_taken_out_whole_is_told_zero_and_gets_no_letter() -> None:
    identity = pyrage.x25519.Identity.generate()
    nobody: Case = case([], change=Change(1, 12, 0, 12))
    sealed = package(nobody, [], {}, {}, PRESS, str(identity.to_public()))
    with zipfile.ZipFile(io.BytesIO(pyrage.decrypt(sealed, [identity]))) as archive:
        assert not [name for name in archive.namelist() if name.startswith("letter")]
        text = read_back(archive.read("dossier-fr.pdf"))
    assert value(text, words("fr")("dossier.persons")) == "0"
    assert value(text, words("fr")("dossier.removed")) == "12"


def test_the_pdfs_say_that_they_are_tagged_and_in_which_language(files: dict[str, bytes]) -> None:
    for name in ("dossier-fr", "cnil-fr", "letter-fr"):
        body = files[f"{name}.pdf"]
        assert b"pdfuaid" in body or b"/StructTreeRoot" in body
        told_of = subprocess.run(
            ["pdfinfo", "-"], input=body, capture_output=True, check=True
        ).stdout.decode()
        assert re.search(r"Tagged:\s+yes", told_of)


def test_the_real_age_program_opens_it_with_the_insurers_key_and_no_other(tmp_path: Path) -> None:
    age, keygen = shutil.which("age"), shutil.which("age-keygen")
    assert age
    assert keygen
    mine, other = tmp_path / "mine", tmp_path / "other"
    for path in (mine, other):
        subprocess.run([keygen, "-o", str(path)], check=True, capture_output=True)
    recipient = next(
        line.split()[-1] for line in mine.read_text().splitlines() if "public key" in line
    )
    answers = told(3)
    sealed = package(case(answers), answers, {}, {}, PRESS, recipient)
    opened = subprocess.run(
        [age, "-d", "-i", str(mine)], input=sealed, capture_output=True, check=True
    )
    with zipfile.ZipFile(io.BytesIO(opened.stdout)) as archive:
        assert "members.csv" in archive.namelist()
    refused = subprocess.run(
        [age, "-d", "-i", str(other)], input=sealed, capture_output=True, check=False
    )
    assert refused.returncode != 0
    assert refused.stdout == b""


def test_both_languages_have_the_same_sentences_with_the_same_facts() -> None:
    french, english = (words(language)._texts for language in LANGUAGES)  # noqa: SLF001 - read whole
    assert {group: texts.keys() for group, texts in french.items()} == {
        group: texts.keys() for group, texts in english.items()
    }
    for group, texts in french.items():
        for key, text in texts.items():
            placeholders = re.compile(r"\{(\w+)\}")
            assert set(placeholders.findall(text)) == set(placeholders.findall(english[group][key]))


@pytest.mark.parametrize(
    ("persons", "expected"),
    [
        (0, "0-5"),
        (5, "0-5"),
        (6, "6-50"),
        (50, "6-50"),
        (51, "51-300"),
        (301, "301-5000"),
        (5001, ">5000"),
    ],
)
def test_the_regulators_bands(persons: int, expected: str) -> None:
    assert band(persons) == expected
