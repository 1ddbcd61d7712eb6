"""A whole operator on one machine: where its parts keep their state, and its processes."""

from __future__ import annotations
