"""The one way out: signatures, lanes, `decide`, release."""

from __future__ import annotations
