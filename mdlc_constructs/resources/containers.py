"""Images of a team's own containers: the template with the team's directory, as image assets of a stack."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol
from weakref import WeakKeyDictionary

from aws_cdk import Aws, Stack
from constructs import Construct

from mdlc_constructs.resources.built_images import VARIABLE, built_image
from mdlc_constructs.resources.bundles import source
from mdlc_constructs.settings.algorithms.code_folder import code_files
from mdlc_constructs.settings.algorithms.container import CustomContainer

_PYTHON = ("container.py", "serve.py", "serving", "mdlc_container")
_R = ("container.R", "entry.sh", "mdlc_container")
_TEMPLATES: Mapping[str, tuple[str, ...]] = {"python": _PYTHON, "r": _R}
"""The files and folders of each language's template that an image needs."""

OWN = "own"
"""The folder of the team's directory in the image."""


_uris: WeakKeyDictionary[Construct, str] = WeakKeyDictionary()
"""The image of each workflow, which trains and serves."""


def container_image(scope: Construct, algorithm: CustomContainer) -> str:
    """The URI of the container's image, whose tag is the digest of the template and the directory.

    The image is built when the stack's assets are published, by the CDK CLI with Docker. When a pipeline
    built it before the synthesis (`mdlc_constructs.resources.built_images`), the URI has its digest.
    """
    if scope not in _uris:
        _uris[scope] = _published(scope, algorithm)
    return _uris[scope]


def _published(scope: Construct, algorithm: CustomContainer) -> str:
    # Imported only here: loading the module takes time that other stacks need not wait for.
    from aws_cdk.aws_ecr_assets import DockerImageAsset, Platform

    with tempfile.TemporaryDirectory(prefix="mdlc-image-") as folder:
        lay_out(algorithm, Path(folder))
        # Hashing takes time that a synthesis outside of a pipeline need not wait for.
        if VARIABLE in os.environ:
            built = built_image(algorithm.directory, content_hash(Path(folder)))
            if built is not None:
                return built
        asset = DockerImageAsset(
            scope,
            "Container",
            directory=folder,
            platform=Platform.LINUX_AMD64,
            display_name=f"Container in {algorithm.title}",
        )
    stack = Stack.of(scope)
    registry = f"{stack.account}.dkr.ecr.{stack.region}.{Aws.URL_SUFFIX}"
    # Not asset.image_uri, which is one token: the ARN of the repository is read from the URI's parts.
    return f"{registry}/{asset.repository.repository_name}:{asset.image_tag}"


def content_hash(folder: Path) -> str:
    """A digest of a build context: the names and contents of its files."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        digest.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


class OwnCode(Protocol):
    """The language and the directory of a container."""

    @property
    def language(self) -> str:
        """Of the functions."""

    @property
    def directory(self) -> Path:
        """The team's directory."""


def lay_out(algorithm: OwnCode, folder: Path) -> None:
    """Write the build context of a container into an empty folder."""
    template = source("containers") / algorithm.language
    for name in _TEMPLATES[algorithm.language]:
        path = template / name
        if path.is_dir():
            for below, file in code_files(path, "containers").items():
                _copy(file, folder / name / below)
        else:
            _copy(path, folder / name)
    # "own" is before the names of what the serving template containers/python has itself.
    for name in ("Dockerfile", "local-image.json"):
        _copy(template / f"own.{name}", folder / name)
    for below, file in code_files(algorithm.directory, "directory").items():
        _copy(file, folder / OWN / below)


def _copy(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, target)
