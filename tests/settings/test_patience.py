from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdlc_constructs.settings.patience import Patience

DAY = timedelta(days=1)


def anything(value: Any) -> Any:
    return value


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: Patience(debounce=2 * DAY), "debounce='2 days, 0:00:00': give whole seconds from 0:00:00"),
        (lambda: Patience(cool_down=-DAY), "cool_down='-1 day"),
        (lambda: Patience(longest=DAY / 2), "longest='12:00:00': is below cool_down=1 day.*raise it"),
        (lambda: Patience(longest=366 * DAY), "longest='366 days"),
        (lambda: Patience(grows=0.5), "grows=0.5: give a factor from 1 to 10"),
        (lambda: Patience(grows=float("nan")), "grows=nan"),
        (lambda: Patience(grows=anything("2")), "grows='2'"),
        (lambda: Patience(cool_down=anything(60)), "cool_down=60: give a timedelta"),
    ],
)
def test_what_cannot_be_waited_is_refused_with_the_remedy(made: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        made()


def test_the_cool_down_grows_with_each_loss_up_to_its_bound() -> None:
    patience = Patience(cool_down=DAY, grows=2, longest=7 * DAY)
    assert [patience.cool_down_after(losses) / DAY for losses in range(5)] == [1, 2, 4, 7, 7]


@given(
    cool_down=st.integers(0, 30 * 86400),
    grows=st.floats(1, 10),
    extra=st.integers(0, 300 * 86400),
    losses=st.integers(0, 10**9),
)
def test_it_never_shrinks_and_never_leaves_its_bounds(
    cool_down: int, grows: float, extra: int, losses: int
) -> None:
    least, most = timedelta(seconds=cool_down), timedelta(seconds=cool_down + extra)
    patience = Patience(cool_down=least, grows=grows, longest=most)
    assert least <= patience.cool_down_after(losses) <= patience.cool_down_after(losses + 1) <= most


def test_patience_comes_back_from_its_plan() -> None:
    patience = Patience(debounce=timedelta(seconds=5), cool_down=DAY, grows=1.5, longest=3 * DAY)
    assert Patience.from_payload(patience.to_payload()) == patience
