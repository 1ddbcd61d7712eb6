"""One strategy, played once: what it got, and when it was seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ecluse.gate.state import Ask, Lane
from ecluse.gate.windows import DAY, HOUR
from ecluse.siege.field import WATCH_LAG
from ecluse.siege.honest import BEGIN, card_check
from ecluse.siege.town import Census, town


if TYPE_CHECKING:
    from ecluse.siege.honest import Work
    from ecluse.siege.strategy import Loot, Move, Strategy


#: What an answer in each lane tells of a person.
FIELDS = {
    Lane.TYPED: ("covered or not", "insurer"),
    Lane.KNOWN: ("covered or not", "insurer"),
    Lane.CARD: ("covered or not", "insurer", "cover of one care family"),
}
_CAMPAIGN = 20


class Run(msgspec.Struct, frozen=True):
    """What one run came to. Times are seconds since the theft; None: it did not happen."""

    strategy: str
    seed: int
    accounts: int
    days: int
    members: int
    bound: int
    persons: int
    #: The most within any 24 hours: distinct persons, and organisations that were told anything.
    persons_24h: int
    organisations_24h: int
    fields: tuple[str, ...]
    checks: int
    #: The thief's checks before the first alarm, and when it was acted on.
    first_alarm_checks: int | None
    first_alarm_s: float | None
    first_alarm_why: str | None
    #: Every stolen account was locked.
    contained_checks: int | None
    contained_s: float | None
    #: Share of stolen accounts not locked an hour after the twentieth alarm.
    open_1h_after_20_alarms: float | None
    #: Checks of the accounts' own clerks and of one colleague each, and how many of them were
    #: refused for what the thief did.
    honest_checks: int
    honest_harmed: int
    command: str


def play(strategy: Strategy, loot: Loot, seed: int) -> Run:
    """Play `strategy` once, from `seed` alone."""
    battle = _Battle(strategy, loot, seed)
    battle.steal()
    return battle.run(seed)


class _Battle:
    def __init__(self, strategy: Strategy, loot: Loot, seed: int) -> None:
        census = Census(loot.accounts, strategy.client, strategy.enrolled)
        self._town = town(census, loot.policy, seed)
        self._strategy, self._rng, self.field = strategy, self._town.rng, self._town.field
        self._loot = loot._replace(regions=self._town.regions)
        self._stolen = self._town.stolen
        #: Whom the thief asked about, by its own number.
        self._people: dict[int, bytes] = {}
        self._begin = BEGIN + 9 * HOUR + float(self._rng.uniform(0, HOUR))
        #: Of each check of the thief's; and of each person disclosed, with the organisation.
        self._moved: list[float] = []
        self._told: list[tuple[float, int, bytes]] = []
        self._lanes: set[Lane] = set()
        self._begun: set[int] = set()
        self._checks = self._harmed = 0

    def steal(self) -> None:
        """Play the thief's moves among honest work."""
        life = (each for each in self._town.life(0, self._loot.days + 1) if each.at > self._begin)
        waiting = next(life, None)
        thief = self._strategy.play(self._loot, self._rng)
        move = next(thief, None)
        while move is not None:
            now = self._begin + move.after
            while waiting is not None and waiting.at <= now:
                self._work(waiting)
                waiting = next(life, None)
            if self._strategy.enrolled and move.account not in self._begun:
                self._begun.add(move.account)
                self.field.enrol(self._stolen[move.account], now)
            (outcome,) = self.field.decide([self._ask(move)], now, [self._person(move)])
            self._moved.append(now)
            if outcome.released:
                self._lanes.add(move.lane)
                self._told.append((now, move.person, self._town.place(self._stolen[move.account])))
            try:
                move = thief.send(outcome)
            except StopIteration:
                move = None
        self.field.watch(self._moved[-1] + WATCH_LAG)

    def _work(self, each: Work) -> None:
        (outcome,) = self.field.decide([each.ask], each.at, [self._town.patient(each)])
        self._checks += 1
        self._harmed += not outcome.looked_up

    def _person(self, move: Move) -> bytes:
        """Return whom the thief asks about: somebody from anywhere, unless it has chosen."""
        if move.lane is not Lane.TYPED or move.identity:
            return move.identity
        if move.person not in self._people:
            self._people[move.person] = self._town.patients.anywhere()
        return self._people[move.person]

    def _ask(self, move: Move) -> Ask:
        account, subject = self._stolen[move.account], move.person.to_bytes(16, signed=True)
        if move.lane is Lane.CARD:
            ask = card_check(
                account, self._town.place(self._stolen[move.account]), subject, found=move.found
            )
        else:
            ask = Ask(account, move.lane, subject, move.found, admitted=True)
        return msgspec.structs.replace(ask, registered=move.registered)

    def run(self, seed: int) -> Run:
        alarms = self._alarms()
        locks = [self.field.locked[name] for name in self._stolen if name in self.field.locked]
        contained = max(locks) if len(locks) == len(self._stolen) else None
        first = alarms[0] if alarms else None
        return Run(
            strategy=self._strategy.name,
            seed=seed,
            accounts=self._loot.accounts,
            days=self._loot.days,
            members=self._loot.members,
            bound=self._strategy.bound(self._loot),
            persons=len({person for _, person, _ in self._told}),
            persons_24h=_most([(at, person) for at, person, _ in self._told]),
            organisations_24h=_most([(at, place) for at, _, place in self._told]),
            fields=tuple(sorted({f for lane in self._lanes for f in FIELDS[lane]})),
            checks=len(self._moved),
            first_alarm_checks=self._before(first[0]) if first else None,
            first_alarm_s=self._since(first[0]) if first else None,
            first_alarm_why=first[1] if first else None,
            contained_checks=self._before(contained),
            contained_s=self._since(contained),
            open_1h_after_20_alarms=self._open(alarms, locks),
            honest_checks=self._checks,
            honest_harmed=self._harmed,
            command=f"ecluse siege --strategy {self._strategy.name}"
            f" --accounts {self._loot.accounts} --days {self._loot.days}"
            f" --members {self._loot.members} --seed {seed} --json",
        )

    def _alarms(self) -> list[tuple[float, str]]:
        """Return when alarms about what was stolen were acted on, and why they were raised."""
        names = {*self._stolen, b""}
        places = {self.field.accounts[name].organisation for name in self._stolen} | {b""}
        return sorted(
            (alarm.at + WATCH_LAG, alarm.why)
            for alarm in self.field.alarms
            if alarm.account in names and alarm.organisation in places and alarm.at >= self._begin
        )

    def _open(self, alarms: list[tuple[float, str]], locks: list[float]) -> float | None:
        if len(alarms) < _CAMPAIGN:
            return None
        limit = alarms[_CAMPAIGN - 1][0] + HOUR
        many = len(self._stolen)
        return (many - sum(at <= limit for at in locks)) / many

    def _since(self, at: float | None) -> float | None:
        return None if at is None else round(at - self._begin, 1)

    def _before(self, at: float | None) -> int | None:
        return None if at is None else sum(moved <= at for moved in self._moved)


def _most(told: list[tuple[float, int]] | list[tuple[float, bytes]]) -> int:
    """Return the most distinct things told within any 24 hours."""
    most, oldest = 0, 0
    inside: dict[int | bytes, int] = {}
    for at, what in told:
        inside[what] = inside.get(what, 0) + 1
        while told[oldest][0] <= at - DAY:
            gone = told[oldest][1]
            inside[gone] -= 1
            if not inside[gone]:
                del inside[gone]
            oldest += 1
        most = max(most, len(inside))
    return most
