"""Images that a delivery pipeline builds before the synthesis."""

import re
from dataclasses import dataclass
from typing import Literal

from mdlc_constructs.settings.refusal import refusal

SEVERITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNDEFINED")
"""ECR's severities of findings, the worst first."""
LANGUAGES = ("python", "r")
_DIRECTORY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")


@dataclass(frozen=True, kw_only=True)
class ContainerImage:
    """The image of a `CustomContainer`, built in the pipeline when the content of its directory is new.

    Args:
        directory: the container's directory, relative to the root of the repository.
        language: of the container's functions.
        stops_at: the severity of ECR's findings from which on nothing of the commit is released.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    directory: str
    language: Literal["python", "r"] = "python"
    stops_at: Literal["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNDEFINED"] = "HIGH"

    def __post_init__(self) -> None:
        if not isinstance(self.directory, str) or not _DIRECTORY.fullmatch(self.directory):
            raise refusal(
                "directory", self.directory, "give a path in the repository, such as 'model', with slashes."
            )
        if self.language not in LANGUAGES:
            raise refusal("language", self.language, f"choose one of {', '.join(LANGUAGES)}.")
        if self.stops_at not in SEVERITIES:
            raise refusal("stops_at", self.stops_at, f"choose one of {', '.join(SEVERITIES)}.")

    @property
    def severities(self) -> tuple[str, ...]:
        """The severities that stop a release."""
        return SEVERITIES[: SEVERITIES.index(self.stops_at) + 1]

    def repository(self, pipeline: str) -> str:
        """The name of the ECR repository of a pipeline's image."""
        return f"{pipeline}/{re.sub(r'[^a-z0-9]+', '-', self.directory.lower()).strip('-')}"
