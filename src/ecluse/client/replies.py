"""What the gate answers, typed. Members that this version does not know are ignored."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import msgspec


class Organisation(msgspec.Struct, frozen=True):
    """Whose account this is."""

    name: str
    finess: str


class LoginBegun(msgspec.Struct, frozen=True):
    """`POST /v1/login/begin`; `expires_in` in seconds."""

    nonce: str
    expires_in: int


class SignedIn(msgspec.Struct, frozen=True):
    """`POST /v1/login/finish`: from now on the device signs as `keyid`."""

    keyid: str
    organisation: Organisation | None
    label: str
    expires_at: datetime


class SignedOut(msgspec.Struct, frozen=True):
    """`POST /v1/logout`: how many devices were signed out."""

    devices: int


class EnrolmentBegun(msgspec.Struct, frozen=True):
    """`POST /v1/enrolments/begin`; `public_key` is `PublicKeyCredentialCreationOptionsJSON`."""

    ticket: str
    public_key: dict[str, object]


class Enrolled(msgspec.Struct, frozen=True):
    """`POST /v1/enrolments/finish`: the fingerprint that an officer has to accept."""

    fingerprint: str
    state: Literal["pending", "accepted", "refused"]


class EnrolmentState(msgspec.Struct, frozen=True):
    """`GET /v1/enrolments/{fingerprint}`."""

    state: Literal["pending", "accepted", "refused"]


class Budget(msgspec.Struct, frozen=True):
    """Checks of a lane left in a window, of how many."""

    left: int
    cap: int


class DayBudget(msgspec.Struct, frozen=True):
    """Checks of a lane left in any 24 hours."""

    day: Budget


class TypedBudgets(msgspec.Struct, frozen=True):
    """Typed checks left in any 24 hours and in any hour."""

    day: Budget
    hour: Budget


class LaneCounts(msgspec.Struct, frozen=True):
    """Distinct cards, known patients and typed subjects, as the organisation's caps count them."""

    card: int
    known: int
    typed: int


class RegisteredDevice(msgspec.Struct, frozen=True):
    """A device that may sign; `this` is the one that asked."""

    registered_at: datetime
    expires_at: datetime
    this: bool


class Me(msgspec.Struct, frozen=True):
    """`GET /v1/me`: the asker's own account."""

    organisation: Organisation
    label: str
    locked: str | None
    probation_until: datetime | None
    typed: TypedBudgets
    card: DayBudget
    known: DayBudget
    organisation_today: LaneCounts
    """The whole organisation's last day."""
    devices: list[RegisteredDevice]
    expires_at: datetime
    role: str = "professional"
    warning: str | None = None
    """What there is to do about a client's key, if anything."""
    typed_frozen_until: datetime | None = None
    """The watch has closed the account's typed lane until then."""
    reduced_until: datetime | None = None
    """The watch leaves a fraction of every budget until then."""


class Rotated(msgspec.Struct, frozen=True):
    """`POST /v1/client/rotate`: the next key counts, as `keyid`.

    The one before ends at `before_ends_at`; None when it has ended.
    """

    keyid: str
    expires_at: datetime
    before_ends_at: datetime | None


class PhoneEnded(msgspec.Struct, frozen=True):
    """`POST /v1/phones/end`: whether a phone stood for a card until now."""

    ended: bool


class Insurer(msgspec.Struct, frozen=True):
    """Whom to bill."""

    amc: str
    name: str


class PhoneBound(msgspec.Struct, frozen=True):
    """`POST /v1/phones`: the phone stands for a card of this insurer's."""

    insurer: Insurer


class ListedInsurer(Insurer, frozen=True):
    """An insurer whose members can be checked; `late`: its feed is older than its contract says."""

    since: date
    fed_at: datetime | None
    late: bool


class Insurers(msgspec.Struct, frozen=True):
    """`GET /v1/insurers`."""

    insurers: list[ListedInsurer]


class Labels(msgspec.Struct, frozen=True):
    """A cover package's name, and the handle that stands for it when a price is asked for."""

    label_fr: str
    label_en: str
    handle: str = ""


class Line(msgspec.Struct, frozen=True):
    """What a package pays for one kind of act, e.g. "150% BR"."""

    act_fr: str
    act_en: str
    basis: str


class Cover(msgspec.Struct, frozen=True):
    """Cover in the one care family that was asked for."""

    family: str
    package: Labels
    valid_from: date
    valid_to: date | None
    lines: list[Line]


class Receipt(msgspec.Struct, frozen=True):
    """A promise of a place in the ledger, under the latest signed checkpoint."""

    position: int
    checkpoint: str


class Also(msgspec.Struct, frozen=True):
    """Another insurer that covers the same care, of what the ones before it leave."""

    insurer: Insurer
    priority: int
    cover: Cover


class Covered(msgspec.Struct, frozen=True, tag_field="outcome", tag="covered"):
    """The person is covered, by `insurer` first. `cover` and `also` come in the card lane only."""

    lane: str
    insurer: Insurer
    reference: str
    receipt: Receipt
    cover: Cover | None = None
    also: list[Also] = []

    @property
    def payers(self) -> list[dict[str, str]]:
        """Who pays under which package, the first payer first, as a price is asked for."""
        first = [(self.insurer, self.cover)] if self.cover else []
        told = [*first, *((each.insurer, each.cover) for each in self.also)]
        return [{"amc": insurer.amc, "package": cover.package.handle} for insurer, cover in told]


class NotCovered(msgspec.Struct, frozen=True, tag_field="outcome", tag="not_covered"):
    """The card is known and its bearer is not covered on that date. Card lane only."""

    lane: str
    receipt: Receipt


class Refused(msgspec.Struct, frozen=True, tag_field="outcome", tag="refused"):
    """No answer, for whatever reason: the reply is the same for all of them."""


CheckReply = Covered | NotCovered | Refused


class Fault(msgspec.Struct, frozen=True):
    """Every 4xx and 5xx: a code for programs, a sentence for people."""

    error: str
    message: str


class BatchReply(msgspec.Struct, frozen=True):
    """One check of several: its reply, or what was wrong with it."""

    check_id: str
    reply: CheckReply | None = None
    fault: Fault | None = None


class BatchReplies(msgspec.Struct, frozen=True):
    """`POST /v1/checks/batch`, in the order in which they were asked."""

    checks: list[BatchReply]


class PricedAct(msgspec.Struct, frozen=True):
    """One act of a bill, in euros: who bears what in the end, and what is paid today.

    `amcs` is what each insurer pays; `why_fr` and `why_en` say it step by step.
    """

    price: Decimal
    amo: Decimal
    amc: Decimal
    patient: Decimal
    amo_paid: Decimal
    due_now: Decimal
    amcs: list[Decimal]
    why_fr: list[str]
    why_en: list[str]


class Priced(msgspec.Struct, frozen=True):
    """`POST /v1/prices`: the acts of a bill and their sums, in euros."""

    acts: list[PricedAct]
    price: Decimal
    amo: Decimal
    amc: Decimal
    patient: Decimal
    amo_paid: Decimal
    due_now: Decimal


class Quoted(msgspec.Struct, frozen=True, tag_field="outcome", tag="quoted"):
    """`POST /v1/quotes`: the price, and until when what the insurers pay of it is guaranteed."""

    quote: str
    guaranteed_until: date
    insurers: list[Insurer]
    price: Priced


class NotQuoted(msgspec.Struct, frozen=True, tag_field="outcome", tag="refused"):
    """There is no quote; `reason` as `settle.claim.Reason` has it."""

    reason: str


class ClaimReply(msgspec.Struct, frozen=True):
    """What became of one claim; amounts in euros, `amcs` what each insurer pays."""

    claim: str
    outcome: str
    reason: str | None
    price: Decimal
    amo: Decimal
    amcs: list[Decimal]
    due_now: Decimal


class ClaimReplies(msgspec.Struct, frozen=True):
    """`POST /v1/claims`, in the order in which they were sent."""

    claims: list[ClaimReply]
