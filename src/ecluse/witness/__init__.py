"""A witness of transparency logs: an insurer's or a regulator's, on a machine of its own.

It speaks c2sp.org/tlog-witness and knows nothing of Écluse but the log's public key: no database,
no keyring, one folder. Pure: `book`. See docs/decisions/0032-witness.md.
"""

from __future__ import annotations
