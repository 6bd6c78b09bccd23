from __future__ import annotations

import json
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from mdlc_cli import deployment, toolchain
from mdlc_cli.errors import CommandError, ToolFailedError
from tests.cli.fakes import FakeClient, FakeTarget

# Stands for the CDK CLI: writes down how it was called and does what a test asks by a file beside it.
CDK = """
    import json, os, pathlib, sys
    here = pathlib.Path(__file__).parent
    names = ("AWS_ENDPOINT_URL", "CDK_DEFAULT_ACCOUNT", "CDK_VALIDATION", "JSII_NODE")
    call = {"arguments": sys.argv[1:], "cwd": os.getcwd(), **{name: os.environ.get(name) for name in names}}
    with (here / "calls.jsonl").open("a") as calls:
        calls.write(json.dumps(call) + "\\n")
    if "--outputs-file" in sys.argv:
        outputs = sys.argv[sys.argv.index("--outputs-file") + 1]
        pathlib.Path(outputs).write_text(json.dumps({"FlightDelay": {"BucketName": "b"}}))
    if sys.argv[1] == "ls":
        print("FlightDelay\\nNeverDeployed")
    if (here / "fail").exists():
        print("FlightDelay | CREATE_FAILED | no room")
        sys.exit(1)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    script = tmp_path / "cdk.py"
    script.write_text(textwrap.dedent(CDK))
    monkeypatch.setattr(toolchain, "cdk_command", lambda: [sys.executable, str(script)])
    monkeypatch.setenv("MDLC_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "cache").mkdir()
    (tmp_path / "cdk.json").write_text("{}")
    return tmp_path


def calls(project: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (project / "calls.jsonl").read_text().splitlines()]


def target(*, bootstrapped: bool = True, deployed: tuple[str, ...] = ("FlightDelay",)) -> FakeTarget:
    from botocore.exceptions import ClientError

    def stacks(StackName: str | None = None) -> Any:
        if StackName == "CDKToolkit" and not bootstrapped:
            raise ClientError({"Error": {"Code": "ValidationError", "Message": "no"}}, "DescribeStacks")
        return {"Stacks": [{"StackName": name, "StackStatus": "CREATE_COMPLETE"} for name in deployed]}

    machine = {"name": "m-training", "stateMachineArn": "arn:m"}
    resources = [{"ResourceType": "AWS::StepFunctions::StateMachine", "PhysicalResourceId": "arn:m"}]
    return FakeTarget(
        clients={
            "cloudformation": FakeClient(
                describe_stacks=stacks, list_stack_resources={"StackResourceSummaries": resources}
            ),
            "stepfunctions": FakeClient(
                list_state_machines={"stateMachines": [machine]},
                list_executions=[
                    {"executions": [{"executionArn": "arn:e"}]},
                    {"executions": [{"executionArn": "arn:f"}]},
                ],
                stop_execution={},
            ),
        }
    )


def test_a_deployment_bootstraps_the_empty_local_aws_first_and_returns_outputs(project: Path) -> None:
    outputs = deployment.deploy(target(bootstrapped=False), project, ["FlightDelay"])
    assert outputs == {"FlightDelay": {"BucketName": "b"}}
    bootstrap, deploy = calls(project)
    assert bootstrap["arguments"][:2] == ["bootstrap", "aws://000000000000/us-east-1"]
    assert bootstrap["cwd"] != str(project), "the app has no part in bootstrapping"
    assert deploy["arguments"][:4] == ["deploy", "FlightDelay", "--require-approval", "never"]
    assert deploy["cwd"] == str(project)
    assert (deploy["AWS_ENDPOINT_URL"], deploy["CDK_VALIDATION"]) == ("http://127.0.0.1:1", "false")
    assert deploy["JSII_NODE"]


def test_without_names_everything_is_deployed_and_bootstrapping_happens_once(project: Path) -> None:
    deployment.deploy(target(), project)
    assert [call["arguments"][:2] for call in calls(project)] == [["deploy", "--all"]]


def test_a_failed_deployment_shows_the_last_lines_and_no_old_outputs(project: Path) -> None:
    deployment.deploy(target(), project)
    (project / "fail").touch()
    with pytest.raises(
        ToolFailedError, match="cdk deploy failed with status 1: read the lines above"
    ) as caught:
        deployment.deploy(target(), project)
    assert "CREATE_FAILED | no room" in caught.value.detail


def test_a_folder_without_an_app_is_refused(project: Path) -> None:
    (project / "cdk.json").unlink()
    with pytest.raises(CommandError, match=r"holds no cdk\.json: change to the folder of a CDK app"):
        deployment.deploy(target(), project)
    assert not (project / "calls.jsonl").exists()


def test_only_deployed_stacks_of_the_app_are_torn_down(project: Path) -> None:
    assert deployment.stacks_of_app(target(), project) == ["FlightDelay"]


def test_what_still_runs_is_stopped_before_the_stack_goes(project: Path) -> None:
    here = target(deployed=("FlightDelay",))
    with pytest.raises(CommandError, match=r"FlightDelay \(CREATE_COMPLETE\) could not be destroyed"):
        deployment.destroy(here, project, ["FlightDelay"])
    stopped = [request for name, request in here.clients["stepfunctions"].calls if name == "stop_execution"]
    assert [each["executionArn"] for each in stopped] == ["arn:e", "arn:f"]
    assert calls(project)[0]["arguments"][:3] == ["destroy", "FlightDelay", "--force"]
