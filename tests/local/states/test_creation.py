"""A machine whose definition or role is not what Step Functions asks for is refused when it is created."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.embedded import ACCOUNT, REGION, Role, Server, allow
from tests.local.states.running import create
from tests.local.states.test_control_plane import until

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


DANGLING = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "C": {"Type": "Succeed"}}}
DANGLES = (
    "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: B "
    "at /States/A/Next, "
    'MISSING_TRANSITION_TARGET: State "C" is not reachable. at /States/C\''
)
UNPARSED = {
    "QueryLanguage": "JSONata",
    "StartAt": "A",
    "States": {"A": {"Type": "Pass", "Output": "{% $sum( %}", "End": True}},
}


def test_a_definition_is_validated_when_a_machine_is_created_or_updated(
    server: Server, make_role: Roles, client: Clients
) -> None:
    role = make_role().arn
    machine = create(server, PASS, role)
    states = client("stepfunctions")
    for refused in (
        lambda: create(server, DANGLING, role),
        lambda: states.update_state_machine(stateMachineArn=machine, definition=json.dumps(DANGLING)),
    ):
        with pytest.raises(ClientError) as error:
            refused()
        answer = error.value.response["Error"]
        assert (answer["Code"], answer["Message"]) == ("InvalidDefinition", DANGLES)
    assert json.loads(states.describe_state_machine(stateMachineArn=machine)["definition"]) == PASS
    states.update_state_machine(stateMachineArn=machine, roleArn=make_role().arn)


def test_a_definition_is_validated_without_a_machine(client: Clients) -> None:
    validate = client("stepfunctions").validate_state_machine_definition
    assert validate(definition=json.dumps(PASS))["result"] == "OK"
    found = validate(definition=json.dumps(DANGLING), maxResults=1)
    assert (found["result"], found["truncated"]) == ("FAIL", True)
    assert found["diagnostics"] == [
        {
            "severity": "ERROR",
            "code": "MISSING_TRANSITION_TARGET",
            "message": "Missing 'Next' target: B",
            "location": "/States/A/Next",
        }
    ]
    waits = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": True}
    definition = json.dumps({"StartAt": "A", "States": {"A": waits | {"Parameters": {}}}})
    (diagnostic, *_) = validate(definition=definition, type="EXPRESS")["diagnostics"]
    assert diagnostic["location"] in ("/States/A/Resource", "/States/A/Parameters")
    with pytest.raises(ClientError, match="'severity'"):
        validate(definition=definition, severity="INFO")


def test_a_stack_with_an_invalid_definition_is_rolled_back(make_role: Roles, client: Clients) -> None:
    stacks, role = client("cloudformation"), make_role().arn

    def template(definition: dict[str, Any]) -> str:
        properties = {"RoleArn": role, "DefinitionString": json.dumps(definition)}
        machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}
        return json.dumps({"Resources": {"Machine": machine}})

    def status(name: str) -> str:
        return str(stacks.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])

    def reasons(name: str) -> str:
        events = stacks.describe_stack_events(StackName=name)["StackEvents"]
        return " ".join(str(event.get("ResourceStatusReason", "")) for event in events)

    name = f"test-{uuid.uuid4().hex[:12]}"
    stacks.create_stack(StackName=name, TemplateBody=template(UNPARSED))
    until(lambda: status(name) == "ROLLBACK_COMPLETE")
    assert 'INVALID_JSONATA_EXPRESSION: Expected ")" before end of expression at /States/A/Output' in reasons(
        name
    )

    name = f"test-{uuid.uuid4().hex[:12]}"
    stacks.create_stack(StackName=name, TemplateBody=template(PASS))
    until(lambda: status(name) == "CREATE_COMPLETE")
    stacks.update_stack(StackName=name, TemplateBody=template(DANGLING))
    until(lambda: status(name) == "UPDATE_ROLLBACK_COMPLETE")
    assert DANGLES in reasons(name)
