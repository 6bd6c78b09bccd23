"""What scaling needs of its caller: exactly what the library's tasks grant."""

import json
from collections.abc import Iterable

import pytest
from botocore.exceptions import ClientError

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.tasks import autoscaling as tasks
from tests.local.autoscaling.scaling import Scaling
from tests.local.conftest import role_maker
from tests.local.embedded import ACCOUNT, REGION, Role
from tests.local.sagemaker.serving import VARIANT, Serving

BINDINGS = {"${Partition}": "aws", "${Region}": REGION, "${Account}": ACCOUNT}


def role(serving: Serving, statements: Iterable[Statement], *without: str) -> Role:
    """A role that may do what the statements say, but for some actions."""
    kept = []
    for statement in statements:
        policy = statement.to_policy()
        policy["Action"] = [action for action in statement.actions if action not in without]
        if policy["Action"]:
            kept.append(policy)
    text = json.dumps(kept)
    for placeholder, value in BINDINGS.items():
        text = text.replace(placeholder, value)
    return role_maker(serving.server)(*json.loads(text))


def granted(endpoint: str) -> list[Statement]:
    """What a machine with all of the library's scaling tasks may do."""
    made = (
        tasks.register_scalable_target(
            "Register", endpoint_name=endpoint, variant=VARIANT, minimum=1, maximum=2
        ),
        tasks.put_scaling_policy(
            "Track",
            endpoint_name=endpoint,
            variant=VARIANT,
            policy_name="p",
            target=5,
            metric="invocations",
        ),
        tasks.put_scheduled_action(
            "Night",
            endpoint_name=endpoint,
            variant=VARIANT,
            action_name="n",
            schedule="rate(1 day)",
            minimum=1,
        ),
        tasks.deregister_scalable_target("End", endpoint_name=endpoint, variant=VARIANT),
    )
    return [statement for task in made for statement in task.own_statements()]


def scale(scaling: Scaling) -> None:
    scaling.register(1, 4)
    scaling.track("InvocationsPerInstance", 5.0)
    scaling.schedule("night", "cron(0 22 * * ? *)", MinCapacity=1)
    scaling.client.deregister_scalable_target(**scaling.named)


def test_the_tasks_grant_enough(serving: Serving, endpoint: str) -> None:
    scale(Scaling(serving, endpoint, role(serving, granted(endpoint)).credentials))


@pytest.mark.parametrize(
    "action",
    [
        "application-autoscaling:RegisterScalableTarget",
        "application-autoscaling:PutScalingPolicy",
        "application-autoscaling:PutScheduledAction",
        "application-autoscaling:DeregisterScalableTarget",
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:DeleteAlarms",
        "sagemaker:DescribeEndpoint",
        "sagemaker:UpdateEndpointWeightsAndCapacities",
    ],
)
def test_and_nothing_too_much(serving: Serving, endpoint: str, action: str) -> None:
    lacking = role(serving, granted(endpoint), action)
    with pytest.raises(ClientError, match=f"AccessDenied.*{action}"):
        scale(Scaling(serving, endpoint, lacking.credentials))


def test_another_endpoint_is_not_granted(serving: Serving, endpoint: str) -> None:
    other = role(serving, granted("another"))
    with pytest.raises(ClientError, match=r"AccessDenied.*sagemaker:DescribeEndpoint"):
        scale(Scaling(serving, endpoint, other.credentials))


def test_an_endpoint_is_not_deleted_by_who_may_not_end_its_scaling(serving: Serving, endpoint: str) -> None:
    scaling = Scaling(serving, endpoint)
    scaling.register()
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/{endpoint}"
    deleting = Statement(actions=("sagemaker:DeleteEndpoint",), resources=(arn,))
    refused, allowed = (
        serving.server.client("sagemaker", credentials=role(serving, statements).credentials)
        for statements in ([deleting], [deleting, *granted(endpoint)])
    )
    with pytest.raises(ClientError, match=r"does not have application-autoscaling:DeregisterScalableTarget"):
        refused.delete_endpoint(EndpointName=endpoint)
    assert scaling.targets() != []
    allowed.delete_endpoint(EndpointName=endpoint)
    assert scaling.targets() == []
