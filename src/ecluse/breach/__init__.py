"""The day after: incidents, whom they concern, and how each insurer is told, with proof.

book        opens, changes and closes incidents; each step stands in the ledger   role: officer
reading     reads an incident's scope from the ledger, and proves it whole         role: breach
scope       what was read: persons, sure and possible, for each insurer            pure
"""

from __future__ import annotations
