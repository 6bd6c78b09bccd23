"""The program that takes Docker's place when the CDK CLI publishes image assets to the local AWS.

The CDK CLI runs the program that the variable CDK_DOCKER names, with Docker's arguments: ``inspect``,
``build``, ``tag``, ``login`` and ``push`` (``lib/private/docker.ts`` of its package cdk-assets-lib). Here
``build`` makes a `local_images` image, and ``push`` registers it in the ECR of the local AWS. CDK_DOCKER is
set for the local AWS only; images for a real account are built by Docker.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from mdlc_cli import places
from mdlc_cli.errors import CommandError
from mdlc_cli.tools import local_images

VARIABLE = "CDK_DOCKER"
ABSENT = 1
"""The exit status of ``docker inspect`` for an image that does not exist."""

_URI = re.compile(r"[^/]+/(?P<repository>[^:@]+):(?P<tag>[^:@]+)")
_TAGS = "tags"


def program() -> str:
    """The path of an executable file that runs this module, written if missing.

    CDK_DOCKER takes no arguments.
    """
    # A build of the local CodeBuild has a home of its own, and its images must outlive it.
    cache = f'{places.CACHE_VARIABLE}="{places.cache_root()}"'
    text = f'#!/bin/sh\n{cache} exec "{sys.executable}" -P -m mdlc_cli.tools.docker "$@"\n'
    path = places.cache_root() / "images" / f"docker-{local_images.digest(text)}"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        waiting = path.with_name(f"{path.name}.new")
        waiting.write_text(text)
        waiting.chmod(0o755)
        waiting.replace(path)
    return str(path)


def main(arguments: Sequence[str]) -> int:
    """Run one of Docker's commands; returns its exit status."""
    words = list(arguments)
    if words[:1] == ["--config"]:
        words = words[2:]
    command, rest = (words[0], words[1:]) if words else ("", [])
    try:
        if command == "inspect":
            return 0 if local_images.is_built(_source(rest[-1])) else ABSENT
        if command == "build":
            return _build(rest)
        if command == "tag":
            _remember(rest[-2], rest[-1])
            return 0
        if command == "push":
            _push(rest[-1])
            return 0
        if command in ("login", "images"):
            return 0
        raise CommandError(
            f"the local AWS has no Docker, and `docker {command}` is not done without: {_REMEDY}"
        )
    except CommandError as error:
        print(f"{error}\n{error.detail}".rstrip(), file=sys.stderr)
        return 2


def _build(words: Sequence[str]) -> int:
    """Build the directory that `docker build` names last, by default the current one."""
    tags = [words[place + 1] for place, word in enumerate(words[:-1]) if word in ("--tag", "-t")]
    if len(tags) != 1:
        raise CommandError("`docker build` needs one --tag here")
    last = words[-1]
    directory = Path(last) if last not in tags and not last.startswith("-") else Path.cwd()
    local_images.build(directory.absolute(), tags[0])
    return 0


_REMEDY = "it takes image assets from a directory with a Dockerfile only"


def _remember(source: str, uri: str) -> None:
    path = places.cache_root() / "images" / _TAGS / local_images.digest(uri)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)


def _source(uri: str) -> str:
    """The tag that an image was built with, by a URI that it was tagged with; or the tag itself."""
    path = places.cache_root() / "images" / _TAGS / local_images.digest(uri)
    return path.read_text() if path.is_file() else uri


def _push(uri: str) -> None:
    import boto3
    from botocore.exceptions import ClientError

    match = _URI.fullmatch(uri)
    source = _source(uri)
    if match is None or not local_images.is_built(source):
        raise CommandError(f"there is no image {uri} to push: build it first")
    try:
        boto3.client("ecr").put_image(
            repositoryName=match["repository"],
            imageTag=match["tag"],
            imageManifest=local_images.manifest(source),
            imageManifestMediaType=local_images.MEDIA_TYPE,
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ImageTagAlreadyExistsException":
            raise CommandError(f"image {uri} cannot be pushed: {error}") from error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
