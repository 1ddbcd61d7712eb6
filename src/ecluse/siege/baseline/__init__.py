"""The portal of 2024, as a baseline: what the same siege gets where nothing holds it back.

A password, a session, a page for each member, and no limit on how many are looked at. Nothing else
serves it, and it holds nobody real.
"""

from __future__ import annotations
