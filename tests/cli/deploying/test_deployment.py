from __future__ import annotations

import json
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from mdlc_cli.deploying import assembly, deployment
from mdlc_cli.errors import CommandError, ToolFailedError
from mdlc_cli.tools import toolchain
from tests.cli import left
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
    if sys.argv[1] == "synth":
        folder = pathlib.Path(sys.argv[sys.argv.index("--output") + 1])
        inner = folder / "assembly-Prod"
        inner.mkdir(parents=True, exist_ok=True)
        properties = {"templateFile": "t.json"}
        stack = {"type": "aws:cloudformation:stack", "properties": properties}
        nested = {"type": "cdk:cloud-assembly", "properties": {"directoryName": inner.name}}
        top = {"FlightDelay": stack, "Prod": nested, "FlightDelay.assets": {"type": "cdk:asset-manifest"}}
        properties = {**properties, "stackName": "Prod-Churn"}
        named = {**stack, "displayName": "Prod/Churn", "properties": properties}
        (folder / "manifest.json").write_text(json.dumps({"artifacts": top}))
        (inner / "manifest.json").write_text(json.dumps({"artifacts": {"ProdChurn1": named}}))
        kept = {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"}
        for place in (folder, inner):
            (place / "t.json").write_text(json.dumps({"Resources": {"Bucket": kept}}))
    if (here / "fail").exists():
        print("FlightDelay | CREATE_FAILED | " + (here / "fail").read_text())
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
                describe_stacks=stacks,
                list_stack_resources={"StackResourceSummaries": resources},
                list_stacks={"StackSummaries": []},
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
    (project / "fail").write_text("no room")
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


def test_what_still_runs_is_stopped_before_the_stack_goes(project: Path) -> None:
    here = target(deployed=("FlightDelay",))
    with pytest.raises(CommandError, match=r"FlightDelay \(CREATE_COMPLETE\) could not be destroyed"):
        deployment.destroy(here, project, ["FlightDelay"], assembly.synthesized(here, project))
    stopped = [request for name, request in here.clients["stepfunctions"].calls if name == "stop_execution"]
    assert [each["executionArn"] for each in stopped] == ["arn:e", "arn:f"]
    folder = str(project / ".mdlc" / "assembly")
    assert calls(project)[1]["arguments"][:5] == ["destroy", "FlightDelay", "--app", folder, "--force"]


def test_the_stacks_of_an_app_are_known_by_name_and_by_path(project: Path) -> None:
    app = assembly.synthesized(target(), project)
    found = [(one.name, one.selector) for one in app.stacks]
    assert found == [("FlightDelay", "FlightDelay"), ("Prod-Churn", "Prod/Churn")]
    assert [one.name for one in app.chosen(["Prod/Churn"])] == ["Prod-Churn"]


def only_bootstrapped(here: FakeTarget) -> FakeTarget:
    here.clients["cloudformation"]._answers["describe_stacks"] = lambda StackName=None: {
        "Stacks": [{"StackName": "CDKToolkit", "StackStatus": "CREATE_COMPLETE"}]
    }
    return here


def test_what_an_earlier_stack_left_is_imported_before_the_deployment(project: Path) -> None:
    here = only_bootstrapped(left.target({"Prod-Churn": left.LEFT}))
    deployment.deploy(here, project)
    synth, imported, deploy = (call["arguments"] for call in calls(project))
    folder = str(project / ".mdlc" / "assembly")
    assert synth[:2] == ["synth", "--quiet"]
    assert imported[:4] == ["import", "Prod/Churn", "--app", folder]
    mapping = json.loads(imported[imported.index("--resource-mapping-inline") + 1])
    assert mapping == {"Bucket": {"BucketName": "churn-1"}}
    assert deploy[:4] == ["deploy", "--all", "--app", folder]


@pytest.mark.parametrize(
    ("line", "deleted", "sentence"),
    [
        (
            f"AWS::SageMaker::ModelPackageGroup: Model Package Group already exists: {left.ARN}",
            {"Old": left.LEFT},
            "model package group churn is left of the deleted stack Old, and this one makes one of that "
            "name: remove it with `mdlc teardown Old --everything`, or name it otherwise",
        ),
        (
            "ours already exists",
            {},
            "cdk deploy failed because a name is taken, and no stack that was deleted within 90 days left it "
            "(the lines above say which): delete what holds it, or name it otherwise",
        ),
    ],
)
def test_a_name_that_is_taken_is_explained(
    project: Path, line: str, deleted: dict[str, Any], sentence: str
) -> None:
    (project / "fail").write_text(line)
    with pytest.raises(ToolFailedError) as refusal:
        deployment.deploy(only_bootstrapped(left.target(deleted)), project, ["FlightDelay"])
    assert str(refusal.value) == sentence
    assert line in refusal.value.detail


def test_an_image_that_cannot_be_built_says_why(project: Path) -> None:
    line = "/c/docker-1f build --tag cdkasset-1 . exited with error code 2: model.R, line 19: unexpected '{'"
    (project / "fail").write_text(f"Flats: fail: {line}")
    with pytest.raises(ToolFailedError) as refusal:
        deployment.deploy(only_bootstrapped(left.target({})), project, ["FlightDelay"])
    reason = "model.R, line 19: unexpected '{'"
    assert str(refusal.value) == f"a container's image cannot be built: {reason}"


def test_a_stack_that_left_the_app_is_destroyed_without_the_cdk(project: Path) -> None:
    here = left.target({}, deployed=("Old",))
    here.clients["stepfunctions"] = FakeClient(list_state_machines={"stateMachines": []})
    with pytest.raises(CommandError, match=r"Old \(CREATE_COMPLETE\) could not be destroyed"):
        deployment.destroy(here, project, ["Old"], assembly.synthesized(here, project))
    assert [call["arguments"][0] for call in calls(project)] == ["synth"]
    deleted = [request for name, request in here.clients["cloudformation"].calls if name == "delete_stack"]
    assert deleted == [{"StackName": "Old"}]
