"""The whole operator on one machine, for a first look: a nation, a pharmacy, a day's thieves."""

from __future__ import annotations
