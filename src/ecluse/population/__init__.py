"""A synthetic nation to work on: members, insurers, packages, professionals; no real person.

Everything follows from a seed. No name, address or anything else of civil status is generated:
the rosters hold what an insurer's feed holds and no more.
"""

from __future__ import annotations
