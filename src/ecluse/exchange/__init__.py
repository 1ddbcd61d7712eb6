"""Between operators: alarms about professionals, signed, told over TAXII 2.1 and followed by policy.

`stix`, `pattern`, `envelope` and `follow` are pure; `telling`, `hearing` and `app` carry.
"""

from __future__ import annotations
