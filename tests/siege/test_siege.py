from __future__ import annotations

import json

import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner

from counts import PROVES
from ecluse.cli import app
from ecluse.gate.state import Lane, Organisation
from ecluse.policy.policy import read
from ecluse.siege.field import Field
from ecluse.siege.figures import judged
from ecluse.siege.honest import BEGIN, check
from ecluse.siege.play import play
from ecluse.siege.strategies import STRATEGIES
from ecluse.siege.strategy import Goal, Loot


POLICY, _ = read()
NATION = 33_000_000


def loot(name: str, *, accounts: int, days: int) -> Loot:
    strategy = STRATEGIES[name]
    return Loot(min(accounts, strategy.accounts), min(days, strategy.days), NATION, POLICY)


@pytest.mark.attack
@pytest.mark.parametrize("name", STRATEGIES)
def test_no_attacker_gets_more_than_the_policy_says(name: str) -> None:
    small = loot(name, accounts=500 if PROVES else 8, days=90 if PROVES else 4)
    run = play(STRATEGIES[name], small, seed=7)
    assert run.persons <= run.bound
    assert run.checks > 0


def test_an_attacker_does_the_same_again_from_the_same_seed() -> None:
    strategy, small = STRATEGIES["many_at_once"], loot("many_at_once", accounts=6, days=1)
    assert play(strategy, small, seed=3) == play(strategy, small, seed=3)
    assert play(strategy, small, seed=3) != play(strategy, small, seed=4)


@pytest.mark.attack
def test_without_the_watch_the_caps_alone_hold_a_leaked_list_to_its_bound() -> None:
    deaf = {
        "threshold": 1e9,
        "campaign_threshold": 1e9,
        "unanswered_row": 10**9,
        "pressed_row": 10**9,
        "heavy_day": 10**9,
        "theft": 1e9,
        "numbers": 1e9,
        "suspect": 1e9,
    }
    watch = msgspec.structs.replace(POLICY.watch, **deaf)
    policy = msgspec.structs.replace(POLICY, watch=watch)
    run = play(STRATEGIES["leaked_list"], Loot(1, 2, NATION, policy), seed=1)
    assert run.first_alarm_s is None
    assert run.persons_24h == POLICY.typed.account_day < run.persons <= run.bound


def test_a_sweep_over_made_up_numbers_is_locked_and_harms_no_neighbour() -> None:
    field = Field(POLICY)
    place = field.found(Organisation(3, "32", "50"))
    swept, neighbour = field.hire(place), field.hire(place)
    rng = np.random.default_rng(1)
    for number in range(30):
        ask = check(rng, swept, place, Lane.TYPED, found=False)
        field.decide([ask], BEGIN + number * 2.0)
    assert field.accounts[swept].locked
    assert not field.accounts[neighbour].locked
    ask = check(rng, neighbour, place, Lane.CARD, found=True)
    assert field.decide([ask], BEGIN + 100.0)[0].released


def test_a_goal_is_judged_by_what_came_and_not_met_if_nothing_came() -> None:
    run = play(STRATEGIES["relayed_login"], loot("relayed_login", accounts=1, days=1), seed=1)
    assert judged(Goal("persons", "max", 0), [run])["met"]
    assert not judged(Goal("persons", "max", -1), [run])["met"]
    assert not judged(Goal("first_alarm_s", "max", 60.0), [run])["met"]


def test_the_command_tells_what_scripts_rely_on() -> None:
    asked = ["siege", "--strategy", "fast_sweep", "--played", "virtual", "--seeds", "1-2"]
    facts = json.loads(CliRunner().invoke(app, [*asked, "--json"]).stdout)
    assert [run["seed"] for run in facts["runs"]] == [1, 2]
    keys = {"strategy", "accounts", "days", "members", "bound", "persons", "fields", "command"}
    assert keys | {"first_alarm_checks", "first_alarm_s", "contained_s"} <= set(facts["runs"][0])
    (part,) = facts["strategies"]
    assert {"figure", "expected", "got", "met"} <= set(part["expected"][0])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ([], "No attacker"),
        (["--strategy", "bribery"], "no attacker"),
        (["--all", "--seeds", "5-1"], "no seeds"),
        (["--all", "--seeds", "x"], "no seeds"),
    ],
)
def test_the_command_says_what_it_cannot_play(asked: list[str], said: str) -> None:
    refused = CliRunner().invoke(app, ["siege", *asked])
    assert refused.exit_code == 1
    assert said in str(refused.exception)
