import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.triggers.coalescing import Past, TriggerEvent, coalesce_triggers
from mdlc_constructs.settings.patience import Patience

START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
PATIENCE = Patience(debounce=10 * MINUTE, cool_down=DAY, grows=2, longest=7 * DAY)


def fired(
    number: int, trigger: str = "drift", after: timedelta = timedelta(0), priority: int = 2
) -> TriggerEvent:
    return TriggerEvent(
        event_id=f"e{number}",
        trigger=trigger,
        reason=f"{trigger} {number}",
        at=START + after,
        priority=priority,
        report=f"s3://b/{number}",
    )


def test_a_storm_becomes_one_retraining_with_every_reason() -> None:
    storm = [fired(n, "drift" if n % 2 else "accuracy-loss", n * MINUTE / 60, n % 4) for n in range(200)]
    delivered = storm * 3
    random.Random(1).shuffle(delivered)
    found = coalesce_triggers("flights", delivered, Past(), PATIENCE)
    assert found is not None
    assert list(found.events) == storm
    assert (found.priority, found.starts_at) == (3, START + 10 * MINUTE)
    texts = found.to_input()
    assert set(texts) == {"reason", "trigger", "request_id"}
    assert texts["trigger"] == "accuracy-loss+drift"
    assert texts["reason"].split("; ") == [one.reason for one in storm]


def test_nothing_fired_is_no_retraining() -> None:
    assert coalesce_triggers("flights", [], Past(), PATIENCE) is None


@pytest.mark.parametrize(("losses", "days"), [(0, 1), (1, 2), (2, 4), (3, 7), (30, 7)])
def test_it_starts_when_the_cool_down_is_over(losses: int, days: int) -> None:
    past = Past(ended_at=START - MINUTE, losses=losses)
    found = coalesce_triggers("flights", [fired(1)], past, PATIENCE)
    assert found is not None and found.starts_at == START - MINUTE + days * DAY


def test_a_persons_request_waits_for_no_cool_down_and_takes_the_others_along() -> None:
    past = Past(ended_at=START, losses=5)
    found = coalesce_triggers("flights", [fired(1), fired(2, "request", 60 * MINUTE, 5)], past, PATIENCE)
    assert found is not None
    assert (found.starts_at, len(found.events)) == (START + 70 * MINUTE, 2)


def test_a_request_does_not_put_off_what_is_due_before_it() -> None:
    found = coalesce_triggers("flights", [fired(1), fired(2, "request", 5 * MINUTE)], Past(), PATIENCE)
    assert found is not None and found.starts_at == START + 10 * MINUTE


def test_a_win_ends_the_growth() -> None:
    past = Past()
    for won, losses in ((False, 1), (False, 2), (True, 0), (False, 1)):
        past = past.after(won=won, at=START)
        assert (past.losses, past.ended_at) == (losses, START)


@given(
    first=st.integers(1, 30),
    numbers=st.lists(st.integers(1, 30), max_size=20),
    seed=st.randoms(use_true_random=False),
)
def test_who_gathers_again_asks_for_the_same_retraining(
    first: int, numbers: list[int], seed: random.Random
) -> None:
    one = coalesce_triggers("flights", [fired(0)], Past(), PATIENCE)
    more = [fired(0), *(fired(number, after=number * MINUTE) for number in [first, *numbers])]
    seed.shuffle(more)
    again = coalesce_triggers("flights", more, Past(), PATIENCE)
    assert one is not None and again is not None
    assert (again.request_id, again.starts_at) == (one.request_id, one.starts_at)
    other = coalesce_triggers("another", [fired(0)], Past(), PATIENCE)
    assert other is not None and other.request_id != one.request_id
