"""What the console answers, but for acts: accounts, enrolments, feeds, the ledger's state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ecluse.console import deeds, listing
from ecluse.console.asker import Outcome
from ecluse.console.deeds import LockReason, Terms
from ecluse.console.forms import number_of
from ecluse.gate.body import parsed
from ecluse.login import accounts, admission, base64url, fingerprint
from ecluse.login.enrolment import State
from ecluse.login.roles import OF_AN_ORGANISATION, RIGHTS, AccountRole, Right, may


if TYPE_CHECKING:
    from starlette.requests import Request

    from ecluse.console.asker import Asker
    from ecluse.keyring.client import OfficerKeyring


_CHECKING = {role for role in OF_AN_ORGANISATION if may(role, Right.CHECK)}


class LockBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /v1/console/accounts/{account}/lock`."""

    reason: LockReason


class ConsoleDoor:
    """The console's answers. Each takes an asker whose right to ask was checked."""

    def __init__(self, keyring: OfficerKeyring, terms: Terms) -> None:
        self._keyring = keyring
        self._terms = terms

    async def me(self, asker: Asker, _: Request, __: bytes) -> Outcome:
        """Tell the asker's own account, its role and its rights."""
        account = asker.account
        insurer = (
            await listing.insurer(asker.connection, account.insurer)
            if account.insurer is not None
            else None
        )
        return Outcome(
            {
                "account": base64url.encode(account.account),
                "label": account.label,
                "role": account.role,
                "rights": sorted(RIGHTS[account.role]),
                "organisation": account.place,
                "insurer": insurer,
                "locked": account.locked,
            }
        )

    async def enrolments(self, asker: Asker, _: Request, __: bytes) -> Outcome:
        """List the passkeys that ask to join."""
        waiting = await admission.pending(asker.connection, asker.now, finess=asker.finess)
        return Outcome({"enrolments": waiting})

    async def accept(self, asker: Asker, request: Request, _: bytes) -> Outcome:
        """Accept a counter's passkey or practice software's key; an officer also a holder's."""
        mark = fingerprint.parse(request.path_params["fingerprint"])
        holds = asker.account.role is AccountRole.HOLDER
        accepted, event = await deeds.accept(
            asker.connection,
            mark,
            asker.now,
            roles=_CHECKING if holds else OF_AN_ORGANISATION,
            terms=self._terms,
            finess=asker.finess,
            by=asker.caller.account,
        )
        number = base64url.encode(accepted.account)
        return Outcome({"fingerprint": mark, "state": State.ACCEPTED, "account": number}, [event])

    async def refuse(self, asker: Asker, request: Request, _: bytes) -> Outcome:
        """Refuse a passkey for good."""
        mark = fingerprint.parse(request.path_params["fingerprint"])
        event = await deeds.refuse(
            asker.connection, mark, asker.now, finess=asker.finess, by=asker.caller.account
        )
        return Outcome({"fingerprint": mark, "state": State.REFUSED}, [event])

    async def accounts(self, asker: Asker, request: Request, _: bytes) -> Outcome:
        """List one organisation's accounts; a security officer's default is those of none."""
        organisation = asker.account.organisation
        finess = request.query_params.get("finess")
        if finess is not None and asker.account.role is AccountRole.SECURITY:
            organisation = await accounts.find_organisation(asker.connection, finess)
            if organisation is None:
                return Outcome({"accounts": []})
        listed = await listing.accounts(asker.connection, organisation, asker.now)
        return Outcome({"accounts": listed})

    async def lock(self, asker: Asker, request: Request, raw: bytes) -> Outcome:
        """Lock an account. Opening it again takes two."""
        number = number_of(request.path_params["account"])
        await asker.reach(number)
        reason = parsed(raw, LockBody).reason
        event = await deeds.lock(
            asker.connection, number, reason, asker.now, by=asker.caller.account
        )
        return Outcome({"account": base64url.encode(number), "locked": reason}, [event])

    async def sign_out(self, asker: Asker, request: Request, _: bytes) -> Outcome:
        """Sign every device of an account out."""
        number = number_of(request.path_params["account"])
        await asker.reach(number)
        ended, event = await deeds.sign_out(
            asker.connection, number, asker.now, by=asker.caller.account
        )
        return Outcome({"account": base64url.encode(number), "devices": ended}, [event])

    async def feeds(self, asker: Asker, _: Request, __: bytes) -> Outcome:
        """Tell an insurer's staff where its own feeds stand."""
        number = asker.account.insurer
        insurer = {} if number is None else await listing.insurer(asker.connection, number)
        feeds = await listing.feeds(asker.connection, insurer["amc"]) if insurer else []
        return Outcome({"insurer": insurer, "feeds": feeds})

    async def ledger(self, asker: Asker, _: Request, __: bytes) -> Outcome:
        """Tell whether the ledger is as it was signed."""
        key = await self._keyring.public_key()
        return Outcome(await listing.ledger(asker.connection, key, asker.now))
