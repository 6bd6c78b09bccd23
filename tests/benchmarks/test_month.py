from collections import Counter
from datetime import timedelta

from benchmarks.month import FLAPS, PRIORITIES, START, Rates, deliveries

QUIET = Rates(drifts=0, losses=0, requests=0, fed=0, again=0, storms=0, flapping=0)


def kinds(models: int, rates: Rates) -> Counter[str]:
    return Counter(one.fired.trigger for one in deliveries(models, rates))


def test_everybody_writes_the_same_hour_into_the_schedule() -> None:
    found = deliveries(5, QUIET)
    assert len(found) == 5 * 4
    assert {one.at.strftime("%a %H:%M") for one in found} == {"Mon 02:00"}


def test_each_kind_comes_by_itself() -> None:
    assert (
        kinds(10, Rates(drifts=1, losses=0, requests=0, fed=0, again=0, storms=0, flapping=0))["drift"] > 200
    )
    assert kinds(10, Rates(**{**vars(QUIET), "fed": 1.0}))["new-data"] == 10 * 30
    assert kinds(10, Rates(**{**vars(QUIET), "storms": 2, "struck": 1.0}))["drift"] == 20
    assert kinds(10, Rates(**{**vars(QUIET), "flapping": 1}))["drift"] == FLAPS
    assert kinds(1, Rates(**{**vars(QUIET), "flapping": 9}))["drift"] == FLAPS
    assert set(kinds(40, Rates())) == set(PRIORITIES)


def test_a_storm_strikes_within_minutes() -> None:
    rates = Rates(**{**vars(QUIET), "storms": 1, "struck": 1.0})
    moments = [one.at for one in deliveries(50, rates) if one.fired.trigger == "drift"]
    assert moments[-1] - moments[0] < timedelta(minutes=10)


def test_what_comes_again_is_the_same_event_later() -> None:
    found = deliveries(20, Rates(**{**vars(QUIET), "again": 0.5}))
    by_event = Counter(one.fired.event_id for one in found)
    assert len(by_event) == 80 and max(by_event.values()) > 2
    first = {one.fired.event_id: one.fired for one in reversed(found)}
    assert all(one.fired == first[one.fired.event_id] and one.at >= one.fired.at for one in found)


def test_the_same_seed_is_the_same_month_in_order() -> None:
    found = deliveries(10, Rates(), seed=3)
    assert found == deliveries(10, Rates(), seed=3) != deliveries(10, Rates(), seed=4)
    assert [one.at for one in found] == sorted(one.at for one in found)
    assert found[0].at >= START
