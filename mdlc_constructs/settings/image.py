"""AWS's prebuilt container images: the registry account of each region, and the images' tags."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mdlc_constructs.settings.algorithms.document import document
from mdlc_constructs.settings.refusal import unknown

_DNS_SUFFIXES = {
    "cn-": "amazonaws.com.cn",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "us-isof-": "csp.hci.ic.gov",
}


_TITLES = {
    "sagemaker-xgboost": "XGBoost's image",
    "sagemaker-scikit-learn": "the data jobs' image",
}
"""Names of images for error messages; the others are named by their repository."""


def title_of(repository: str) -> str | None:
    """The name for error messages of the images in a repository; None when it is none of AWS's."""
    if repository not in document()["images"]:
        return None
    return _TITLES.get(repository, f"the image {repository}")


def dns_suffix(region: str) -> str:
    """The suffix of the DNS names of a region's services."""
    return next((s for start, s in _DNS_SUFFIXES.items() if region.startswith(start)), "amazonaws.com")


def image_versions(repository: str) -> tuple[str, ...]:
    """The versions of a prebuilt image."""
    return tuple(document()["images"][repository]["tags"])


@dataclass(frozen=True, kw_only=True)
class Image:
    """A prebuilt image by repository and version, for example ``sagemaker-xgboost`` ``3.0-5``.

    Source of accounts and tags: sagemaker-core's ``image_uri_config`` (see
    ``scripts/generate_algorithms.py``).

    Raises:
        ValueError: when AWS publishes no such repository or version.
    """

    repository: str
    version: str

    def __post_init__(self) -> None:
        images = document()["images"]
        if self.repository not in images:
            raise unknown("repository", self.repository, images, what="prebuilt image")
        versions = images[self.repository]["tags"]
        if self.version not in versions:
            raise unknown("version", self.version, versions, what=f"version of {self.repository}")

    @classmethod
    def jobs(cls) -> "Image":
        """The image of the data jobs: scikit-learn's, with Python 3.12."""
        return cls(repository="sagemaker-scikit-learn", version="1.4-2-py312")

    @property
    def title(self) -> str:
        """A name of the image for error messages."""
        return title_of(self.repository) or self.repository

    @property
    def tag(self) -> str:
        """The image's tag in its repository."""
        return str(self._row["tags"][self.version])

    @property
    def registry(self) -> str:
        """The name of its registry; images of one registry have the same account in every region."""
        registry = self._row["registry"]
        return str(registry[self.version] if isinstance(registry, dict) else registry)

    @property
    def accounts(self) -> Mapping[str, str]:
        """The registry's account of every region where AWS publishes the image."""
        return dict(document()["registries"][self.registry])

    @property
    def _row(self) -> dict[str, Any]:
        row: dict[str, Any] = document()["images"][self.repository]
        return row

    def uri(self, region: str) -> str:
        """The image's URI in a region.

        Raises:
            ValueError: when AWS does not publish the image in the region.
        """
        accounts = self.accounts
        if region not in accounts:
            raise unknown("region", region, accounts, what=f"region with {self.repository}")
        return self.uri_from(account=accounts[region], region=region, url_suffix=dns_suffix(region))

    def uri_from(self, *, account: str, region: str, url_suffix: str) -> str:
        """The image's URI from its parts, each of which may be a CDK token or a placeholder."""
        return f"{account}.dkr.ecr.{region}.{url_suffix}/{self.repository}:{self.tag}"
