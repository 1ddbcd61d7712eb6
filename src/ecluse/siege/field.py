"""The field of battle in virtual time: production `decide()`, leases, watch and ladder, no database.

Nobody's identity is held: whether a subject is on file is drawn by whoever asks, and so is the
number that the keyring would see. Its view of what an account types (`keyring/structure.py`) and of
one subject (`keyring/facts.py`) is the production one. Honey members are left out: they only ever
help the defence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

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
    from collections.abc import Iterable, Sequence

    from ecluse.gate.state import Ask, Outcome
    from ecluse.policy.policy import Policy
    from ecluse.watch.alarm import Alarm
    from ecluse.watch.containment import Containment
    from ecluse.watch.features import Tide


#: Seconds until the watch has read an entry and the gates have read what it did.
WATCH_LAG = 2.0
#: What only two officers undo.
LOCKS = frozenset({Measure.CLOSE, Measure.LOCK, Measure.LOCK_CLIENT})


class Everybody(NamedTuple):
    """What is one for the whole platform: it binds accounts that have nothing else in common."""

    tide: Tide
    alarmed: tuple[float, ...]
    campaign_until: float
    braked_until: float


class Pools:
    """The caps of regions and of the platform, as the database holds them."""

    def __init__(self, policy: Policy) -> None:
        self._caps = policy.typed
        self._rings: dict[str, Ring] = {}

    def take(self, scope: str, block: int, now: float) -> int:
        """Take a block; return how much of it there was."""
        platform = scope == PLATFORM
        cap = self._caps.platform_day if platform else self._caps.region_profession_day
        ring = self._rings.get(scope, Ring())
        self._rings[scope], granted = grant(ring, block, cap, now)
        return granted


class Field:
    """Accounts and organisations, what the gate and the watch remember of them, and the alarms.

    A device that the watch signs out signs in again at once: its clerk confirms every prompt.
    """

    def __init__(self, policy: Policy, pools: Pools | None = None) -> None:
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
        self._pools = pools or Pools(policy)
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
            self.accounts[name],
            locked=False,
            cards_open=False,
            frozen_typed_until=0.0,
            shrunk_until=0.0,
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
        self.catch_up(now)
        self._sweep(now)
        accounts = {ask.account: self.accounts[ask.account] for ask in asks}
        places = {account.organisation for account in accounts.values()}
        before = State(
            accounts,
            {place: self.organisations[place] for place in places},
            {card: known for ask in asks if (known := self._cards.get(card := ask.card))},
            self._lease(asks, now),
            braked_until=self._braked_until,
        )
        after, outcomes = decide(before, asks, now, self.policy)
        self.accounts.update(after.accounts)
        self.organisations.update(after.organisations)
        self._cards.update(after.cards)
        self._blocks.spent(after.leases)
        self._read(asks, outcomes, now, persons or [b""] * len(asks))
        return outcomes

    @property
    def everybody(self) -> Everybody:
        """What this field's watch and gates know of the whole platform."""
        watch = self._watch
        return Everybody(watch.tide, watch.alarmed, watch.campaign_until, self._braked_until)

    def hear(self, everybody: Everybody) -> None:
        """Take over what is known of the whole platform, of which this field is a part."""
        tide, alarmed, campaign_until, self._braked_until = everybody
        self._watch = replace(
            self._watch, tide=tide, alarmed=alarmed, campaign_until=campaign_until
        )

    def forget(self, cards: Iterable[bytes]) -> None:
        """Drop cards that nobody is going to show again within the day."""
        for card in cards:
            self._cards.pop(card, None)

    def catch_up(self, now: float) -> bool:
        """Have the watch read what it has read by now; tell whether there was any."""
        if not self._unread or now < self._unread[0].at + WATCH_LAG:
            return False
        self.watch(self._unread[0].at + WATCH_LAG)
        return True

    def watch(self, now: float) -> None:
        """Have the watch read what it has not read, and do what its ladder says."""
        self._watch, alarms = observe(self._watch, self._unread, self.policy.watch, keep=False)
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
            if done.measure in LOCKS:
                self.locked.setdefault(alarm.account, now)

    def _read(
        self, asks: Sequence[Ask], outcomes: Sequence[Outcome], now: float, persons: Sequence[bytes]
    ) -> None:
        """Lay down what the keyring tells the watch of a batch."""
        accounts, first = self.accounts, self._position + 1
        for position, (ask, outcome, person) in enumerate(
            zip(asks, outcomes, persons, strict=True), first
        ):
            account = ask.account
            place = accounts[account].organisation
            released, reason, repeat = outcome.released, outcome.reason, outcome.repeat
            told = account, place, now, ask.lane, released, reason, repeat, position
            if person:
                self._unread.append(Seen(*told, *self._typed(account, place, person, now)))
            else:
                self._unread.append(Seen(*told))
        self._position += len(asks)

    def _typed(
        self, account: bytes, place: bytes, person: bytes, now: float
    ) -> tuple[int, Structure]:
        """Return how many organisations asked about a person, and what the account's day looks like."""
        region = self.organisations[place].region
        return (
            self._crowds.count(person, place, now),
            self._trails.follow(account, person, region, now),
        )

    def wanted(self, asks: Sequence[Ask], now: float) -> dict[str, int]:
        """Return which blocks a batch takes, of which size, by scope."""
        return self._blocks.wanted(self._needs(asks), now)

    def _needs(self, asks: Sequence[Ask]) -> dict[str, int]:
        return needs(
            region_scope(self.organisations[self.accounts[ask.account].organisation])
            for ask in asks
            if ask.lane is Lane.TYPED
        )

    def _lease(self, asks: Sequence[Ask], now: float) -> dict[str, int]:
        wanted = self._needs(asks)
        for scope, block in self._blocks.wanted(wanted, now).items():
            self._blocks.add(scope, self._pools.take(scope, block, now))
        return self._blocks.left(wanted)

    def _sweep(self, now: float) -> None:
        """Drop cards that were shown nowhere within the day, once a day."""
        if now - self._swept > DAY:
            self._swept = now
            self._cards = {
                card: shown
                for card, shown in self._cards.items()
                if shown.organisations.count(DAY, now)
            }
