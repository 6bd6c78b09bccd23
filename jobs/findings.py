"""What a check of data found: a rule, a sentence for a person, and whether the batch fails by it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding; ``fails``: the batch may not be used; ``rows``: how many rows it is about."""

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
    """What one column holds; ``lowest``, ``highest`` and ``mean`` are of numbers and times, as text."""

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
    """Everything the quality job found about a batch."""

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
        """Whether nothing was found that the batch fails by."""
        return not any(finding.fails for finding in self.findings)

    @property
    def reasons(self) -> list[str]:
        """The sentences that the batch fails by."""
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
