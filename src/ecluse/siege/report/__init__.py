"""The siege's report for an operator's board: one page, from the figures of `ecluse siege --json`."""

from __future__ import annotations
