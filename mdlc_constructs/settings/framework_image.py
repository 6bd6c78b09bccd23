"""AWS's Deep Learning Containers for PyTorch and TensorFlow: accounts, versions and tags."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from mdlc_constructs.settings.image import dns_suffix
from mdlc_constructs.settings.refusal import unknown
from mdlc_constructs.settings.token import has_token

FrameworkUse = Literal["training", "inference"]


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads((Path(__file__).parent / "_framework_images.json").read_text())
    return table


def framework_versions(framework: str) -> tuple[str, ...]:
    """The versions of a framework that have an image for training and one for inference, the newest last."""
    return tuple(_table()["versions"][framework])


@dataclass(frozen=True, kw_only=True)
class FrameworkImage:
    """An image of a framework for one use, for example ``pytorch-training`` ``2.6.0`` for processors.

    Source of accounts, regions and tags: sagemaker-core's ``image_uri_config`` (see
    ``scripts/generate_algorithms.py``).

    Args:
        framework: ``pytorch`` or ``tensorflow``.
        version: the framework's version, for example "2.6.0".
        use: what the image does.
        gpu: whether it is built for instances with GPUs.

    Raises:
        ValueError: when AWS publishes no such framework or version.
    """

    framework: str
    version: str
    use: FrameworkUse
    gpu: bool = False

    def __post_init__(self) -> None:
        versions = _table()["versions"]
        if self.framework not in versions:
            raise unknown("framework", self.framework, versions, what="framework")
        if self.version not in versions[self.framework]:
            raise unknown(
                "version", self.version, versions[self.framework], what=f"version of {self.framework}"
            )

    @property
    def repository(self) -> str:
        """The image's repository."""
        return f"{self.framework}-{self.use}"

    @property
    def tag(self) -> str:
        """The image's tag in its repository."""
        python = self._entry["python"]
        parts = [self.version, "gpu" if self.gpu else "cpu", *([python] if python else [])]
        return "-".join(parts)

    @property
    def _entry(self) -> Mapping[str, Any]:
        entry: Mapping[str, Any] = _table()["versions"][self.framework][self.version][self.use]
        return entry

    @staticmethod
    def accounts() -> Mapping[str, str]:
        """The registry account of every region, for a CloudFormation mapping."""
        return dict(_table()["accounts"])

    def uri(self, region: str) -> str:
        """The image's URI in a region.

        Raises:
            ValueError: when AWS does not publish the image in the region.
        """
        accounts = self.accounts()
        offered = [name for name in accounts if name not in self._entry["without"]]
        if region not in offered and not has_token(region):
            raise unknown("region", region, offered, what=f"region with {self.repository} {self.version}")
        return self.uri_from(account=accounts[region], region=region, url_suffix=dns_suffix(region))

    def uri_from(self, *, account: str, region: str, url_suffix: str) -> str:
        """The image's URI from its parts, each of which may be a CDK token or a placeholder."""
        return f"{account}.dkr.ecr.{region}.{url_suffix}/{self.repository}:{self.tag}"
