"""A pipeline's images: built when their content is new, stopped by findings."""

import json
import shutil
from pathlib import Path
from typing import Any, ClassVar

import pytest

from mdlc_cli.errors import CommandError
from mdlc_cli.tools import build_images
from mdlc_cli.tools.build_images import Declared
from mdlc_constructs.resources import bundles
from mdlc_constructs.resources.built_images import VARIABLE, built_image

REGISTRY = "111111111111.dkr.ecr.eu-central-1.amazonaws.com"
URI = f"{REGISTRY}/churn/model"


class NotFound(Exception):
    """ECR's answer for what is not there."""


class Ecr:
    """ECR as the program calls it."""

    class exceptions:  # noqa: N801 - as botocore names it
        ImageNotFoundException = RepositoryNotFoundException = ScanNotFoundException = NotFound

    def __init__(self) -> None:
        self.digests: dict[str, str] = {}
        self.scans: list[dict[str, Any] | None] = [{"status": "COMPLETE"}]
        self.counts: dict[str, int] = {}

    def describe_repositories(self, repositoryNames: list[str]) -> dict[str, Any]:
        if repositoryNames != ["churn/model"]:
            raise NotFound
        return {"repositories": [{"repositoryUri": URI}]}

    def describe_images(self, repositoryName: str, imageIds: list[dict[str, str]]) -> dict[str, Any]:
        digest = self.digests.get(imageIds[0]["imageTag"])
        if digest is None:
            raise NotFound
        return {"imageDetails": [{"imageDigest": digest}]}

    def get_authorization_token(self) -> dict[str, Any]:
        return {"authorizationData": [{"authorizationToken": "QVdTOnNlY3JldA=="}]}

    def describe_image_scan_findings(self, **_: object) -> dict[str, Any]:
        status = self.scans.pop(0) if len(self.scans) > 1 else self.scans[0]
        if status is None:
            raise NotFound
        return {"imageScanStatus": status, "imageScanFindings": {"findingSeverityCounts": self.counts}}


class Built:
    """What Docker was asked."""

    calls: ClassVar[list[tuple[str, ...]]] = []


@pytest.fixture
def ecr(monkeypatch: pytest.MonkeyPatch) -> Ecr:
    fake = Ecr()
    Built.calls.clear()

    def docker(*words: str, stdin: str | None = None) -> None:
        Built.calls.append(words[:1] if stdin is None else (*words, stdin))
        if words[0] == "push":
            fake.digests[words[1].rpartition(":")[2]] = f"sha256:{'c' * 64}"

    monkeypatch.setattr(build_images, "docker", docker)
    monkeypatch.setattr(build_images, "PAUSE_SECONDS", 0)
    return fake


@pytest.fixture
def image(tmp_path: Path) -> Declared:
    folder = Path(shutil.copytree(bundles.source("containers") / "python" / "starter", tmp_path / "model"))
    return Declared(
        directory=folder, language="python", repository="churn/model", severities=("CRITICAL", "HIGH")
    )


def test_an_image_is_built_once_and_named_to_the_synthesis(
    ecr: Ecr, image: Declared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = build_images.build(ecr, image)
    login = ("login", "--username", "AWS", "--password-stdin", REGISTRY, "secret")
    assert Built.calls == [login, ("build",), ("push",)]
    assert build_images.build(ecr, image) == first
    assert len(Built.calls) == 3
    (tmp_path / "images.json").write_text(json.dumps({str(image.directory): first}))
    monkeypatch.setenv(VARIABLE, str(tmp_path / "images.json"))
    assert built_image(image.directory, first["content_hash"]) == f"{URI}@sha256:{'c' * 64}"
    (image.directory / "more.py").write_text("A = 1\n")
    assert build_images.build(ecr, image)["content_hash"] != first["content_hash"]
    assert len(Built.calls) == 6


def test_a_finding_of_a_declared_severity_stops(ecr: Ecr, image: Declared) -> None:
    ecr.counts = {"LOW": 9, "MEDIUM": 1}
    build_images.build(ecr, image)
    ecr.counts = {"HIGH": 2, "LOW": 9}
    with pytest.raises(CommandError, match="has findings, 2 HIGH: update its packages"):
        build_images.build(ecr, image)


def test_a_scan_is_awaited(ecr: Ecr, image: Declared) -> None:
    ecr.scans = [None, {"status": "PENDING"}, {"status": "IN_PROGRESS"}, {"status": "ACTIVE"}]
    ecr.counts = {"CRITICAL": 1}
    with pytest.raises(CommandError, match="1 CRITICAL"):
        build_images.build(ecr, image)


def test_what_is_not_scanned_is_not_released(ecr: Ecr, image: Declared) -> None:
    ecr.scans = [{"status": "FAILED", "description": "no operating system"}]
    with pytest.raises(CommandError, match=r"was not scanned \(FAILED: no operating system\): nothing says"):
        build_images.build(ecr, image)


def test_a_scan_that_does_not_end_is_an_error(
    ecr: Ecr, image: Declared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build_images, "SCAN_SECONDS", 0)
    with pytest.raises(CommandError, match="has not ended in 0 s"):
        build_images.build(ecr, image)


def test_slips_are_said(ecr: Ecr, image: Declared, tmp_path: Path) -> None:
    missing = Declared(directory=tmp_path / "no", language="r", repository="churn/model", severities=())
    with pytest.raises(CommandError, match="is no folder here"):
        build_images.build(ecr, missing)
    other = Declared(directory=image.directory, language="python", repository="other", severities=())
    with pytest.raises(CommandError, match="there is no repository other: deploy"):
        build_images.build(ecr, other)
    with pytest.raises(CommandError, match="MDLC_DECLARED_IMAGES declares no images"):
        build_images.read("")


def test_docker_that_fails_or_is_not_there_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandError, match="docker is not there"):
        build_images.docker("build")
    (tmp_path / "docker").write_text("#!/bin/sh\nexit 3\n")
    (tmp_path / "docker").chmod(0o755)
    with pytest.raises(CommandError, match="docker push failed with status 3"):
        build_images.docker("push", "image")
