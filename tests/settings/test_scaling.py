from collections.abc import Callable
from datetime import UTC, time, timedelta

import pytest

from mdlc_constructs.settings.scaling import Asynchronous, Night, Scaling, ScheduledScaling, Serverless

NIGHT = Night(begins=time(22), ends=time(6, 30), timezone="Europe/Berlin")


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: Scaling(minimum=4, maximum=3, invocations=1), "minimum=4: is above maximum=3"),
        (lambda: Scaling(minimum=-1, maximum=3, invocations=1), "minimum=-1"),
        (lambda: Scaling(maximum=0, invocations=1), "maximum=0"),
        (lambda: Scaling(maximum=3), "nothing would ever scale"),
        (lambda: Scaling(maximum=3, invocations=0), "invocations=0"),
        (lambda: Scaling(maximum=3, concurrency=-1), "concurrency=-1"),
        (
            lambda: Scaling(maximum=3, invocations=1, scale_in_cooldown=timedelta(hours=2)),
            "scale_in_cooldown=",
        ),
        (lambda: Scaling(maximum=1, night=Night(begins=time(1), ends=time(2), minimum=2)), "night=2"),
        (
            lambda: Scaling(
                maximum=2,
                night=NIGHT,
                schedules=(ScheduledScaling(name="night", schedule="at(x)", minimum=1),),
            ),
            "schedules='night': is the name of two schedules",
        ),
        (lambda: ScheduledScaling(name="a/b", schedule="at(x)", minimum=1), "name='a/b'"),
        (
            lambda: ScheduledScaling(name="a", schedule="0 22 * * *", minimum=1),
            r"schedule='0 22.*cron\(\.\.\.\)",
        ),
        (lambda: ScheduledScaling(name="a", schedule="at(x)"), "changes nothing without maximum"),
        (lambda: ScheduledScaling(name="a", schedule="at(x)", minimum=3, maximum=2), "minimum=3"),
        (
            lambda: ScheduledScaling(name="a", schedule="at(x)", minimum=1, timezone="Europe/Berlim"),
            "did you mean 'Europe/Berlin'",
        ),
        (lambda: Night(begins=time(1), ends=time(1)), "is when the night begins"),
        (lambda: Night(begins=time(1), ends=time(2, 0, 1)), "ends='02:00:01'"),
        (lambda: Night(begins=time(1, tzinfo=UTC), ends=time(2)), "begins="),
        (lambda: Night(begins=time(1), ends=time(2), minimum=0), "minimum=0"),
        (lambda: Night(begins=time(1), ends=time(2), timezone="Mars"), "no such time zone"),
        (lambda: Serverless(memory_mb=1000), "memory_mb=1000: give one of 1024, 2048"),
        (lambda: Serverless(max_concurrency=201), "max_concurrency=201"),
        (lambda: Serverless(max_concurrency=2, provisioned_concurrency=3), "provisioned_concurrency=3"),
        (lambda: Asynchronous(concurrent_per_instance=1001), "concurrent_per_instance=1001"),
    ],
)
def test_what_aws_refuses_is_refused_with_the_remedy(made: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        made()


def test_the_night_is_two_schedules_by_its_own_clock() -> None:
    evening, morning = Scaling(minimum=3, maximum=9, night=NIGHT).all_schedules
    assert (evening.schedule, evening.minimum) == ("cron(0 22 * * ? *)", 1)
    assert (morning.schedule, morning.minimum) == ("cron(30 6 * * ? *)", 3)
    assert evening.timezone == morning.timezone == "Europe/Berlin"


@pytest.mark.parametrize(
    ("scaling", "said"),
    [
        (Scaling(minimum=0, maximum=2, invocations=1), "minimum=0: only Asynchronous and Serverless"),
        (
            Scaling(maximum=2, schedules=(ScheduledScaling(name="a", schedule="at(x)", minimum=0),)),
            "schedules=0: only Asynchronous",
        ),
        (Scaling(maximum=2, backlog=5), "backlog=5: is for Asynchronous"),
    ],
)
def test_a_real_time_endpoint_cannot_go_to_zero(scaling: Scaling, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        scaling.check_endpoint(asynchronous=False)
    scaling.check_endpoint(asynchronous=True)


def test_a_queue_is_not_measured_by_concurrency() -> None:
    with pytest.raises(ValueError, match="use backlog"):
        Scaling(maximum=2, concurrency=5).check_endpoint(asynchronous=True)
