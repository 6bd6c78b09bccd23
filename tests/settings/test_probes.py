from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdlc_constructs.settings.payloads.probing import ProbeSettings
from mdlc_constructs.settings.probes import Probes, watched_share
from mdlc_constructs.settings.rollback_alarms import RollbackAlarms
from mdlc_constructs.settings.rollout import AllAtOnce, Canary, Linear

MANY = Probes(most=20_000)


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({"tolerance": 0}, "tolerance=0"),
        ({"recent": -1}, "recent=-1: give a whole number of requests"),
        ({"recent": 5001}, "recent=5001"),
        ({"every": timedelta(seconds=9)}, "every='0:00:09'"),
        ({"every": timedelta(minutes=11)}, "every='0:11:00'"),
        ({"most": 0}, "most=0"),
    ],
)
def test_a_refusal_names_argument_value_and_bounds(given_: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Probes(**given_)


@pytest.mark.parametrize(
    ("share", "seen", "bad"),
    [(1, 1, 135), (0.5, 10, 273), (0.25, 25, 550), (0.1, 66, 1379), (0.05, 135, 2760)],
)
def test_a_tenth_of_the_traffic_dilutes_bad_answers_tenfold(share: float, seen: int, bad: int) -> None:
    assert Probes().to_see(share) == seen
    assert Probes().count(share, 0.05) == bad


@given(share=st.floats(0.02, 1), quality=st.floats(0.02, 0.99))
def test_one_bad_answer_is_met_with_999_in_a_thousand(share: float, quality: float) -> None:
    """By the exact binomial: that none of n draws hits is one in a thousand; with one draw less, more."""
    for chance, count in ((share * quality, MANY.count(share, quality)), (share, MANY.to_see(share))):
        none = (1 - chance) ** count
        assert none <= 0.001 * (1 + 1e-9)
        assert count == 1 or (1 - chance) ** (count - 1) > 0.001 * (1 - 1e-9)


@given(share=st.floats(0.01, 1), quality=st.floats(0.0001, 0.99), most=st.integers(10, 20_000))
def test_what_the_refusal_advises_is_accepted(share: float, quality: float, most: int) -> None:
    probes = Probes(most=most)
    try:
        assert probes.count(share, quality) <= most
        return
    except ValueError as refused:
        told = str(refused)
    assert f"probes.most is {most}" in told
    # The advice is rounded to three digits.
    larger = told.partition("batch (at least ")[2].partition(")")[0]
    if larger:
        assert probes.count(min(1, float(larger) * 1.01), quality) <= most
    coarser = told.partition("quality_share (at least ")[2].partition(")")[0]
    if coarser:
        assert probes.count(share, min(0.999, float(coarser) * 1.01)) <= most


def test_the_refusal_names_share_threshold_and_remedies() -> None:
    with pytest.raises(
        ValueError,
        match=r"quality_share=0.01: takes 6905 probes .* share of the traffic is 0.1, "
        r"and probes.most is 3000; shift a larger canary, step or batch \(at least 0.23\), "
        r"watch a larger quality_share \(at least 0.023\), or raise most\.",
    ):
        Probes().count(0.1, 0.01)
    with pytest.raises(ValueError, match="quality_share=0: takes inf probes"):
        Probes().count(1, 0)
    with pytest.raises(ValueError, match=r"quality_share=1: .*nothing above all"):
        Probes().count(1, 1)


def test_a_rollout_must_last_for_two_looks() -> None:
    Probes().check_rollout(AllAtOnce(bake=timedelta(minutes=2)))
    Probes().check_rollout(Linear(step_percent=50, bake=timedelta(minutes=1)))
    with pytest.raises(ValueError, match=r"rollout='0:01:59'.*bake for at least 0:02:00"):
        Probes().check_rollout(Canary(percent=10, bake=timedelta(seconds=119)))


def test_the_smaller_bound_decides_how_many_are_asked() -> None:
    assert watched_share(RollbackAlarms(quality_share=0.05)) == 0.05
    assert watched_share(RollbackAlarms(quality_share=0.05, prediction_drift=0.02)) == 0.02
    assert watched_share(RollbackAlarms(quality_share=None, prediction_drift=0.2)) == 0.2
    assert watched_share(RollbackAlarms.none()) is None


def test_the_plan_is_plain() -> None:
    probes = Probes(every=timedelta(seconds=30))
    assert probes.to_payload(share=0.1, count=7) == ProbeSettings(
        tolerance=0.25, recent=200, every_seconds=30, share=0.1, to_see=probes.to_see(0.1), count=7
    )
