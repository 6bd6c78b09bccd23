"""The report of the check of channels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jobs.findings import Finding


@dataclass(frozen=True, kw_only=True)
class ChannelProfile:
    """What a channel holds.

    Attributes:
        objects: number of objects, with a manifest.
        size: of all of them, in bytes.
        examples: number of those that can be read.
        refused: number of those that are empty, missing or unreadable.
        repeated: number of those that repeat another.
        classes: number of examples of each class, the most frequent first.
    """

    name: str
    objects: int
    size: int
    examples: int
    refused: int
    repeated: int
    classes: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class ChannelsReport:
    """The complete result of the check."""

    model: str
    run: str
    workflow: str
    data_version: str
    findings: Sequence[Finding]
    channels: Sequence[ChannelProfile]

    @property
    def passed(self) -> bool:
        """Whether no finding fails the objects."""
        return not any(finding.fails for finding in self.findings)

    @property
    def reasons(self) -> list[str]:
        """The messages of the findings that fail the objects."""
        return [finding.message for finding in self.findings if finding.fails]

    @property
    def rows(self) -> int:
        """The number of examples of all channels."""
        return sum(channel.examples for channel in self.channels)

    def to_json(self) -> dict[str, Any]:
        """The report as ``report.json``, whose keys are those of a table's report and ``channels``."""
        return {
            "schema_version": 1,
            "passed": self.passed,
            "model": self.model,
            "run": self.run,
            "workflow": self.workflow,
            "data_version": self.data_version,
            "rows": self.rows,
            "files": {},
            "findings": [finding.to_json() for finding in self.findings],
            "columns": [],
            "label": {},
            "channels": [dict(vars(channel)) for channel in self.channels],
        }
