"""What Écluse is worth against a limit that the same machine reaches in the same run."""

from __future__ import annotations
