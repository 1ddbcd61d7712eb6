"""Passkeys, device keys, signed requests, enrolment: who asks, proven without a secret to steal."""

from __future__ import annotations
