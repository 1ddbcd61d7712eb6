"""Two gates on one database, driven in any order: hypothesis's part of the state machine.

Everything that decides is the real thing: `decide`, `grant`, `Blocks`, `gate_time`. The database is
a handful of mappings, since what it has to give here is one thing only: a batch is written whole or
not at all.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from ecluse.gate.clock import Anchor, ClocksError, anchor, gate_time
from ecluse.gate.decide import decide
from ecluse.gate.leases import Blocks, grant, needs
from ecluse.gate.start import SPENT_FOR
from ecluse.gate.state import (
    PLATFORM,
    Account,
    Ask,
    Lane,
    Organisation,
    Outcome,
    Reason,
    Shown,
    State,
    region_scope,
)
from ecluse.gate.windows import DAY, HOUR, Ring
from ecluse.policy.policy import CardLane, Client, KnownLane, Policy, Probation, TypedLane, read
from ecluse.policy.watch import Measure
from ecluse.watch.containment import Containment, Standing, hold
from gate.history import Card, History, Person


if TYPE_CHECKING:
    from collections.abc import Sequence


def policy(**typed: int) -> Policy:
    """Caps small enough to be met within a few steps, and in the typed lane none but those given."""
    lane = {
        "account_day": 99,
        "account_hour": 99,
        "organisation_day_per_professional": 0,
        "organisation_day_least": 99,
        "organisation_day_floor": 2,
        "region_profession_day": 999,
        "platform_day": 999,
        "lease_block": 2,
    }
    return Policy(
        version="small",
        registration_hours=12,
        refusal_grid_ms=50,
        settlement_days=730,
        card=CardLane(account_day=3, organisation_day=5, organisations_per_card_day=2),
        known=KnownLane(
            account_day=2, organisation_day_per_professional=2, organisation_day_least=3, days=90
        ),
        typed=TypedLane(**{**lane, **typed}),
        client=Client(key_days=365, overlap_minutes=10, warning_days=30, card_day=6),
        probation=Probation(hours=24, fraction=0.5),
        watch=read()[0].watch,
        exchange=read()[0].exchange,
    )


ACCOUNT = policy(account_day=3, account_hour=2)
ORGANISATION = policy(organisation_day_least=3, organisation_day_per_professional=2)
REGION = policy(region_profession_day=3, account_day=6)
PLATFORM_TIGHT = policy(platform_day=3, organisation_day_floor=1)
ALL = policy(
    account_day=3,
    account_hour=2,
    organisation_day_per_professional=2,
    organisation_day_least=4,
    region_profession_day=4,
    platform_day=6,
)
ORGANISATIONS = {
    b"north": Organisation(professionals=1, region="32", profession="50"),
    b"south": Organisation(professionals=3, region="32", profession="50"),
    b"west": Organisation(professionals=2, region="53", profession="40"),
}
ACCOUNTS = {b"n1": b"north", b"n2": b"north", b"s1": b"south", b"s2": b"south", b"w1": b"west"}
PERSONS = 7
#: These persons are on file; the last one is not.
ON_FILE = range(PERSONS - 1)

#: Ways to ask; the last one is by phone.
LANES = 5
PHONE = 4

BEGIN = 1_800_000_000.0
WAITS = (1, 59, 61, 1800, 3540, HOUR, HOUR + 61, 12 * HOUR, 23 * HOUR, DAY - 1, DAY, DAY + HOUR)
CLOCKS = (0, 0, 0, -30, 45, -2 * HOUR, -DAY, 2 * HOUR, DAY + 5 * HOUR)


@dataclass
class Tables:
    """What the database holds."""

    accounts: dict[bytes, Account] = field(
        default_factory=lambda: {
            name: Account(organisation, probation_until=0.0, locked=False)
            for name, organisation in ACCOUNTS.items()
        }
    )
    organisations: dict[bytes, Organisation] = field(default_factory=lambda: dict(ORGANISATIONS))
    cards: dict[bytes, Shown] = field(default_factory=dict)
    pools: dict[str, Ring] = field(default_factory=dict)
    registered: set[bytes] = field(default_factory=lambda: set(ACCOUNTS))
    last_entry: float = 0.0
    spent_until: float = 0.0
    braked_until: float = 0.0


class Gate:
    """One gate's process: what it loses when it dies."""

    def __init__(self, blocks: Blocks) -> None:
        self.since: Anchor | None = None
        self.blocks = blocks


class Wanted(NamedTuple):
    """One check, drawn."""

    account: bytes
    person: int
    lane: Lane
    admitted: bool
    phone: bool

    @classmethod
    def drawn(cls, number: int) -> Wanted:
        number, account = divmod(number, len(ACCOUNTS))
        number, person = divmod(number, PERSONS)
        number, lane = divmod(number, LANES)
        lanes = (Lane.TYPED, Lane.TYPED, Lane.KNOWN, Lane.CARD, Lane.CARD)
        admitted = number % 8 != 7
        return cls(list(ACCOUNTS)[account], person, lanes[lane], admitted, lane == PHONE)

    def ask(self, tables: Tables) -> Ask:
        card = (b"phone %d" if self.phone else b"card %d") % self.person
        return Ask(
            account=self.account,
            lane=self.lane,
            subject=b"%b asks for %d" % (self.account, self.person),
            found=self.person in ON_FILE,
            admitted=self.admitted,
            registered=self.account in tables.registered,
            card=card if self.lane is Lane.CARD else b"",
            visitor=card + b" at " + ACCOUNTS[self.account] if self.lane is Lane.CARD else b"",
            counter=card + b" of " + self.account if self.lane is Lane.CARD else b"",
            phone=self.phone,
        )


CHECKS = st.lists(st.integers(0, 8 * LANES * PERSONS * len(ACCOUNTS) - 1), min_size=1, max_size=6)


class Canal(RuleBasedStateMachine):
    """Two gates, one database, time, and everything that goes wrong."""

    blocks: ClassVar[type[Blocks]] = Blocks
    policies: ClassVar[st.SearchStrategy[Policy]] = st.sampled_from(
        (ACCOUNT, ORGANISATION, REGION, PLATFORM_TIGHT, ALL)
    )

    def __init__(self) -> None:
        super().__init__()
        self.policy = ALL
        self.history = History(ALL, ORGANISATIONS, ACCOUNTS)
        self.tables = Tables()
        self.backup = Tables()
        self.cards_in_backup = 0
        self.gates = [self._gate(), self._gate()]
        self.real = BEGIN
        self.database_ahead = 0.0

    @initialize(data=st.data())
    def take_a_policy(self, data: st.DataObject) -> None:
        self.begin(data.draw(self.policies))

    def begin(self, policy: Policy) -> None:
        self.policy = policy
        self.history = History(policy, ORGANISATIONS, ACCOUNTS)
        self.gates = [self._gate(), self._gate()]

    @rule(
        seconds=st.sampled_from(WAITS),
        gate=st.integers(0, 1),
        numbers=CHECKS,
        end=st.sampled_from("ccccccrk"),
    )
    def ask_later(self, seconds: float, gate: int, numbers: list[int], end: str) -> None:
        self.real += seconds
        self.ask_now(gate, numbers, end)

    @rule(gate=st.integers(0, 1), numbers=CHECKS, end=st.sampled_from("ccccccrk"))
    def ask_now(self, gate: int, numbers: list[int], end: str) -> None:
        """A batch: committed, rolled back, or committed by a gate that dies at that moment."""
        try:
            now = self._now(self.gates[gate])
        except ClocksError:
            return
        checks = [Wanted.drawn(number) for number in numbers]
        blocks = self.gates[gate].blocks
        drawn = needs(
            region_scope(ORGANISATIONS[ACCOUNTS[check.account]])
            for check in checks
            if check.lane is Lane.TYPED
        )
        for scope, size in blocks.wanted(drawn, now).items():
            blocks.add(scope, self._lease(scope, size, now))
        state = self._state(blocks.left(drawn))
        after, outcomes = self.decide(state, [check.ask(self.tables) for check in checks], now)
        if end == "r":
            return
        caps = [self._cap(check, now) for check in checks]
        self._commit(after, now)
        if end == "k":
            self.gates[gate] = self._gate()
        else:
            blocks.spent(after.leases)
        for check, outcome, cap in zip(checks, outcomes, caps, strict=True):
            self._write(check, outcome, now, cap)

    @rule(ahead=st.sampled_from(CLOCKS), gate=st.integers(0, 1), restarts=st.booleans())
    def set_the_databases_clock(self, ahead: float, gate: int, restarts: bool) -> None:
        self.database_ahead = ahead
        if restarts:
            self.gates[gate] = self._gate()

    @rule(
        measure=st.sampled_from((Measure.SHRINK, Measure.FREEZE, Measure.LOCK, Measure.BRAKE)),
        name=st.sampled_from(list(ACCOUNTS)),
        hours=st.sampled_from((1, 24)),
    )
    def contain(self, measure: Measure, name: bytes, hours: int) -> None:
        """As the watch does."""
        until = self.real + hours * HOUR
        if measure is Measure.BRAKE:
            self.tables.braked_until = max(self.tables.braked_until, until)
            return
        containment = Containment(name, measure, until, "Because.", Standing())
        held = hold(self.tables.accounts[name], containment)
        self.tables.accounts = {**self.tables.accounts, name: held}

    @rule(what=st.sampled_from("RRLLUUBBXI"), name=st.sampled_from(list(ACCOUNTS)))
    def something_else_happens(self, what: str, name: bytes) -> None:
        match what:
            case "R":
                hours = self.policy.probation.hours
                self._change(name, probation_until=self.real + hours * HOUR)
            case "L" | "U":
                self._change(name, locked=what == "L")
            case "B":
                self.backup = copy.deepcopy(self.tables)
                self.cards_in_backup = len(self.history.cards)
            case "X":
                self._restore()
            case _:
                self.tables.registered = set(ACCOUNTS)

    def _restore(self) -> None:
        """As a gate does when it starts and the keyring says that the ledger is not the same."""
        self.tables = copy.deepcopy(self.backup)
        self.tables.registered.clear()
        self.tables.spent_until = self.real + SPENT_FOR.total_seconds()
        self.history.forget_cards(self.cards_in_backup)
        self.gates = [self._gate(), self._gate()]

    def decide(self, state: State, batch: Sequence[Ask], now: float) -> tuple[State, list[Outcome]]:
        """Decide; what a machine that is to be found out does otherwise."""
        return decide(state, batch, now, self.policy)

    def _gate(self) -> Gate:
        return Gate(type(self).blocks(self.policy.typed.lease_block))

    def _now(self, gate: Gate) -> float:
        database = self.real + self.database_ahead
        monotonic = self.real - BEGIN
        last_entry = self.tables.last_entry
        if gate.since is None:
            gate.since = anchor(database=database, host=self.real, monotonic=monotonic)
        return gate_time(gate.since, database=database, last_entry=last_entry, monotonic=monotonic)

    def _lease(self, scope: str, size: int, now: float) -> int:
        caps = self.policy.typed
        cap = caps.platform_day if scope == PLATFORM else caps.region_profession_day
        ring = self.tables.pools.get(scope, Ring())
        self.tables.pools[scope], granted = grant(ring, size, cap, now)
        return granted

    def _state(self, leases: dict[str, int]) -> State:
        tables = self.tables
        return State(
            tables.accounts,
            tables.organisations,
            tables.cards,
            leases,
            tables.spent_until,
            tables.braked_until,
        )

    def _commit(self, after: State, now: float) -> None:
        self.tables.accounts = after.accounts
        self.tables.organisations = after.organisations
        self.tables.cards = after.cards
        self.tables.last_entry = now

    def _write(self, check: Wanted, outcome: Outcome, now: float, cap: int) -> None:
        """Tell the history of a check that drew on a budget."""
        if not outcome.released and outcome.reason not in (Reason.UNKNOWN, Reason.CARD_DAY):
            return
        if check.lane is Lane.CARD:
            shown = Card(now, check.account, check.person, outcome.released, check.phone)
            self.history.add_card(shown)
        else:
            asked = Person(
                now, self.real, check.lane, check.account, check.person, outcome.released
            )
            self.history.add_person(asked, cap_now=cap)

    def _cap(self, check: Wanted, now: float) -> int:
        caps = self.policy.known if check.lane is Lane.KNOWN else self.policy.typed
        account = self.tables.accounts[check.account]
        if check.lane is Lane.TYPED and now < account.frozen_typed_until:
            return 0
        brake = self.tables.braked_until if check.lane is Lane.TYPED else 0.0
        reduced = now < max(account.probation_until, account.shrunk_until, brake)
        return self.policy.probation.of(caps.account_day) if reduced else caps.account_day

    def _change(self, name: bytes, **changes: object) -> None:
        account = msgspec.structs.replace(self.tables.accounts[name], **changes)
        self.tables.accounts = {**self.tables.accounts, name: account}
