"""An honest clerk at work round the clock, in virtual time, at a counter in Paris.

Everything that decides is the real thing: `decide`, `grant`, `Blocks`, `anchor`, `gate_time`, the
default policy, the length of a registration. Two gates take the checks in turn; they are restarted,
and the database's clock is never quite right. The clerk keeps a list of their own, counted from
real time, of when the policy's words allow what.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from ecluse.gate.clock import Anchor, anchor, gate_time
from ecluse.gate.decide import decide
from ecluse.gate.leases import Blocks, grant, needs
from ecluse.gate.state import (
    PLATFORM,
    Account,
    Ask,
    Lane,
    Organisation,
    Outcome,
    Reason,
    State,
    region_scope,
)
from ecluse.gate.windows import DAY, HOUR, Ring
from ecluse.login.devices import REGISTRATION
from ecluse.policy.policy import read


if TYPE_CHECKING:
    from collections.abc import Sequence


PARIS = ZoneInfo("Europe/Paris")
POLICY = read()[0]
CLERK, PHARMACY = b"clerk", b"pharmacy"
#: Where the clocks were set, in 2026: forward at two, back at three.
CHANGES = (
    datetime(2026, 3, 29, 1, tzinfo=ZoneInfo("UTC")),
    datetime(2026, 10, 25, 1, tzinfo=ZoneInfo("UTC")),
)
#: Hours before and after each change: 1,000 in all.
AROUND = 250
#: Seconds by which a gate's time may be off; what falls in between is left unasked.
OFF = 5.0


class Gate:
    """One gate's process: what it loses when it is restarted."""

    def __init__(self) -> None:
        self.since: Anchor | None = None
        self.blocks = Blocks(POLICY.typed.lease_block)


class Asked(NamedTuple):
    """A typed check that was answered."""

    real: float
    person: int


class Session:
    """The clerk's hours around one change of the clocks."""

    def __init__(self, change: datetime, seed: int) -> None:
        self.real = (change - timedelta(hours=AROUND)).timestamp()
        self.end = (change + timedelta(hours=AROUND)).timestamp()
        self.drawn = random.Random(seed)  # noqa: S311 - when the clerk asks what
        self.state = State(
            {CLERK: Account(PHARMACY, probation_until=0.0, locked=False)},
            {PHARMACY: Organisation(professionals=1, region="11", profession="21")},
            cards={},
            leases={},
        )
        self.pools: dict[str, Ring] = {}
        self.gates = [Gate(), Gate()]
        self.last_entry = 0.0
        self.signed_in_at = self.real
        self.expires_at = self.expiry(self.real)
        self.asked: list[Asked] = []
        self.newcomers = 0
        #: What happened, to be sure that it did.
        self.told = self.held_back = self.sign_ins = self.midnights = self.restarts = 0

    def work(self) -> None:
        """Ask every few minutes, day and night."""
        while self.real < self.end:
            before = self._local().date()
            self.real += self.drawn.choice((1, 20, 60, 300, 900, 1800)) * self.drawn.random()
            self.midnights += self._local().date() != before
            if self.drawn.random() < 0.01:
                self.gates[self.drawn.randrange(2)] = Gate()
                self.restarts += 1
            self._stay_signed_in()
            if self.drawn.random() < 0.5:
                self._card()
            else:
                self._typed(self._person())

    def expiry(self, real: float) -> float:
        """Return when a registration made at `real` ends."""
        hours = timedelta(hours=POLICY.registration_hours)
        return real + min(REGISTRATION, hours).total_seconds()

    def database_clock(self) -> float:
        """Return what the database says the time is."""
        return self.real + self.drawn.uniform(-0.5, 0.5)

    def decide(self, state: State, ask: Ask, now: float) -> tuple[State, Outcome]:
        """Decide; what a session that is to be found out does otherwise."""
        after, (outcome,) = decide(state, [ask], now, POLICY)
        return after, outcome

    def _local(self) -> datetime:
        return datetime.fromtimestamp(self.real, PARIS)

    def _stay_signed_in(self) -> None:
        """Sign in again twelve hours after the last time: not a moment earlier is it needed."""
        worked = self.real - self.signed_in_at
        if worked < REGISTRATION.total_seconds() - OFF:
            return
        if worked > REGISTRATION.total_seconds() + OFF:
            outcome = self._ask(Lane.CARD, b"card")
            assert outcome.reason is Reason.UNREGISTERED, "a registration outlived its hours"
        self.signed_in_at, self.expires_at = self.real, self.expiry(self.real)
        self.sign_ins += 1

    def _card(self) -> None:
        card = b"card %d" % self.drawn.randrange(400)
        assert self._ask(Lane.CARD, card).released, "a card was wrongly refused"

    def _person(self) -> int:
        """Return somebody new, or somebody of the last day again."""
        recent = [each.person for each in self.asked if each.real > self.real - DAY + OFF]
        if recent and self.drawn.random() < 0.3:
            return self.drawn.choice(recent)
        self.newcomers += 1
        return self.newcomers

    def _typed(self, person: int) -> None:
        windows = ((DAY, POLICY.typed.account_day), (HOUR, POLICY.typed.account_hour))
        surely = all(self._others(person, window + OFF) < cap for window, cap in windows)
        hardly = any(self._others(person, window - OFF) >= cap for window, cap in windows)
        if not (surely or hardly):
            return
        outcome = self._ask(Lane.TYPED, b"person %d" % person)
        if surely:
            assert outcome.released, f"wrongly refused: {outcome.reason}"
            self.asked = [each for each in self.asked if each.real > self.real - 2 * DAY]
            self.asked.append(Asked(self.real, person))
            self.told += 1
        else:
            assert not outcome.released, "told beyond the caps"
            self.held_back += 1

    def _others(self, person: int, window: float) -> int:
        """Count who else was asked about; nobody when this person was, who costs nothing again."""
        persons = {each.person for each in self.asked if each.real > self.real - window}
        return 0 if person in persons else len(persons)

    def _ask(self, lane: Lane, subject: bytes) -> Outcome:
        gate = self.drawn.choice(self.gates)
        now = self._now(gate)
        drawn = needs([region_scope(self.state.organisations[PHARMACY])])
        for scope, size in gate.blocks.wanted(drawn, now).items():
            caps = POLICY.typed
            cap = caps.platform_day if scope == PLATFORM else caps.region_profession_day
            self.pools[scope], granted = grant(self.pools.get(scope, Ring()), size, cap, now)
            gate.blocks.add(scope, granted)
        state = State(
            self.state.accounts, self.state.organisations, self.state.cards, gate.blocks.left(drawn)
        )
        ask = Ask(
            CLERK,
            lane,
            subject,
            found=True,
            admitted=True,
            registered=self.expires_at > now,
            card=subject if lane is Lane.CARD else b"",
            visitor=PHARMACY if lane is Lane.CARD else b"",
        )
        self.state, outcome = self.decide(state, ask, now)
        gate.blocks.spent(self.state.leases)
        self.last_entry = now
        return outcome

    def _now(self, gate: Gate) -> float:
        database = self.database_clock()
        if gate.since is None:
            host = database + self.drawn.uniform(-0.5, 0.5)
            gate.since = anchor(database=database, host=host, monotonic=self.real)
        return gate_time(
            gate.since, database=database, last_entry=self.last_entry, monotonic=self.real
        )


def sessions(seed: int, of: type[Session] = Session) -> Sequence[Session]:
    """Return the clerk's thousand hours: around both changes of the year."""
    return [of(change, seed) for change in CHANGES]
