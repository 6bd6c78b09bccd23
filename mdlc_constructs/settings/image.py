"""AWS's prebuilt container images: the registry account of each region, and the images' tags."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mdlc_constructs.settings.refusal import unknown

_DNS_SUFFIXES = {
    "cn-": "amazonaws.com.cn",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "us-isof-": "csp.hci.ic.gov",
}


def dns_suffix(region: str) -> str:
    """The suffix of the DNS names of a region's services."""
    return next((s for start, s in _DNS_SUFFIXES.items() if region.startswith(start)), "amazonaws.com")


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads((Path(__file__).parent / "_image_accounts.json").read_text())
    return table


def image_versions(repository: str) -> tuple[str, ...]:
    """The versions of a prebuilt image."""
    return tuple(_table()["images"][repository])


@dataclass(frozen=True, kw_only=True)
class Image:
    """A prebuilt image by repository and version, for example ``sagemaker-xgboost`` ``3.0-5``.

    Source of accounts and tags: sagemaker-core's ``image_uri_config`` (see
    ``scripts/generate_image_accounts.py``).

    Raises:
        ValueError: when AWS publishes no such repository or version.
    """

    repository: str
    version: str

    def __post_init__(self) -> None:
        images = _table()["images"]
        if self.repository not in images:
            raise unknown("repository", self.repository, images, what="prebuilt image")
        if self.version not in images[self.repository]:
            raise unknown(
                "version", self.version, images[self.repository], what=f"version of {self.repository}"
            )

    @classmethod
    def jobs(cls) -> "Image":
        """The image of the data jobs: scikit-learn's, with Python 3.12."""
        return cls(repository="sagemaker-scikit-learn", version="1.4-2-py312")

    @property
    def title(self) -> str:
        """A name of the image for error messages."""
        return {"sagemaker-xgboost": "XGBoost's image"}.get(self.repository, "the data jobs' image")

    @property
    def tag(self) -> str:
        """The image's tag in its repository."""
        return str(_table()["images"][self.repository][self.version])

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
        if region not in accounts:
            raise unknown("region", region, accounts, what=f"region with {self.repository}")
        return self.uri_from(account=accounts[region], region=region, url_suffix=dns_suffix(region))

    def uri_from(self, *, account: str, region: str, url_suffix: str) -> str:
        """The image's URI from its parts, each of which may be a CDK token or a placeholder."""
        return f"{account}.dkr.ecr.{region}.{url_suffix}/{self.repository}:{self.tag}"
