"""What the ledger records: one small frozen type per event, by topic."""

from __future__ import annotations
