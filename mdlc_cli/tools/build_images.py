"""The program that a delivery pipeline runs to build its images: ``python -m mdlc_cli.tools.build_images``.

An image is built when its repository has none whose tag is the hash of the content. Then ECR's scan of it is
awaited, and findings of the declared severities end the program with status 1. It calls AWS with the
credentials and at the endpoint of its environment, which are those of the build.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mdlc_cli.errors import CommandError
from mdlc_constructs.settings.build_commands import DECLARED, FILE

SCAN_SECONDS = 900
PAUSE_SECONDS = 3
_PENDING = ("IN_PROGRESS", "PENDING")
_ENDED = ("COMPLETE", "ACTIVE")


@dataclass(frozen=True, kw_only=True)
class Declared:
    """An image that the pipeline declares.

    Attributes:
        directory: the container's directory.
        language: of its functions.
        repository: the name of its ECR repository.
        severities: of findings that stop a release.
    """

    directory: Path
    language: str
    repository: str
    severities: tuple[str, ...]


def main() -> int:
    """Build what is missing, and write the digests; returns the exit status."""
    import boto3

    try:
        declared = read(os.environ.get(DECLARED, ""))
        ecr = boto3.client("ecr")
        images = {str(image.directory): build(ecr, image) for image in declared}
    except CommandError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    Path(FILE).write_text(json.dumps(images, indent=2) + "\n", encoding="utf-8")
    return 0


def read(text: str) -> list[Declared]:
    """The images that a text declares.

    Raises:
        CommandError: it is no list of images.
    """
    try:
        return [
            Declared(
                directory=Path(each["directory"]),
                language=each["language"],
                repository=each["repository"],
                severities=tuple(each["severities"]),
            )
            for each in json.loads(text)
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise CommandError(
            f"{DECLARED} declares no images ({error}): run this in a pipeline's build, which sets it"
        ) from error


def build(ecr: Any, image: Declared) -> Mapping[str, str]:
    """The repository's URI, the digest and the content's hash of an image, built if it is new.

    Raises:
        CommandError: it cannot be built, or a finding of its scan stops the release.
    """
    # Imported here because it starts the CDK's Node process.
    from mdlc_constructs.resources.containers import content_hash, lay_out

    if not image.directory.is_dir():
        raise CommandError(f"{image.directory} is no folder here: mend ContainerImage(directory=...)")
    uri = repository_uri(ecr, image.repository)
    with tempfile.TemporaryDirectory(prefix="mdlc-image-") as folder:
        lay_out(image, Path(folder))
        tag = content_hash(Path(folder))
        digest = digest_of(ecr, image.repository, tag)
        if digest is None:
            print(f"{image.directory}: building {uri}:{tag}", flush=True)
            log_in(ecr, uri.partition("/")[0])
            docker("build", "--platform", "linux/amd64", "--tag", f"{uri}:{tag}", folder)
            docker("push", f"{uri}:{tag}")
            digest = digest_of(ecr, image.repository, tag)
        else:
            print(f"{image.directory}: {uri}:{tag} is there already", flush=True)
    if digest is None:
        raise CommandError(f"{uri}:{tag} was pushed and is not there: run the pipeline again")
    check_findings(image, findings(ecr, image, digest))
    return {"repository": uri, "digest": digest, "content_hash": tag}


def repository_uri(ecr: Any, name: str) -> str:
    """The URI of a repository."""
    try:
        uri: str = ecr.describe_repositories(repositoryNames=[name])["repositories"][0]["repositoryUri"]
    except ecr.exceptions.RepositoryNotFoundException as error:
        raise CommandError(f"there is no repository {name}: deploy the pipeline's stack first") from error
    return uri


def digest_of(ecr: Any, repository: str, tag: str) -> str | None:
    """The digest of a tagged image; None when there is none."""
    try:
        answer = ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])
    except ecr.exceptions.ImageNotFoundException:
        return None
    digest: str = answer["imageDetails"][0]["imageDigest"]
    return digest


def log_in(ecr: Any, registry: str) -> None:
    """Let Docker push to the registry."""
    token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    user, _, password = base64.b64decode(token).decode().partition(":")
    docker("login", "--username", user, "--password-stdin", registry, stdin=password)


def docker(*words: str, stdin: str | None = None) -> None:
    """Run Docker, its output beside this program's.

    Raises:
        CommandError: it is not there, or fails.
    """
    try:
        done = subprocess.run(["docker", *words], input=stdin, text=True, check=False)
    except FileNotFoundError as error:
        raise CommandError("docker is not there: choose an image of CodeBuild that has it") from error
    if done.returncode:
        raise CommandError(f"docker {words[0]} failed with status {done.returncode}: see its output above")


def findings(ecr: Any, image: Declared, digest: str) -> Mapping[str, int]:
    """How many findings of each severity the scan of an image has, once it has ended.

    Raises:
        CommandError: the scan failed, or does not end.
    """
    deadline = time.monotonic() + SCAN_SECONDS
    while time.monotonic() < deadline:
        try:
            shown = ecr.describe_image_scan_findings(
                repositoryName=image.repository, imageId={"imageDigest": digest}
            )
        except ecr.exceptions.ScanNotFoundException:
            # The scan begins a moment after the push.
            status: Mapping[str, str] = {"status": "PENDING"}
        else:
            status = shown["imageScanStatus"]
        if status["status"] in _ENDED:
            counts: Mapping[str, int] = shown["imageScanFindings"].get("findingSeverityCounts", {})
            return counts
        if status["status"] not in _PENDING:
            raise CommandError(
                f"the image of {image.directory} was not scanned ({status['status']}: "
                f"{status.get('description', 'no reason given')}): nothing says what it has"
            )
        time.sleep(PAUSE_SECONDS)
    raise CommandError(f"the scan of {image.directory} has not ended in {SCAN_SECONDS} s: run it again")


def check_findings(image: Declared, counts: Mapping[str, int]) -> None:
    """Refuse an image with findings of a declared severity.

    Raises:
        CommandError: says how many of each.
    """
    stopping = [f"{counts[each]} {each}" for each in image.severities if counts.get(each)]
    if stopping:
        raise CommandError(
            f"the image of {image.directory} has findings, {', '.join(stopping)}: update its packages, "
            "or raise ContainerImage(stops_at=...)"
        )


if __name__ == "__main__":
    sys.exit(main())
