"""The picture that goes on a card: its code as a QR, and nothing about the member."""

from __future__ import annotations

import io

import segno

from ecluse.cards import code as card_code


# A code is upper-case letters only, which QR packs densely; level Q survives a quarter of the
# symbol being scratched (ISO/IEC 18004) and still fits version 3, 29 modules a side.
_ERROR_LEVEL = "q"
_QUIET_ZONE = 4
_PIXELS_PER_MODULE = 8


def svg(code: str) -> str:
    """Return the QR of a card's code as one SVG element, dark on white, quiet zone included.

    Raises:
        IdentifierError: the text is not a card's code.
    """
    printed = card_code.encode(card_code.decode(code))
    symbol = segno.make_qr(printed, error=_ERROR_LEVEL, boost_error=False)
    picture = io.BytesIO()
    symbol.save(
        picture,
        kind="svg",
        scale=_PIXELS_PER_MODULE,
        border=_QUIET_ZONE,
        light="white",
        xmldecl=False,
        nl=False,
    )
    return picture.getvalue().decode()
