from collections import Counter
from datetime import timedelta

import pytest

from benchmarks import simulated
from benchmarks.month import Rates, deliveries
from benchmarks.paid import retraining_path
from benchmarks.simulated import Chances, Simulation
from mdlc_constructs.settings.budget import Budget
from mdlc_constructs.settings.patience import Patience

pytestmark = pytest.mark.slow

MODELS = 6
QUIET = Rates(drifts=0, losses=0, requests=0, fed=0, again=0, storms=0, flapping=0)
SURE = Chances(dies=0, large=0)
BUDGET = Budget(jobs=2, instances=4)


def lived(rates: Rates, chances: Chances = SURE, budget: Budget = BUDGET) -> Simulation:
    made = Simulation(MODELS, budget, Patience(), chances)
    made.run(deliveries(MODELS, rates))
    return made


def test_states_follow_each_other_as_in_the_machine() -> None:
    parts = (
        simulated.TO_WAIT, simulated.TO_LEASE, simulated.TO_CLAIM, simulated.TO_TRAINED,
        simulated.TO_VERDICT, simulated.TO_WON, simulated.TO_END,
    )  # fmt: skip
    assert tuple(name for part in parts for name in part) == retraining_path()


def test_a_quiet_month_is_a_retraining_for_each_tick_of_the_clock() -> None:
    made = lived(QUIET, Chances(wins=1, dies=0, large=0))
    counts = made.outcome.counts
    assert counts["retrainings"] == counts["Succeeded"] == counts["triggers"] == MODELS * 4
    assert made.outcome.states["Train"] == made.outcome.states["Release"] == MODELS * 4
    # All ask in the same minute, and two may train at a time.
    waits = sorted(one.line for one in made.outcome.waits)
    assert made.table.max_jobs == 2 and waits[0] == timedelta(0) < waits[-1]


def test_challengers_that_lose_train_less_and_less() -> None:
    daily = Rates(**{**vars(QUIET), "fed": 1.0})
    lost, won = (lived(daily, Chances(wins=wins, dies=0, large=0)).outcome.counts for wins in (0, 1))
    assert lost["Lost"] == lost["retrainings"] and won["Succeeded"] == won["retrainings"]
    assert lost["retrainings"] < won["retrainings"] / 3


def test_the_same_event_again_trains_nothing() -> None:
    once = lived(QUIET)
    often = lived(Rates(**{**vars(QUIET), "again": 0.6}))
    assert often.outcome.counts["delivered again"] > 10
    assert often.outcome.counts["retrainings"] == once.outcome.counts["retrainings"]


def test_a_flapping_monitor_starts_one_retraining_at_a_time() -> None:
    counts = lived(Rates(**{**vars(QUIET), "flapping": 1})).outcome.counts
    assert counts["triggers"] == MODELS * 4 + 200
    assert counts["retrainings"] <= MODELS * 4 + 2


def test_who_is_killed_gives_its_lease_back_and_its_work_is_done() -> None:
    made = lived(Rates(**{**vars(QUIET), "drifts": 0.5}), Chances(dies=0.3, large=0.5))
    counts = made.outcome.counts
    assert counts["killed"] > 3
    # Everybody has ended, whatever was killed is done, and nothing is held.
    kinds = Counter(key[1].partition("#")[0] for key in made.table.items)
    assert kinds["HOLDER"] == kinds["QUEUE"] == kinds["TRIGGER"] == 0
    assert made.table.checks > 300


@pytest.mark.parametrize("seed", [1, 2])
def test_what_was_killed_goes_on_within_two_hours_and_never_twice(seed: int) -> None:
    made = Simulation(20, BUDGET, Patience(), Chances(dies=0.1, large=0.3), seed)
    outcome = made.run(deliveries(20, Rates(flapping=0, storms=2), seed))
    assert outcome.counts["killed"] > 8
    assert len(outcome.resumed) == outcome.counts["killed"], "one for each kill"
    assert max(outcome.resumed) <= timedelta(hours=2)
    assert outcome.counts["started again"] <= outcome.counts["killed"]
    ended = outcome.counts["Succeeded"] + outcome.counts["Lost"]
    assert outcome.counts["retrainings"] == ended + outcome.counts["killed"], "nothing was trained twice"


def test_a_lease_that_does_not_fit_is_a_fault_of_the_month() -> None:
    with pytest.raises(AssertionError, match="fits"):
        lived(QUIET, Chances(large=1), Budget(jobs=2, instances=3))
