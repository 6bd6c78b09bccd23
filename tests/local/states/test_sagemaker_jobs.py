"""The optimized SageMaker integration: it waits for jobs, stops them, and names errors as on AWS."""

import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.embedded import ACCOUNT, REGION, Role, Server, allow
from tests.local.states.running import create, ended, events, run
from tests.local.states.test_control_plane import until

Clients = Callable[[str], Any]
Roles = Callable[..., Role]

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-py312"
RULE = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/StepFunctionsGetEventsForSageMakerProcessingJobsRule"


def processing(name: str, role_arn: str, program: str, **more: Any) -> dict[str, Any]:
    """A machine that runs a Python program as a processing job."""
    arguments = {
        "ProcessingJobName": name,
        "RoleArn": role_arn,
        "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": ["python3", "-c", program]},
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
        },
    }
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createProcessingJob.sync",
        "Arguments": arguments,
        "End": True,
        **more,
    }
    return {"QueryLanguage": "JSONata", "StartAt": "Job", "States": {"Job": state}}


@pytest.fixture
def job_role(make_role: Roles) -> Role:
    return make_role(allow("logs:*"), principal="sagemaker.amazonaws.com")


@pytest.fixture
def name() -> str:
    return f"test-{uuid.uuid4().hex[:12]}"


def statements(job_role: Role) -> list[dict[str, Any]]:
    """What the machine's role needs."""
    passed = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    jobs = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:processing-job/test-*"
    return [
        allow("sagemaker:CreateProcessingJob", jobs),
        allow("sagemaker:DescribeProcessingJob", jobs),
        allow("iam:PassRole", job_role.arn, Condition=passed),
        allow("sagemaker:AddTags", jobs),
        allow("sagemaker:StopProcessingJob", jobs),
        allow(["events:PutTargets", "events:PutRule", "events:DescribeRule"], RULE),
    ]


def test_waits_for_the_job(server: Server, make_role: Roles, job_role: Role, name: str) -> None:
    machine = processing(name, job_role.arn, "print('done')")
    done = run(server, machine, make_role(*statements(job_role)).arn)
    assert done.status == "SUCCEEDED", done.cause
    assert (done.output["ProcessingJobName"], done.output["ProcessingJobStatus"]) == (name, "Completed")
    assert isinstance(done.output["CreationTime"], int)
    types = [event["type"] for event in events(server, done.arn)]
    assert types.index("TaskSubmitted") < types.index("TaskSucceeded")


def test_a_job_that_is_waited_for_is_marked(
    server: Server, make_role: Roles, client: Clients, job_role: Role, name: str
) -> None:
    machine = processing(name, job_role.arn, "pass")
    machine["States"]["Job"]["Arguments"]["Tags"] = [{"Key": "team", "Value": "a"}]
    run(server, machine, make_role(*statements(job_role)).arn)
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:processing-job/{name}"
    tags = {tag["Key"]: tag["Value"] for tag in client("sagemaker").list_tags(ResourceArn=arn)["Tags"]}
    assert tags == {"team": "a", "MANAGED_BY_AWS": "STARTED_BY_STEP_FUNCTIONS"}


def test_a_failed_job_fails_the_task(server: Server, make_role: Roles, job_role: Role, name: str) -> None:
    machine = processing(name, job_role.arn, "raise SystemExit('no such column')")
    failed = run(server, machine, make_role(*statements(job_role)).arn)
    assert failed.error == "States.TaskFailed"
    assert "FailureReason" in str(failed.cause)


def test_a_taken_name_is_named(server: Server, make_role: Roles, job_role: Role, name: str) -> None:
    role, machine = make_role(*statements(job_role)), processing(name, job_role.arn, "pass")
    run(server, machine, role.arn)
    assert run(server, machine, role.arn).error == "SageMaker.ResourceInUse"


@pytest.mark.parametrize("left_out", range(4))
def test_each_permission_is_needed(
    server: Server, make_role: Roles, job_role: Role, name: str, left_out: int
) -> None:
    given = statements(job_role)
    action = given.pop(left_out)["Action"]
    failed = run(server, processing(name, job_role.arn, "pass"), make_role(*given).arn)
    assert failed.error == "SageMaker.AmazonSageMakerException"
    assert action in str(failed.cause)


def status(client: Clients, name: str) -> str:
    return str(client("sagemaker").describe_processing_job(ProcessingJobName=name)["ProcessingJobStatus"])


def test_stopping_the_execution_stops_the_job(
    server: Server, make_role: Roles, client: Clients, job_role: Role, name: str
) -> None:
    machine = processing(name, job_role.arn, "import time; time.sleep(600)")
    arn = create(server, machine, make_role(*statements(job_role)).arn)
    states = client("stepfunctions")
    execution = states.start_execution(stateMachineArn=arn)["executionArn"]
    until(lambda: "TaskSubmitted" in [event["type"] for event in events(server, execution)])
    states.stop_execution(executionArn=execution)
    assert ended(server, execution).status == "ABORTED"
    until(lambda: status(client, name) == "Stopped")


def test_a_task_that_times_out_stops_the_job(
    server: Server, make_role: Roles, client: Clients, job_role: Role, name: str
) -> None:
    machine = processing(name, job_role.arn, "import time; time.sleep(600)", TimeoutSeconds=2)
    started = time.monotonic()
    failed = run(server, machine, make_role(*statements(job_role)).arn)
    assert failed.error == "States.Timeout"
    assert time.monotonic() - started < 30
    until(lambda: status(client, name) == "Stopped")


def test_an_unknown_action_is_refused(server: Server, make_role: Roles) -> None:
    state = {"Type": "Task", "Resource": "arn:aws:states:::sagemaker:createApp", "Arguments": {}, "End": True}
    machine = {"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": state}}
    with pytest.raises(ClientError, match="not a valid resource ARN"):
        create(server, machine, make_role().arn)
