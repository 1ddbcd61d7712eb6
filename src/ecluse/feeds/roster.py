"""A roster's columns: what a row says, and how each value is written (pure).

A row says: from `valid_from` on, until `valid_to` or without end, this person's cover is that
package. A delta's rows say it of those who joined or changed; of those who left they say that from
the day after `valid_to` on there is nothing.
"""

from __future__ import annotations

import re


#: A full feed's header, exactly. Every other column is refused.
COLUMNS = (
    "member_ref",
    "nir",
    "birth_date",
    "birth_rank",
    "card",
    "package",
    "valid_from",
    "valid_to",
    "priority",
)
HEADER = ",".join(COLUMNS)

#: What a row of a delta says happened, in one more column.
CHANGES = ("join", "change", "leave")
DELTA_COLUMNS = (*COLUMNS, "change")

#: A line number counts rows, the header being line 1, whatever line breaks a quoted value holds.
FIRST_ROW = 2

#: What a value looks like when its column was meant, right or mistyped. Such a value is no place
#: to look for anything else: one in ten mistyped NIRs would pass for a payment card.
MEANT = {
    "member_ref": re.compile(r"[A-Za-z0-9+/]{86}=="),  # sealed
    "nir": re.compile(r"\d{5}[0-9ABab]{2}\d{6}(?:\d{2})?"),
    "birth_date": re.compile(r"\d{8}"),
    "birth_rank": re.compile(r"\d{1,2}"),
    "card": re.compile(r"ECL[A-Z]{10,40}"),
    "valid_from": re.compile(r"\d{4}-\d{2}-\d{2}"),
    "valid_to": re.compile(r"\d{4}-\d{2}-\d{2}"),
    "priority": re.compile(r"\d{1,2}"),
    "change": re.compile(r"[a-z]{1,10}"),
}
