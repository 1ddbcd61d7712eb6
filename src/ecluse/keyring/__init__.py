"""The inner lock: the only code that holds keys, in a process of its own.

It finds (`locate`) and opens (`unseal`), each through its own meter, and opens nothing without an
entry that it has itself read back from the ledger as committed. It never sees a record.
See docs/decisions/0001-records-and-keys.md.
"""

from __future__ import annotations
