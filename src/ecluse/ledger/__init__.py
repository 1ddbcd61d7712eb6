"""The append-only ledger: what is recorded, how it is sealed, and the Merkle log that proves it.

Pure: `entry`, `seal`, `merkle`, `tiles`, `note`. Over the database: `append`, `storage`, `keeper`,
`proofs`, `verify`. See docs/decisions/0001-records-and-keys.md for the keys.
"""

from __future__ import annotations
