"""The program that takes Docker's place where images go to the local AWS.

The CDK CLI runs the program that the variable CDK_DOCKER names, with Docker's arguments: ``inspect``,
``build``, ``tag``, ``login`` and ``push`` (``lib/private/docker.ts`` of its package cdk-assets-lib). A build
of the local CodeBuild finds it as ``docker``. Here ``build`` makes a `local_images` image, and ``push``
registers it in the ECR of the local AWS. Images for a real account are built by Docker.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from mdlc_cli import places
from mdlc_cli.errors import CommandError
from mdlc_cli.tools import cache, local_images, local_registry

VARIABLE = "CDK_DOCKER"
ABSENT = 1
"""The exit status of ``docker inspect`` for an image that does not exist."""

_URI = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.[^/]+/(?P<repository>[^:@]+):(?P<tag>[^:@]+)"
)
_TAGS = "tags"
_DONE = ("build", "images", "inspect", "login", "push", "tag")
_TAG_OPTIONS = ("--tag", "-t")
_WITH_VALUE = {
    *_TAG_OPTIONS,
    *("--file", "-f", "--platform", "--build-arg", "--build-context", "--target", "--network", "--output"),
    *("--cache-from", "--cache-to", "--secret", "--ssh", "--progress", "--label", "--provenance", "--sbom"),
}
"""Options of `docker build` that say how Docker builds, and change nothing of what runs here."""
_ALONE = {"--no-cache", "--pull", "--quiet", "-q", "--load"}


def program() -> str:
    """The path of an executable file that runs this module, written if missing.

    CDK_DOCKER takes no arguments.
    """
    # A build of the local CodeBuild has a home of its own, and its images must outlive it.
    variable = f'{places.CACHE_VARIABLE}="{places.cache_root()}"'
    text = f'#!/bin/sh\n{variable} exec "{sys.executable}" -P -m mdlc_cli.tools.docker "$@"\n'
    path = places.cache_root() / "images" / f"docker-{local_images.digest(text)}"
    if not path.is_file():
        cache.write_whole(path, text, mode=0o755)
    return str(path)


def main(arguments: Sequence[str]) -> int:
    """Run one of Docker's commands; returns its exit status."""
    words = list(arguments)
    if words[:1] == ["--config"]:
        words = words[2:]
    if words[:2] == ["image", "inspect"]:
        words = words[1:]
    command, rest = (words[0], words[1:]) if words else ("", [])
    try:
        if command not in _DONE:
            raise CommandError(
                f"the local AWS has no Docker, and `docker {command}` is not done without: it has "
                f"{', '.join(_DONE)} of images whose directory has a {local_images.FILE}"
            )
        if command == "inspect":
            return _inspect(rest)
        if command == "build":
            _build(rest)
        if command == "tag":
            _remember(source(_only(rest[:1], command, "source")), _only(rest[1:], command, "target"))
        if command == "push":
            print(_push(_only(rest, command, "image")))
        return 0
    except CommandError as error:
        print(f"{error}\n{error.detail}".rstrip(), file=sys.stderr)
        return 2


def source(uri: str) -> str:
    """The name that an image was built with, by a tag or URI that it was given; or this tag itself."""
    path = places.cache_root() / "images" / _TAGS / local_images.digest(uri)
    return path.read_text() if path.is_file() else uri


def _only(words: Sequence[str], command: str, what: str) -> str:
    if len(words) != 1 or words[0].startswith("-"):
        raise CommandError(f"`docker {command} {' '.join(words)}` is not done here: give one {what}")
    return words[0]


def _inspect(words: Sequence[str]) -> int:
    uri = _only(words, "inspect", "image")
    name = source(uri)
    if not local_images.is_built(name):
        return ABSENT
    print(json.dumps([{"Id": local_registry.digest(local_images.manifest(name)), "RepoTags": [uri]}]))
    return 0


def _build(words: Sequence[str]) -> None:
    """Build a directory; by its content, so that a tag that is used again becomes another image."""
    tags: list[str] = []
    directories: list[str] = []
    left = list(words)
    while left:
        word = left.pop(0)
        name, equals, value = word.partition("=")
        if name in _WITH_VALUE:
            value = value if equals else (left.pop(0) if left else "")
            tags += [value] if name in _TAG_OPTIONS else []
        elif not word.startswith("-"):
            directories.append(word)
        elif word not in _ALONE:
            raise CommandError(f"`docker build {word}` is not done here: leave it out")
    if not tags:
        raise CommandError("`docker build` without --tag makes an image that nothing can name: give it one")
    directory = Path(_only(directories, "build", "directory")).absolute()
    if not directory.is_dir():
        raise CommandError(f"`docker build {directory}`: there is no such directory")
    built = local_images.content_name(directory)
    local_images.build(directory, built)
    for tag in tags:
        _remember(built, tag)


def _remember(name: str, uri: str) -> None:
    cache.write_whole(places.cache_root() / "images" / _TAGS / local_images.digest(uri), name)


def _push(uri: str) -> str:
    match = _URI.fullmatch(uri)
    name = source(uri)
    if match is None:
        raise CommandError(f"`docker push {uri}` goes to no repository of ECR: name one, with a tag")
    if not local_images.is_built(name):
        raise CommandError(f"there is no image {uri} to push: build it first")
    pushed = local_registry.push(
        region=match["region"],
        repository=match["repository"],
        tag=match["tag"],
        manifest=local_images.manifest(name),
    )
    return f"{match['tag']}: digest: {pushed}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
