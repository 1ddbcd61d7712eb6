"""The field of battle in virtual time: production `decide()`, leases, watch and ladder, no database.

Nobody's identity is held: whether a subject is on file is drawn by whoever asks, and so is the
number that the keyring would see. Its view of what an account types (`keyring/structure.py`) and of
one subject (`keyring/facts.py`) is the production one. Honey members are left out: they only ever
help the defence.
"""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ecluse.gate.decide import decide
from ecluse.gate.leases import Blocks, grant, needs
from ecluse.gate.state import PLATFORM, Account, Lane, Organisation, Shown, State, region_scope
from ecluse.gate.windows import DAY, HOUR, Ring
from ecluse.keyring.facts import Crowds
from ecluse.keyring.structure import Structure, Trails
from ecluse.policy.watch import Measure
from ecluse.watch.containment import Standing, contain, hold
from ecluse.watch.event import Seen
from ecluse.watch.watch import WatchState, observe


if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecluse.gate.state import Ask, Outcome
    from ecluse.policy.policy import Policy
    from ecluse.watch.alarm import Alarm
    from ecluse.watch.containment import Containment


#: Seconds until the watch has read an entry and the gates have read what it did.
WATCH_LAG = 2.0
_LOCKS = (Measure.LOCK, Measure.LOCK_CLIENT)


class Field:
    """Accounts and organisations, what the gate and the watch remember of them, and the alarms.

    A device that the watch signs out signs in again at once: its clerk confirms every prompt.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.accounts: dict[bytes, Account] = {}
        self.organisations: dict[bytes, Organisation] = {}
        self.alarms: list[Alarm] = []
        #: What was done about each of them.
        self.done: list[Containment] = []
        #: When each account was locked, seconds since the epoch.
        self.locked: dict[bytes, float] = {}
        self._cards: dict[bytes, Shown] = {}
        self._swept = 0.0
        self._pools: dict[str, Ring] = {}
        self._blocks = Blocks(policy.typed.lease_block)
        self._braked_until = 0.0
        self._watch = WatchState()
        self._standing: dict[bytes, Standing] = {}
        self._unread: list[Seen] = []
        self._position = 0
        self._trails = Trails()
        self._crowds = Crowds()

    def found(self, organisation: Organisation) -> bytes:
        """Add an organisation; return its name."""
        name = len(self.organisations).to_bytes(16)
        self.organisations[name] = organisation
        return name

    def hire(self, organisation: bytes, *, client: bool = False) -> bytes:
        """Add an account, past its probation, or practice software; return its name."""
        name = len(self.accounts).to_bytes(16)
        self.accounts[name] = Account(organisation, 0.0, locked=False, client=client)
        self._standing[name] = Standing(client=client)
        return name

    def enrol(self, name: bytes, now: float) -> None:
        """Begin an account's probation."""
        until = now + self.policy.probation.hours * HOUR
        self.accounts[name] = replace(self.accounts[name], probation_until=until)

    def move(self, name: bytes, organisation: bytes) -> None:
        """Have an account work at another organisation from now on."""
        self.accounts[name] = replace(self.accounts[name], organisation=organisation)

    def open(self, name: bytes) -> None:
        """Open an account that the watch locked, as two officers do."""
        del self.locked[name]
        self.accounts[name] = replace(
            self.accounts[name], locked=False, frozen_typed_until=0.0, shrunk_until=0.0
        )

    def open_all(self) -> None:
        """Open what the watch closed, and forget its alarms."""
        for name in [*self.locked]:
            self.open(name)
        self.alarms.clear()
        self.done.clear()

    def decide(
        self, asks: Sequence[Ask], now: float, persons: Sequence[bytes] = ()
    ) -> list[Outcome]:
        """Decide a batch as a gate does, on what the watch had done by then.

        Args:
            asks: The checks, in order.
            now: Seconds since the epoch; never earlier than before.
            persons: Whom each typed one asks about (22 bytes, `siege.births`), empty for the others;
                without any, the keyring sees nothing in them.
        """
        if self._unread and now >= self._unread[0].at + WATCH_LAG:
            self.watch(self._unread[0].at + WATCH_LAG)
        self._forget(now)
        before = State(
            {ask.account: self.accounts[ask.account] for ask in asks},
            {(o := self.accounts[ask.account].organisation): self.organisations[o] for ask in asks},
            {ask.card: self._cards[ask.card] for ask in asks if ask.card in self._cards},
            self._lease(asks, now),
            braked_until=self._braked_until,
        )
        after, outcomes = decide(before, asks, now, self.policy)
        self.accounts.update(after.accounts)
        self.organisations.update(after.organisations)
        self._cards.update(after.cards)
        self._blocks.spent(after.leases)
        for ask, outcome, person in zip(asks, outcomes, persons or repeat(b""), strict=False):
            self._append(ask, outcome, now, person)
        return outcomes

    def watch(self, now: float) -> None:
        """Have the watch read what it has not read, and do what its ladder says."""
        self._watch, alarms = observe(self._watch, self._unread, self.policy.watch)
        self._unread.clear()
        for alarm in alarms:
            self._contain(alarm, now)

    def _contain(self, alarm: Alarm, now: float) -> None:
        self.alarms.append(alarm)
        standing = self._standing.get(alarm.account, Standing())
        done = contain(standing, alarm, now, self.policy.watch)
        self._standing[alarm.account] = done.standing
        self.done.append(done)
        if done.measure is Measure.BRAKE:
            self._braked_until = max(self._braked_until, done.until or 0.0)
        elif alarm.account:
            self.accounts[alarm.account] = hold(self.accounts[alarm.account], done)
            if done.measure in _LOCKS:
                self.locked.setdefault(alarm.account, now)

    def _append(self, ask: Ask, outcome: Outcome, now: float, person: bytes) -> None:
        self._position += 1
        place, crowd, structure = self.accounts[ask.account].organisation, 0, Structure()
        if person:
            region = self.organisations[place].region
            crowd = self._crowds.count(person, place, now)
            structure = self._trails.follow(ask.account, person, region, now)
        self._unread.append(
            Seen(
                ask.account,
                place,
                now,
                ask.lane,
                outcome.released,
                outcome.reason,
                outcome.repeat,
                self._position,
                crowd,
                structure,
            )
        )

    def _lease(self, asks: Sequence[Ask], now: float) -> dict[str, int]:
        scopes = [
            region_scope(self.organisations[self.accounts[ask.account].organisation])
            for ask in asks
            if ask.lane is Lane.TYPED
        ]
        wanted, caps = needs(scopes), self.policy.typed
        for scope, block in self._blocks.wanted(wanted, now).items():
            cap = caps.platform_day if scope == PLATFORM else caps.region_profession_day
            ring, granted = grant(self._pools.get(scope, Ring()), block, cap, now)
            self._pools[scope] = ring
            self._blocks.add(scope, granted)
        return self._blocks.left(wanted)

    def _forget(self, now: float) -> None:
        """Drop cards that were shown nowhere within the day, once a day."""
        if now - self._swept > DAY:
            self._swept = now
            self._cards = {
                card: shown
                for card, shown in self._cards.items()
                if shown.organisations.count(DAY, now)
            }
