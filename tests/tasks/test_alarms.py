from typing import Any

import pytest

from mdlc_constructs.asl.api_table import problems
from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.tasks.alarms import describe_alarms


def test_alarms_are_looked_at_by_their_names_alone() -> None:
    task = describe_alarms("Look", alarms=("${QualityAlarm}", "slow"))
    assert problems(task.resource, task.arguments) == ()
    assert problems(task.resource, {"AlarmName": "slow"}), "the table knows the call"
    check(Machine((task,), bindings={"QualityAlarm": "bad"}), traced=False)
    given: Any = task.arguments
    assert given == {"AlarmNames": ["${QualityAlarm}", "slow"]}
    (statement,) = task.statements
    here = "arn:${Partition}:cloudwatch:${Region}:${Account}:alarm:"
    assert (statement.actions, statement.resources) == (
        ("cloudwatch:DescribeAlarms",),
        (f"{here}${{QualityAlarm}}", f"{here}slow"),
    )
    assert "CloudWatch.CloudWatchException" in task.retry[0].errors


@pytest.mark.parametrize(
    ("alarms", "said"),
    [
        ((), "alarms holds 0 names; give 1 to 100"),
        (tuple(str(number) for number in range(101)), "alarms holds 101 names"),
        (("slow", "slow"), "alarms holds the name 'slow' twice"),
    ],
)
def test_what_cloudwatch_would_not_take_is_refused(alarms: tuple[str, ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        describe_alarms("Look", alarms=alarms)
