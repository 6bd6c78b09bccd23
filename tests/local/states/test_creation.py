"""A machine whose role lacks what Step Functions needs for it is refused when it is created."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.embedded import ACCOUNT, REGION, Role, Server, allow
from tests.local.states.running import create

Clients = Callable[[str], Any]
Roles = Callable[..., Role]

RULE = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule"
PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
TRAINS = {
    "StartAt": "M",
    "States": {
        "M": {
            "Type": "Map",
            "End": True,
            "ItemProcessor": {
                "StartAt": "T",
                "States": {
                    "T": {
                        "Type": "Task",
                        "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
                        "Parameters": {},
                        "End": True,
                    }
                },
            },
        }
    },
}
RULE_ACTIONS = ["events:PutTargets", "events:PutRule", "events:DescribeRule"]
DELIVERY = [
    *("logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery"),
    *("logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies"),
    "logs:DescribeLogGroups",
]


def test_following_a_job_needs_the_managed_rule(server: Server, make_role: Roles) -> None:
    create(server, TRAINS, make_role(allow(RULE_ACTIONS, RULE)).arn)
    for action in RULE_ACTIONS:
        others = [other for other in RULE_ACTIONS if other != action]
        with pytest.raises(
            ClientError, match=f"create managed-rule.*{action} on resource: {RULE}"
        ) as refused:
            create(server, TRAINS, make_role(allow(others, RULE)).arn)
        assert refused.value.response["Error"]["Code"] == "AccessDeniedException"


def test_logging_needs_a_log_delivery(server: Server, make_role: Roles, client: Clients) -> None:
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/test/creation:*"
    logging = {
        "level": "ALL",
        "includeExecutionData": True,
        "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": group}}],
    }
    create(server, PASS, make_role(allow(DELIVERY)).arn, loggingConfiguration=logging)
    for action in DELIVERY:
        role = make_role(allow([other for other in DELIVERY if other != action]))
        with pytest.raises(ClientError, match=f"Log Destination.*{action}"):
            create(server, PASS, role.arn, loggingConfiguration=logging)


def test_an_update_is_checked_too(server: Server, make_role: Roles, client: Clients) -> None:
    machine = create(server, PASS, make_role().arn)
    with pytest.raises(ClientError, match="managed-rule"):
        client("stepfunctions").update_state_machine(stateMachineArn=machine, definition=json.dumps(TRAINS))
