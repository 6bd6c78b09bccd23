from collections.abc import Callable
from datetime import timedelta

import pytest

from mdlc_constructs.settings.budget import Budget, check_priority


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: Budget(jobs=0), "jobs=0: give a whole number of jobs from 1 to 1000"),
        (lambda: Budget(instances=5001), "instances=5001: give a whole number of instances from 1 to 5000"),
        (lambda: Budget(head_start=timedelta(days=8)), "head_start='8 days, 0:00:00': give whole seconds"),
        (lambda: Budget(lease=timedelta(seconds=59)), "lease='0:00:59': give whole seconds from 0:01:00"),
        (lambda: check_priority(10), "priority=10: give a whole number from 0 to 9"),
        (lambda: check_priority(True), "priority=True"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_the_remedy(made: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        made()


def test_bounds_are_allowed() -> None:
    assert Budget(jobs=1, instances=1, head_start=timedelta(0), lease=timedelta(minutes=1)).jobs == 1
    check_priority(0)
    check_priority(9)


def test_a_budget_comes_back_from_its_plan() -> None:
    budget = Budget(jobs=3, instances=7, head_start=timedelta(minutes=5), lease=timedelta(hours=2))
    assert Budget.from_payload(budget.to_payload()) == budget
