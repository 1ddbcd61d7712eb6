"""Documents as PDF: tagged, PDF/UA-1, by typst, in the font that cards are printed in."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import fontpkg_atkinson_hyperlegible
import msgspec
import typst


if TYPE_CHECKING:
    from datetime import datetime

    from ecluse.breach.document import Document

_FONTS = Path(fontpkg_atkinson_hyperlegible.__file__).parent / "files"


class Press:
    """Prints documents; keeps the compiler, so that each after the first takes milliseconds."""

    def __init__(self) -> None:
        self._template = (
            resources.files("ecluse.breach").joinpath("texts/document.typ").read_bytes()
        )
        fonts = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[_FONTS]
        )
        self._compiler = typst.Compiler(self._template, font_paths=fonts)

    def pdf(self, document: Document, at: datetime) -> bytes:
        """Return a document as PDF.

        Args:
            document: Its content.
            at: What the file says of when it was made.
        """
        text = msgspec.json.encode(document).decode()
        made = self._compiler.compile(
            self._template,
            format="pdf",
            pdf_standards="ua-1",
            sys_inputs={"document": text},
            timestamp=at.replace(microsecond=0),
        )
        if not isinstance(made, bytes):
            raise TypeError("typst gave no PDF")
        return made
