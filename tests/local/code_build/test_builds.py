"""Builds run for real: commands, their shell and environment, the role, artifacts, and every way to end."""

import io
import json
import subprocess
import sys
import time
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.local.code_build.builder import LOGS, Builder, commands, phases, reason
from tests.local.code_build.processes import lives
from tests.local.embedded import ACCOUNT, Role


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
