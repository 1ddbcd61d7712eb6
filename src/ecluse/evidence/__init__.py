"""One signed archive for the regulator: what was in force, what was done, and that it is so.

build    reads an incident's story and scope from the ledger and has it signed   role: breach
archive  what was read, as files; the same always gives the same bytes           pure
verify   goes into every archive: standard library only, believes nothing
"""

from __future__ import annotations
