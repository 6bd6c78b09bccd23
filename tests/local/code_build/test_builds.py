"""Builds run for real: commands, their shell and environment, the role, artifacts, and every way to end."""

import io
import json
import subprocess
import sys
import time
import uuid
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.code_build.processes import lives
from tests.local.conftest import Clients
from tests.local.embedded import ACCOUNT, Role

ENVIRONMENT = {
    "type": "LINUX_CONTAINER",
    "image": "aws/codebuild/standard:7.0",
    "computeType": "BUILD_GENERAL1_SMALL",
}
LOGS = {"Effect": "Allow", "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": "*"}  # fmt: skip


@dataclass
class Builder:
    """Makes projects, and runs them to their end."""

    client: Clients
    role: Role
    bucket: str

    def project(self, buildspec: str | Mapping[str, Any], **more: Any) -> str:
        name = f"project-{uuid.uuid4().hex[:8]}"
        text = buildspec if isinstance(buildspec, str) else json.dumps({"version": 0.2, **buildspec})
        self.client("codebuild").create_project(
            **{
                "name": name,
                "source": {"type": "NO_SOURCE", "buildspec": text},
                "artifacts": {"type": "NO_ARTIFACTS"},
                "environment": ENVIRONMENT,
                "serviceRole": self.role.arn,
                **more,
            }
        )
        return name

    def run(self, buildspec: str | Mapping[str, Any], **overrides: Any) -> dict[str, Any]:
        return self.wait(self.start(self.project(buildspec), **overrides))

    def start(self, project: str, **overrides: Any) -> str:
        started = self.client("codebuild").start_build(projectName=project, **overrides)
        return str(started["build"]["id"])

    def wait(self, id_: str) -> dict[str, Any]:
        while True:
            build: dict[str, Any] = self.client("codebuild").batch_get_builds(ids=[id_])["builds"][0]
            if build["buildComplete"]:
                return build
            time.sleep(0.05)

    def upload(self, files: Mapping[str, str]) -> str:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as zipped:
            for name, text in files.items():
                zipped.writestr(name, text)
        key = f"{uuid.uuid4().hex}.zip"
        self.client("s3").put_object(Bucket=self.bucket, Key=key, Body=content.getvalue())
        return f"{self.bucket}/{key}"

    def log(self, build: Mapping[str, Any]) -> str:
        events = self.client("logs").get_log_events(
            logGroupName=build["logs"]["groupName"], logStreamName=build["logs"]["streamName"]
        )["events"]
        return "\n".join(event["message"] for event in events)


@pytest.fixture(scope="module")
def builder(request: pytest.FixtureRequest, make_module_role: Callable[..., Role]) -> Builder:
    server = request.getfixturevalue("server")
    bucket = f"builds-{uuid.uuid4().hex[:8]}"
    server.client("s3").create_bucket(Bucket=bucket)
    role = make_module_role(
        LOGS,
        {"Effect": "Allow", "Action": "s3:*", "Resource": f"arn:aws:s3:::{bucket}*"},
        {"Effect": "Allow", "Action": "codebuild:*", "Resource": "*"},
        principal="codebuild.amazonaws.com",
    )
    return Builder(server.client, role, bucket)


def phases(build: Mapping[str, Any]) -> dict[str, str]:
    return {each["phaseType"]: each.get("phaseStatus", "") for each in build["phases"]}


def reason(build: Mapping[str, Any]) -> str:
    return next(
        f"{each['phaseType']}: {each['contexts'][0]['statusCode']}: {each['contexts'][0]['message']}"
        for each in build["phases"]
        if each.get("phaseStatus") not in (None, "", "SUCCEEDED")
    )


def commands(*lines: str, **more: Any) -> dict[str, Any]:
    return {"phases": {"build": {"commands": list(lines)}}, **more}


def test_a_command_that_fails_fails_the_build(builder: Builder) -> None:
    build = builder.run(
        {
            "phases": {
                "pre_build": {"commands": ["true"]},
                "build": {"commands": ["false", "echo not reached"], "finally": ["echo in the end"]},
                "post_build": {"commands": ["echo succeeding=$CODEBUILD_BUILD_SUCCEEDING"]},
            }
        }
    )
    assert build["buildStatus"] == "FAILED"
    assert phases(build)["POST_BUILD"] == "SUCCEEDED"
    assert (
        reason(build)
        == "BUILD: COMMAND_EXECUTION_ERROR: Error while executing command: false. Reason: exit status 1"
    )
    log = builder.log(build)
    assert "in the end" in log
    assert "succeeding=0" in log
    assert "\nnot reached" not in log


def test_after_a_failed_pre_build_nothing_runs(builder: Builder) -> None:
    build = builder.run(
        {"phases": {"pre_build": {"commands": ["exit 3"]}, "build": {"commands": ["echo never"]}}}
    )
    assert build["buildStatus"] == "FAILED"
    assert "exit status 3" in reason(build)
    assert not {"BUILD", "POST_BUILD", "UPLOAD_ARTIFACTS"} & set(phases(build))


def test_commands_share_directory_variables_and_functions(builder: Builder) -> None:
    source = builder.upload({"data/a.txt": "from the source"})
    second = builder.upload({"b.txt": "second"})
    build = builder.run(
        commands(
            "cd data",
            "export WHO=me; greet() { echo \"hello $1\"; }",
            'greet "$(cat a.txt)"',
            'python -c "import os; print(os.environ[\'WHO\'], os.environ[\'GIVEN\'])"',
            "cat $CODEBUILD_SRC_DIR_Second/b.txt > result.txt",
            env={"exported-variables": ["WHO", "NOT_SET"]},
            artifacts={"files": ["data/*.txt"]},
        ),
        sourceTypeOverride="S3",
        sourceLocationOverride=source,
        secondarySourcesOverride=[{"type": "S3", "location": second, "sourceIdentifier": "Second"}],
        environmentVariablesOverride=[{"name": "GIVEN", "value": "$(touch /tmp/no) 'quoted'"}],
        artifactsOverride={
            "type": "S3", "location": builder.bucket, "path": "out", "name": "a.zip", "packaging": "ZIP"
        },
    )  # fmt: skip
    assert build["buildStatus"] == "SUCCEEDED", builder.log(build)
    assert build["exportedEnvironmentVariables"] == [{"name": "WHO", "value": "me"}]
    log = builder.log(build)
    assert "hello from the source" in log
    assert "me $(touch /tmp/no) 'quoted'" in log
    content = builder.client("s3").get_object(Bucket=builder.bucket, Key="out/a.zip")["Body"].read()
    with zipfile.ZipFile(io.BytesIO(content)) as zipped:
        assert zipped.read("data/result.txt") == b"second"


def test_what_a_build_installs_stays_in_the_build(builder: Builder, tmp_path: Path) -> None:
    tool = {
        "package.json": '{"name": "mdlc-little-tool", "version": "1.0.0", "bin": "tool.js"}',
        "tool.js": "#!/usr/bin/env node\nconsole.log('the tool ran')\n",
        "lib/pyproject.toml": "[project]\nname = 'mdlc-little-lib'\nversion = '1'\n",
        "lib/setup.py": "",
    }
    before = subprocess.run(["npm", "prefix", "-g"], capture_output=True, text=True, check=True).stdout
    build = builder.run(
        commands(
            "npm install -g --install-links --offline --no-audit --no-fund .",
            "mdlc-little-tool",
            "echo home=$HOME tool=$(command -v mdlc-little-tool) python=$(command -v python)",
            "touch ~/left-behind",
        ),
        sourceTypeOverride="S3",
        sourceLocationOverride=builder.upload(tool),
    )
    log = builder.log(build)
    assert build["buildStatus"] == "SUCCEEDED", log
    assert "the tool ran" in log
    found = next(line for line in log.splitlines() if line.startswith("home="))
    places = dict(pair.split("=", 1) for pair in found.split())
    identifier = build["id"].partition(":")[2]
    assert all(identifier in place for place in places.values()), places
    after = subprocess.run(["npm", "prefix", "-g"], capture_output=True, text=True, check=True).stdout
    assert after == before
    assert not (Path(before.strip()) / "lib/node_modules/mdlc-little-tool").exists()
    assert not (Path.home() / "left-behind").exists()
    assert not any(Path(place).exists() for place in places.values())


def test_a_build_may_do_what_its_role_may(builder: Builder) -> None:
    script = "import boto3; boto3.client('sqs').create_queue(QueueName='of-a-build')"
    project = "from mdlc_cli import places; print('project', places.project_root())"
    build = builder.run(commands(f'{sys.executable} -P -c "{project}"', f'{sys.executable} -c "{script}"'))
    assert build["buildStatus"] == "FAILED"
    # Not the project that the server belongs to.
    assert f"/builds/{build['id'].partition(':')[2]}\n" in builder.log(build)
    assert "is not authorized to perform: sqs:CreateQueue" in builder.log(build)


def test_a_stopped_build_ends_with_its_processes(builder: Builder) -> None:
    id_ = builder.start(builder.project(commands("echo $$ started", "sleep 600 & wait")))
    while "started" not in _log_so_far(builder, id_):
        time.sleep(0.05)
    builder.client("codebuild").stop_build(id=id_)
    build = builder.wait(id_)
    assert build["buildStatus"] == "STOPPED"
    assert phases(build)["BUILD"] == "STOPPED"


def test_what_left_the_process_group_ends_with_the_build(builder: Builder) -> None:
    leaving = (
        "import os; os.setsid(); print('pid', os.getpid(), flush=True); os.execlp('sleep', 'sleep', '600')"
    )
    build = builder.run(commands(f'python -c "{leaving}" > pid.txt &', "sleep 0.5; cat pid.txt"))
    assert build["buildStatus"] == "SUCCEEDED"
    (pid,) = (line.split()[1] for line in builder.log(build).splitlines() if line.startswith("pid "))
    assert not lives(int(pid))


def _log_so_far(builder: Builder, id_: str) -> str:
    build = builder.client("codebuild").batch_get_builds(ids=[id_])["builds"][0]
    try:
        return builder.log(build)
    except ClientError:
        return ""


def test_reports_are_kept_and_do_not_decide(builder: Builder) -> None:
    junit = '<testsuite name="s"><testcase name="bad"><failure message="no"/></testcase></testsuite>'
    build = builder.run(commands(f"echo '{junit}' > junit.xml", reports={"unit": {"files": ["junit.xml"]}}))
    assert build["buildStatus"] == "SUCCEEDED"
    report = builder.client("codebuild").batch_get_reports(reportArns=build["reportArns"])["reports"][0]
    assert report["status"] == "FAILED"
    assert report["testSummary"]["statusCounts"]["FAILED"] == 1


@pytest.mark.parametrize(
    ("buildspec", "said"),
    [
        ("version: 0.2\nphases: {build: {commands: [false]}}", "DOWNLOAD_SOURCE: YAML_FILE_ERROR"),
        ("missing.yml", "stat missing.yml: no such file or directory"),
        (json.dumps({"version": 0.2, **commands("true", artifacts={"files": ["a.zip"]})}), "no matching"),
        (
            json.dumps({"version": 0.2, "phases": {"install": {"runtime-versions": {"python": "2.4"}}}}),
            "this machine has no python2.4",
        ),
    ],
)
def test_what_cannot_be_built_says_why(builder: Builder, buildspec: str, said: str) -> None:
    build = builder.run(
        "version: 0.2\nphases: {build: {commands: ['true']}}",
        buildspecOverride=buildspec,
        artifactsOverride={"type": "S3", "location": builder.bucket, "name": "x", "packaging": "ZIP"},
    )
    assert build["buildStatus"] == "FAILED"
    assert said in reason(build)


def test_a_source_that_cannot_be_read_fails_the_build(builder: Builder) -> None:
    build = builder.run(
        commands("true"), sourceTypeOverride="S3", sourceLocationOverride=f"{builder.bucket}/absent.zip"
    )
    assert "DOWNLOAD_SOURCE: CLIENT_ERROR" in reason(build)


def test_without_the_right_to_write_logs_nothing_runs(
    builder: Builder, make_role: Callable[..., Role]
) -> None:
    role = make_role(principal="codebuild.amazonaws.com")
    build = builder.run(commands("true"), serviceRoleOverride=role.arn)
    assert build["buildStatus"] == "FAILED"
    assert "does not allow AWS CodeBuild to create Amazon CloudWatch Logs log streams" in reason(build)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"source": {"type": "GITHUB", "location": "https://example.com/a.git"}}, "source type GITHUB"),
        ({"source": {"type": "NO_SOURCE"}}, "needs a buildspec"),
        (
            {"environment": {**ENVIRONMENT, "type": "WINDOWS_SERVER_2019_CONTAINER"}},
            "environment type WINDOWS",
        ),
        (
            {
                "environment": {
                    **ENVIRONMENT,
                    "environmentVariables": [{"name": "A", "value": "b", "type": "SECRETS_MANAGER"}],
                }
            },
            "of type SECRETS_MANAGER",
        ),
        ({"vpcConfig": {"vpcId": "v", "subnets": ["s"], "securityGroupIds": ["g"]}}, "without a VPC"),
        ({"serviceRole": f"arn:aws:iam::{ACCOUNT}:role/absent"}, "not authorized to perform: sts:AssumeRole"),
    ],
)
def test_a_project_that_would_not_run_as_on_aws_is_refused(
    builder: Builder, more: dict[str, Any], said: str
) -> None:
    with pytest.raises(ClientError, match=said) as refused:
        builder.project(commands("true"), **more)
    assert refused.value.response["Error"]["Code"] == "InvalidInputException"


def test_a_build_makes_and_pushes_an_image(builder: Builder, make_role: Callable[..., Role]) -> None:
    name = f"images-{uuid.uuid4().hex[:8]}"
    builder.client("ecr").create_repository(repositoryName=name, imageTagMutability="IMMUTABLE")
    upload = [
        *("ecr:BatchCheckLayerAvailability", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart"),
        *("ecr:CompleteLayerUpload", "ecr:BatchGetImage"),
    ]
    source = builder.upload({"image/local-image.json": '{"serve": ["true"]}', "image/Dockerfile": "FROM a"})
    uri = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/{name}:one"
    spec = commands(f"docker build --tag {uri} image", f"docker push {uri}", "docker run x")

    def run(*actions: str, privileged: bool = True) -> str:
        role = make_role(
            LOGS,
            {"Effect": "Allow", "Action": ["s3:GetObject", *actions], "Resource": "*"},
            principal="codebuild.amazonaws.com",
        )
        build = builder.run(
            spec,
            sourceTypeOverride="S3",
            sourceLocationOverride=source,
            serviceRoleOverride=role.arn,
            privilegedModeOverride=privileged,
        )
        assert build["buildStatus"] == "FAILED"
        return builder.log(build)

    assert "has no privileged mode" in run(privileged=False)
    assert "is not authorized to perform: ecr:PutImage" in run(*upload)
    log = run(*upload, "ecr:PutImage")
    assert "one: digest: sha256:" in log
    assert "`docker run` is not done without" in log
    images = builder.client("ecr").describe_images(repositoryName=name)["imageDetails"]
    assert images[0]["imageDigest"] in log


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ({"debugSessionEnabled": True}, "debugSessionEnabled: the embedded AWS starts builds without it"),
        ({"sourceTypeOverride": "CODEPIPELINE"}, "takes its source from a pipeline"),
    ],
)
def test_a_start_that_would_be_another_build_is_refused(
    builder: Builder, override: dict[str, Any], said: str
) -> None:
    with pytest.raises(ClientError, match=said):
        builder.start(builder.project(commands("true")), **override)


def test_operations_that_are_not_here_are_refused_by_name(builder: Builder) -> None:
    with pytest.raises(ClientError, match="StartBuildBatch of CodeBuild does not exist"):
        builder.client("codebuild").start_build_batch(projectName="project")


def test_a_repeated_start_with_a_token_builds_once(builder: Builder) -> None:
    project = builder.project(commands("true"))
    first = builder.start(project, idempotencyToken=project)
    assert builder.start(project, idempotencyToken=project) == first
    builder.wait(first)
    assert builder.client("codebuild").list_builds_for_project(projectName=project)["ids"] == [first]


def test_a_template_makes_a_project_and_a_report_group(builder: Builder) -> None:
    template = {
        "Resources": {
            "Reports": {
                "Type": "AWS::CodeBuild::ReportGroup",
                "Properties": {"Type": "TEST", "ExportConfig": {"ExportConfigType": "NO_EXPORT"}},
            },
            "Build": {
                "Type": "AWS::CodeBuild::Project",
                "Properties": {
                    "ServiceRole": builder.role.arn,
                    "Source": {
                        "Type": "NO_SOURCE",
                        "BuildSpec": json.dumps({"version": 0.2, **commands("true")}),
                    },
                    "Artifacts": {"Type": "NO_ARTIFACTS"},
                    "TimeoutInMinutes": 5,
                    "Environment": {
                        "Type": "LINUX_CONTAINER",
                        "Image": "aws/codebuild/standard:7.0",
                        "ComputeType": "BUILD_GENERAL1_SMALL",
                        "EnvironmentVariables": [{"Name": "A", "Value": "b"}],
                    },
                },
            },
        },
        "Outputs": {"Name": {"Value": {"Ref": "Build"}}, "Group": {"Value": {"Ref": "Reports"}}},
    }
    stack, cloudformation = f"builds-{uuid.uuid4().hex[:8]}", builder.client("cloudformation")
    cloudformation.create_stack(StackName=stack, TemplateBody=json.dumps(template))
    while (found := cloudformation.describe_stacks(StackName=stack)["Stacks"][0])["StackStatus"].endswith(
        "PROGRESS"
    ):
        time.sleep(0.05)
    assert found["StackStatus"] == "CREATE_COMPLETE", found
    outputs = {each["OutputKey"]: each["OutputValue"] for each in found["Outputs"]}
    assert builder.wait(builder.start(outputs["Name"]))["buildStatus"] == "SUCCEEDED"
    assert outputs["Group"] in builder.client("codebuild").list_report_groups()["reportGroups"]
    cloudformation.delete_stack(StackName=stack)


def test_a_machine_that_would_not_wait_for_its_build_fails_by_name(
    builder: Builder, make_role: Callable[..., Role]
) -> None:
    everything = {"Effect": "Allow", "Action": ["codebuild:*", "events:*"], "Resource": "*"}
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::codebuild:startBuild.sync",
        "Parameters": {"ProjectName": builder.project(commands("false"))},
        "End": True,
    }
    machines = builder.client("stepfunctions")
    machine = machines.create_state_machine(
        name=f"builds-{uuid.uuid4().hex[:8]}",
        definition=json.dumps({"StartAt": "Build", "States": {"Build": task}}),
        roleArn=make_role(everything).arn,
    )["stateMachineArn"]
    execution = machines.start_execution(stateMachineArn=machine)["executionArn"]
    while (ended := machines.describe_execution(executionArn=execution))["status"] == "RUNNING":
        time.sleep(0.05)
    assert ended["status"] == "FAILED"
    assert "codebuild:startBuild.sync" in ended["cause"]
