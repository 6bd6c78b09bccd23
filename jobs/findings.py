"""The findings of the quality job, and its report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding of a rule.

    ``fails``: whether the batch fails because of it; ``rows``: the number of rows that it is about.
    """

    rule: str
    message: str
    fails: bool = True
    column: str | None = None
    rows: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The finding for ``report.json``."""
        return dict(vars(self))


@dataclass(frozen=True, kw_only=True)
class ColumnProfile:
    """The profile of one column; ``lowest`` and ``highest`` (of numbers and times) are text."""

    name: str
    kind: str
    role: str
    missing: int
    distinct: int
    lowest: str | None
    highest: str | None
    mean: float | None

    def to_json(self) -> dict[str, Any]:
        """The profile for ``report.json``."""
        return dict(vars(self))


@dataclass(frozen=True, kw_only=True)
class QualityReport:
    """The complete result of the quality job."""

    model: str
    run: str
    workflow: str
    data_version: str
    rows: int
    files: Mapping[str, int]
    findings: Sequence[Finding]
    columns: Sequence[ColumnProfile]
    label: Mapping[str, Any]

    @property
    def passed(self) -> bool:
        """Whether no finding fails the batch."""
        return not any(finding.fails for finding in self.findings)

    @property
    def reasons(self) -> list[str]:
        """The messages of the findings that fail the batch."""
        return [finding.message for finding in self.findings if finding.fails]

    def to_json(self) -> dict[str, Any]:
        """The report as ``report.json``."""
        return {
            "schema_version": 1,
            "passed": self.passed,
            "model": self.model,
            "run": self.run,
            "workflow": self.workflow,
            "data_version": self.data_version,
            "rows": self.rows,
            "files": dict(self.files),
            "findings": [finding.to_json() for finding in self.findings],
            "columns": [column.to_json() for column in self.columns],
            "label": dict(self.label),
        }
