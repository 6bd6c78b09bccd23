"""Services assume roles by their trust policies, conditions on the account and the resource included."""

import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.embedded import ACCOUNT, REGION, Role, Server, allow
from tests.local.states.running import create
from tests.local.states.test_control_plane import until

Clients = Callable[[str], Any]
Roles = Callable[..., Role]

ELSEWHERE = "999999999999"
PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}


def account(number: str) -> dict[str, Any]:
    return {"StringEquals": {"aws:SourceAccount": number}}


def source(pattern: str) -> dict[str, Any]:
    return {"ArnLike": {"aws:SourceArn": pattern}}


@pytest.fixture
def trusting(client: Clients) -> Callable[..., str]:
    """Makes a role that a service may assume under a condition."""

    def make(service: str, condition: dict[str, Any], *statements: dict[str, Any]) -> str:
        name = f"test-{uuid.uuid4().hex[:12]}"
        principal = {"Service": f"{service}.amazonaws.com"}
        one = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition}
        document = json.dumps({"Version": "2012-10-17", "Statement": [one]})
        arn = str(client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"])
        if statements:
            policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
            client("iam").put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy)
        return arn

    return make


def make_function(client: Clients, role: str) -> str:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("index.py", "def handler(event, context):\n    return 1\n")
    made = client("lambda").create_function(
        FunctionName=f"test-{uuid.uuid4().hex[:12]}",
        Runtime="python3.12",
        Handler="index.handler",
        Code={"ZipFile": archive.getvalue()},
        Role=role,
    )
    return str(made["FunctionArn"])


def test_a_machine_has_a_role_of_its_own_account_alone(server: Server, trusting: Callable[..., str]) -> None:
    create(server, PASS, trusting("states", account(ACCOUNT)))
    create(server, PASS, trusting("states", source(f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:*")))
    for condition in (account(ELSEWHERE), source(f"arn:aws:states:{REGION}:{ELSEWHERE}:stateMachine:*")):
        with pytest.raises(ClientError, match=r"AccessDeniedException.*Neither the global service principal"):
            create(server, PASS, trusting("states", condition))


def test_a_function_has_a_role_of_its_own_account_alone(
    client: Clients, trusting: Callable[..., str]
) -> None:
    function = make_function(client, trusting("lambda", account(ACCOUNT)))
    theirs = trusting("lambda", account(ELSEWHERE))
    with pytest.raises(ClientError, match=r"InvalidParameterValueException.*cannot be assumed by Lambda"):
        make_function(client, theirs)
    with pytest.raises(ClientError, match=r"InvalidParameterValueException.*cannot be assumed by Lambda"):
        client("lambda").update_function_configuration(FunctionName=function, Role=theirs)


def test_a_template_with_a_function_of_another_accounts_role_is_refused(
    client: Clients, trusting: Callable[..., str]
) -> None:
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.12",
            "Handler": "index.handler",
            "Code": {"ZipFile": "def handler(event, context): return 1"},
            "Role": trusting("lambda", account(ELSEWHERE)),
        },
    }
    name = f"test-{uuid.uuid4().hex[:12]}"
    client("cloudformation").create_stack(
        StackName=name, TemplateBody=json.dumps({"Resources": {"Function": function}})
    )

    def failed() -> list[str]:
        events = client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
        return [
            str(one.get("ResourceStatusReason", "")) for one in events if "FAILED" in one["ResourceStatus"]
        ]

    assert any("cannot be assumed by Lambda" in reason for reason in until(failed))


def test_a_rule_acts_by_a_role_of_its_own_account_alone(
    server: Server, client: Clients, make_role: Roles, trusting: Callable[..., str]
) -> None:
    machine = create(server, PASS, make_role().arn)
    starts = allow("states:StartExecution", machine)
    sources = {number: f"test.{uuid.uuid4().hex}" for number in (ELSEWHERE, ACCOUNT)}
    for number, event in sources.items():
        rule = f"test-{uuid.uuid4().hex[:12]}"
        client("events").put_rule(Name=rule, EventPattern=json.dumps({"source": [event]}))
        role = trusting("events", account(number), starts)
        client("events").put_targets(Rule=rule, Targets=[{"Id": "a", "Arn": machine, "RoleArn": role}])
    for event in sources.values():
        entry = {"Source": event, "DetailType": "x", "Detail": json.dumps({"of": event})}
        client("events").put_events(Entries=[entry])
    stepfunctions = client("stepfunctions")
    (started,) = until(lambda: stepfunctions.list_executions(stateMachineArn=machine)["executions"])
    begun = stepfunctions.describe_execution(executionArn=started["executionArn"])
    assert json.loads(begun["input"])["source"] == sources[ACCOUNT]


def test_a_rule_invokes_a_function_whose_policy_names_it(
    server: Server, client: Clients, make_role: Roles
) -> None:
    function = make_function(client, make_role(principal="lambda.amazonaws.com").arn)
    event, rule = f"test.{uuid.uuid4().hex}", f"test-{uuid.uuid4().hex[:12]}"
    arn = client("events").put_rule(Name=rule, EventPattern=json.dumps({"source": [event]}))["RuleArn"]
    client("events").put_targets(Rule=rule, Targets=[{"Id": "a", "Arn": function}])
    log = server.state_dir / "logs" / f"{function.rpartition(':')[2]}.log"

    def told() -> None:
        client("events").put_events(Entries=[{"Source": event, "DetailType": "x", "Detail": "{}"}])

    told()
    client("lambda").add_permission(
        FunctionName=function,
        StatementId="other",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=arn + "-of-another-name",
    )
    told()
    time.sleep(0.3)
    assert not log.exists()
    client("lambda").add_permission(
        FunctionName=function,
        StatementId="own",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=arn,
    )
    told()
    assert until(log.exists)
