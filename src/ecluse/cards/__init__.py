"""What a member shows: the code on a card and its picture."""

from __future__ import annotations
