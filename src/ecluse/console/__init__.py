"""The console: what officers, holders and insurers' staff do, over signed requests (API only).

Its process has the officer's database role. Like the gate it believes signatures and nothing else:
a captured pipe can make no request, and no login grants more than its role. It holds no route that
lists, searches or reads members (P1).
"""

from __future__ import annotations
