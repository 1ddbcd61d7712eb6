"""What a member shows: the code on a card and its picture, what a phone signs in its place."""

from __future__ import annotations
