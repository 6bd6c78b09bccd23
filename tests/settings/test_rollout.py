from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdlc_constructs.settings.rollout import (
    MAX_DEPLOYMENT,
    AllAtOnce,
    Canary,
    Deployment,
    Linear,
    Rolling,
    check_variant_name,
)

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: AllAtOnce(bake=HOUR + timedelta(seconds=1)), "bake='1:00:01'.*to 1:00:00"),
        (lambda: AllAtOnce(bake=timedelta(seconds=-1)), "bake="),
        (lambda: Canary(), "give exactly one of the two"),
        (lambda: Canary(percent=10, instances=1), "give exactly one of the two"),
        (lambda: Canary(percent=51), "percent=51: give a whole number of percent from 1 to 50"),
        (lambda: Canary(percent=0), "percent=0"),
        (lambda: Canary(instances=0), "instances=0"),
        (lambda: Canary(percent=10, bake=2 * HOUR), "bake='2:00:00'"),
        (lambda: Linear(step_percent=9), "step_percent=9: give a whole number of percent from 10 to 50"),
        (lambda: Linear(step_percent=51), "step_percent=51"),
        (lambda: Linear(step_percent=10, bake=HOUR), "10:00:00.*larger steps or a shorter bake"),
        (lambda: Rolling(batch_percent=4), "batch_percent=4: give a whole number of percent from 5 to 50"),
        (lambda: Rolling(batch_percent=51), "batch_percent=51"),
        (lambda: Rolling(batch_percent=5, wait=HOUR), "20:00:00.*larger batches or a shorter wait"),
    ],
)
def test_what_sagemaker_refuses_is_refused_with_the_remedy(made: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        made()


@pytest.mark.parametrize(
    ("rollout", "waiting"),
    [
        (AllAtOnce(bake=HOUR), HOUR),
        (Canary(percent=10, bake=HOUR), HOUR),
        (Linear(step_percent=30, bake=timedelta(minutes=10)), timedelta(minutes=40)),
        (Rolling(batch_percent=50, wait=timedelta(minutes=10)), timedelta(minutes=20)),
    ],
)
def test_a_deployment_waits_once_a_step(rollout: Deployment, waiting: timedelta) -> None:
    assert rollout.waiting == waiting < MAX_DEPLOYMENT


@pytest.mark.parametrize(
    ("rollout", "least"),
    [
        (AllAtOnce(), 1),
        (Canary(percent=10), 2),
        (Canary(instances=3), 6),
        (Linear(), 2),
        (Rolling(), 2),
    ],
)
def test_at_most_half_of_the_fleet_is_shifted_at_a_time(rollout: Deployment, least: int) -> None:
    rollout.check_instances(least)
    if least > 1:
        with pytest.raises(ValueError, match=f"run at least {least} instances, or use AllAtOnce"):
            rollout.check_instances(least - 1)


@pytest.mark.parametrize("name", ["", "-a", "a-", "a b", "a" * 64])
def test_a_name_that_is_no_variants_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="variant="):
        check_variant_name("variant", name)


@pytest.mark.parametrize(
    ("rollout", "instances", "share"),
    [
        (AllAtOnce(), 3, 1.0),
        (Canary(percent=10), 2, 0.1),
        (Canary(percent=10), 10, 0.1),
        (Canary(percent=10), 15, 1 / 15),
        (Canary(instances=1), 4, 0.25),
        (Canary(instances=3), 2, 1.0),
        (Linear(step_percent=25), 4, 0.25),
        (Linear(step_percent=25), 7, 1 / 7),
        (Rolling(batch_percent=5), 2, 0.05),
        (Rolling(batch_percent=50), 5, 0.4),
    ],
)
def test_the_smallest_share_holds_however_percentages_come_to_instances(
    rollout: Deployment, instances: int, share: float
) -> None:
    assert rollout.smallest_share(instances) == pytest.approx(share)


@given(percent=st.integers(1, 50), instances=st.integers(1, 500))
def test_no_way_of_rounding_gives_less(percent: int, instances: int) -> None:
    least = Canary(percent=percent).smallest_share(instances)
    exact = percent * instances / 100
    for whole in (exact, max(1, exact // 1), max(1, -(-exact // 1))):
        assert least <= whole / instances + 1e-12
