"""A card's code: the text that its QR holds and that a handheld reader types (`cards.letters`).

"ECL", 32 letters for the 16 secret bytes, 2 check letters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ecluse.cards.letters import ALPHABET, Form


if TYPE_CHECKING:
    from numpy.typing import NDArray


SECRET_SIZE = 16

_FORM = Form("ECL", b"ecluse/card/v1", SECRET_SIZE, "card code")
CODE_SIZE = _FORM.length

_LETTERS = np.frombuffer(ALPHABET.encode(), dtype=np.uint8)

encode = _FORM.write
decode = _FORM.read


def encode_many(secrets: NDArray[np.uint8]) -> NDArray[np.bytes_]:
    """Return the codes of many cards, as `encode` gives them one by one.

    Args:
        secrets: shape (n, 16), one card's secret a row.

    Returns:
        Shape (n,), dtype S37.
    """
    rows = np.ascontiguousarray(secrets)
    count = len(rows)
    joined = rows.tobytes()
    cards = (joined[at : at + SECRET_SIZE] for at in range(0, len(joined), SECRET_SIZE))
    checks = np.frombuffer(b"".join(map(_FORM.check, cards)), dtype=np.uint8)
    whole = np.concatenate([rows, checks.reshape(count, 1)], axis=1)
    letters = np.empty((count, CODE_SIZE), dtype=np.uint8)
    letters[:, :3] = np.frombuffer(_FORM.prefix.encode(), dtype=np.uint8)
    letters[:, 3::2] = _LETTERS[whole >> 4]
    letters[:, 4::2] = _LETTERS[whole & 15]
    codes: NDArray[Any] = letters.view(f"S{CODE_SIZE}")
    return codes.ravel()
