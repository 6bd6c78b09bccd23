"""The program in Docker's place, with the arguments that the CDK CLI gives it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mdlc_cli.tools import docker, local_images, local_registry, toolchain
from mdlc_constructs.resources import bundles

TAG, URI = "cdkasset-1f2e", "000000000000.dkr.ecr.us-east-1.amazonaws.com/assets:1f2e"


class Registry:
    """An ECR client that keeps what is put."""

    def __init__(self) -> None:
        self.put: list[dict[str, Any]] = []
        self.layers = 0

    def batch_check_layer_availability(self, **_: Any) -> None: ...

    def initiate_layer_upload(self, **_: Any) -> dict[str, str]:
        return {"uploadId": "upload"}

    def upload_layer_part(self, **_: Any) -> None: ...

    def complete_layer_upload(self, **_: Any) -> None:
        self.layers += 1

    def put_image(self, **request: Any) -> None:
        if any(before["imageTag"] == request["imageTag"] for before in self.put):
            raise ClientError({"Error": {"Code": "ImageTagAlreadyExistsException"}}, "PutImage")
        self.put.append(request)

    def batch_get_image(self, **_: Any) -> dict[str, Any]:
        return {
            "images": [
                {"imageId": {"imageDigest": local_registry.digest(each["imageManifest"])}}
                for each in self.put
            ]
        }


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    made = Registry()
    monkeypatch.setattr("boto3.client", lambda service, region_name: made)
    return made


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A build context, in which the program runs as the CDK CLI runs it."""
    monkeypatch.setenv("MDLC_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "context"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def describe(context: Path, **members: Any) -> None:
    (context / local_images.FILE).write_text(json.dumps(members))


def build(*more: str) -> int:
    return docker.main(["build", "--tag", TAG, *more, "--platform", "linux/amd64", "."])


def test_an_image_is_built_once_and_registered(context: Path, registry: Registry) -> None:
    describe(context, serve=["sh", "./serve.sh"], check=["sh", "-c", "true"], environment={"A": "b"})
    assert docker.main(["inspect", TAG]) == docker.ABSENT
    assert build() == 0 and docker.main(["inspect", TAG]) == 0
    assert docker.main(["tag", TAG, URI]) == docker.main(["login", "--username", "AWS", "x"]) == 0
    assert docker.main(["--config", "/tmp/x", "push", URI]) == 0
    (request,) = registry.put
    assert (request["repositoryName"], request["imageTag"]) == ("assets", "1f2e")
    entry = json.loads(request["imageManifest"])["local"]
    copy = local_images.folder_of(docker.source(TAG)) / "context"
    assert entry == {"serve": ["sh", str(copy / "serve.sh")], "environment": {"A": "b"}}
    assert (copy / local_images.FILE).is_file()


def test_a_tag_that_is_used_again_is_another_image(
    context: Path, registry: Registry, capfd: pytest.CaptureFixture[str]
) -> None:
    describe(context, serve=["sh", "./serve.sh"], scan_findings={"CVE-2024-0001": "HIGH"})
    command = ["build", "-t", URI, "--build-arg", "A=b", "--platform=linux/amd64", "--quiet", str(context)]
    assert docker.main(command) == 0 and docker.main(["push", URI]) == docker.main(["push", URI]) == 0
    manifest = json.loads(registry.put[0]["imageManifest"])
    assert manifest["scan_findings"] == {"CVE-2024-0001": "HIGH"} and "scan_findings" not in manifest["local"]
    assert (
        registry.layers == 2
        and f"1f2e: digest: {local_registry.digest(registry.put[0]['imageManifest'])}"
        in (capfd.readouterr().out)
    )
    (context / "serve.sh").write_text("changed")
    assert docker.main(command) == 0 and docker.main(["push", URI]) != 0 and len(registry.put) == 1
    assert "already exists in the repository 'assets' and cannot be overwritten" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["build", "."], "without --tag"),
        (["build", "--tag", TAG], "give one directory"),
        (["build", "--tag", TAG, "absent"], "there is no such directory"),
        (["build", "--squash", "--tag", TAG, "."], "`docker build --squash` is not done here"),
        (["push", "--all-tags", URI], "give one image"),
        (["inspect", "--format", "{{.Id}}", TAG], "give one image"),
        (["push", "assets:1f2e"], "goes to no repository of ECR"),
        (["buildx", "build", "."], "`docker buildx` is not done"),
    ],
)
def test_what_is_not_understood_is_refused(
    context: Path, capfd: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    describe(context, serve=["true"])
    assert docker.main(arguments) == 2
    assert said in capfd.readouterr().err


def test_findings_of_no_severity_are_refused(context: Path, capfd: pytest.CaptureFixture[str]) -> None:
    describe(context, serve=["true"], scan_findings={"CVE-2024-0001": "BAD"})
    assert build() != 0 and "scan_findings is {'CVE-2024-0001': 'BAD'}" in capfd.readouterr().err


def test_a_docker_image_is_refused_by_its_folder(context: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (context / "Dockerfile").write_text("FROM scratch\n")
    assert build() != 0
    error = capfd.readouterr().err
    assert f"the image of {context} has no local-image.json" in error and error.count("\n") == 1


@pytest.mark.parametrize("text", ["{", "[1]"])
def test_a_description_that_is_none_is_refused(
    text: str, context: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (context / local_images.FILE).write_text(text)
    assert build() != 0 and "local-image.json is no JSON object" in capfd.readouterr().err


@pytest.mark.parametrize("lock", ["./own/requirements.lock", 3])
def test_a_lock_that_is_missing_is_named(
    lock: object, context: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    describe(context, requirements=lock, serve=["python3", "./serve.py"])
    assert build() != 0
    error = capfd.readouterr().err
    assert f"local-image.json names the packages {lock}, and there is no such file" in error
    assert error.count("\n") == 1 and docker.main(["inspect", TAG]) == docker.ABSENT


def test_a_copy_of_the_serving_template_says_how_it_runs(
    context: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    locks: list[Path] = []

    def image_python(lock: Path) -> Path:
        locks.append(lock)
        return Path(sys.executable)

    monkeypatch.setattr(toolchain, "image_python", image_python)
    shutil.copytree(bundles.source("containers") / "python", context, dirs_exist_ok=True)
    assert build() == 0 and locks[0].read_bytes() == (context / "requirements.lock").read_bytes()
    entry = json.loads(local_images.manifest(docker.source(TAG)))["local"]
    assert Path(entry["serve"][1]).name == "serve.py" and "train" not in entry


def test_a_failed_check_leaves_no_image(context: Path, capfd: pytest.CaptureFixture[str]) -> None:
    describe(context, check=["sh", "-c", "echo model.R:3: unexpected symbol >&2; exit 1"])
    assert build() != 0 and "model.R:3: unexpected symbol" in capfd.readouterr().err
    assert docker.main(["inspect", TAG]) == docker.ABSENT


def test_r_that_is_missing_is_named_with_its_packages(
    context: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    describe(context, language="r", train=["sh", "./entry.sh"])
    monkeypatch.setenv("PATH", str(context))
    assert build() != 0
    assert "`apt install r-base-core r-cran-plumber`" in capfd.readouterr().err


def test_what_docker_does_besides_is_refused(context: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert docker.main(["run", "x"]) != 0 and "`docker run`" in capfd.readouterr().err
    assert docker.main([]) != 0


def test_an_image_that_was_not_built_is_not_pushed(
    context: Path, registry: Registry, capfd: pytest.CaptureFixture[str]
) -> None:
    assert docker.main(["push", URI]) != 0 and not registry.put
    assert "build it first" in capfd.readouterr().err


def test_the_program_is_an_executable_of_this_python(context: Path) -> None:
    path = docker.program()
    assert path == docker.program()
    done = subprocess.run([path, "inspect", TAG], capture_output=True)
    assert done.returncode == docker.ABSENT, done.stderr


def test_the_program_is_written_by_two_processes_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MDLC_CACHE_DIR", str(tmp_path / "cache"))
    chmod, other = os.chmod, list[str]()

    def interrupted(path: Any, mode: int, **keywords: Any) -> None:
        """Another process begins and ends its writing here."""
        if not other:
            other.append("")
            other[0] = docker.program()
        chmod(path, mode, **keywords)

    monkeypatch.setattr(os, "chmod", interrupted)
    assert docker.program() == other[0]
    assert os.access(other[0], os.X_OK)
    assert list((tmp_path / "cache" / "images").iterdir()) == [Path(other[0])]
