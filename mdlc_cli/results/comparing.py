"""Two versions of a model side by side: metrics, gate, data, split, hyperparameters, code and importance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mdlc_cli.aws.models import Model
from mdlc_cli.aws.target import Target
from mdlc_cli.errors import CommandError
from mdlc_cli.results import references
from mdlc_cli.results import version as version_results
from mdlc_cli.results.references import ExecutionReference, RunReference, VersionReference
from mdlc_cli.results.result import Section, Table
from mdlc_cli.versions import comparison, versions
from mdlc_cli.versions.comparison import Difference, Metric
from mdlc_cli.versions.versions import Version
from mdlc_client import lineage

MAX_FILES = 5
"""How many files of a kind of change are named."""
MAX_IMPORTANCES = 15


@dataclass(frozen=True, kw_only=True)
class Files:
    """The names of data files that the second version's training read otherwise than the first's."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two versions of a model side by side.

    Attributes:
        left: the first version, and `right` the second.
        metrics: the metrics in pairs.
        holdout: on which rows the metrics were measured, in a sentence.
        differences: what differs in data, split, code and hyperparameters.
        same: names of what does not differ.
        files: data files that differ; None when a plan cannot be read.
    """

    model: str
    left: Version
    right: Version
    metrics: Sequence[tuple[Metric, Metric]]
    holdout: str
    differences: Sequence[Difference]
    same: Sequence[str]
    files: Files | None

    @property
    def names(self) -> tuple[str, str]:
        """The versions' names."""
        return f"version {self.left.number}", f"version {self.right.number}"

    def to_json(self) -> dict[str, Any]:
        """The comparison for programs."""
        return {
            "model": self.model,
            "versions": [self.left.number, self.right.number],
            "metrics": {
                (left.name or right.name): [_metric(left), _metric(right)] for left, right in self.metrics
            },
            "holdout": self.holdout,
            "gate": [dict(version_results.gate_rows(each)[:1]) for each in (self.left, self.right)],
            "differences": [asdict(each) for each in self.differences],
            "same": list(self.same),
            "files": asdict(self.files) if self.files else None,
            "importance": [each.report.get("importance") for each in (self.left, self.right)],
            "facts": [asdict(each.facts) for each in (self.left, self.right)],
        }


def read(
    target: Target, left: str, right: str, *, stack: str | None = None, model: str | None = None
) -> Comparison:
    """The versions with two names, compared.

    Args:
        target: the AWS to read from.
        left: a version, a training's run or execution, ``champion``, or ``latest`` for the newest version.
        right: the same.
        stack: look only at what this stack made.
        model: look only at this model.

    Raises:
        CommandError: a name stands for no version, or both for the same, or for versions of two models.
    """
    (owner, first), (other, second) = (
        _version(target, name, stack=stack, model=model) for name in (left, right)
    )
    if owner.name != other.name:
        raise CommandError(
            f"{left} is of {owner.name} and {right} of {other.name}: compare two versions of one model"
        )
    if first == second:
        raise CommandError(f"{left} and {right} are both version {first} of {owner.name}: name two versions")
    return of(owner.name, versions.read(target, owner, first), versions.read(target, owner, second))


def of(model: str, left: Version, right: Version) -> Comparison:
    """Two versions, compared."""
    pairs, holdout = _metrics(left, right)
    differing = comparison.differences(left.facts, right.facts)
    names = {difference.name for difference in differing}
    kept = [
        name for name, value in version_results.data_rows(right.facts) if value and not name.startswith(" ")
    ]
    hyperparameters = set(left.facts.hyperparameters) | set(right.facts.hyperparameters)
    if names & hyperparameters:
        names.add("hyperparameters")
    if any(name.startswith("split") for name in names):
        names.add("split")
    return Comparison(
        model=model,
        left=left,
        right=right,
        metrics=pairs,
        holdout=holdout,
        differences=differing,
        same=[name for name in kept if name not in names],
        files=_files(left, right),
    )


def sections(compared: Comparison) -> list[Section]:
    """A comparison for display."""
    left, right = compared.names
    notes = [("", each.not_read) for each in (compared.left, compared.right) if each.not_read]
    return [
        Section(
            title="Gate",
            table=Table(columns=("", left, right), rows=_gate(compared)),
        ),
        Section(
            title="Metrics",
            rows=[("holdout", compared.holdout)],
            table=Table(
                columns=("metric", left, right),
                rows=[
                    (own.name or other.name, version_results.spelt(own), version_results.spelt(other))
                    for own, other in compared.metrics
                ],
            ),
        ),
        Section(
            title="What differs",
            rows=[("nothing", "data, code, split and hyperparameters are the same")]
            if not compared.differences
            else [],
            table=Table(
                columns=("", left, right),
                rows=[
                    (each.name, each.old or "not known", each.new or "not known")
                    for each in compared.differences
                ],
            ),
        ),
        Section(title="The same", rows=[("", ", ".join(compared.same))]),
        Section(title="Data files", rows=_file_rows(compared.files)),
        Section(title="Feature importance", table=importance(compared)),
        *([Section(title="Note", rows=notes)] if notes else []),
    ]


def importance(compared: Comparison) -> Table | None:
    """The importance of columns in both versions, the most important of the second first."""
    left, right = (_importances(each.report) for each in (compared.left, compared.right))
    if not left and not right:
        return None
    names = list(dict.fromkeys([*right, *left]))[:MAX_IMPORTANCES]
    rows = [(name, left.get(name, "not measured"), right.get(name, "not measured")) for name in names]
    return Table(columns=("column", *compared.names), rows=rows)


def _version(target: Target, name: str, *, stack: str | None, model: str | None) -> tuple[Model, int]:
    if name == references.LATEST:
        reference: references.Reference = references.newest_version(target, stack=stack, model=model)
    else:
        reference = references.resolve(target, name, stack=stack, model=model)
    match reference:
        case VersionReference():
            return reference.model, reference.version
        case RunReference() | ExecutionReference():
            number = lineage.version_of(reference.item)
            owner = reference.model
            if (
                owner is not None
                and number is not None
                and reference.item.get("workflow") == lineage.TRAINING
            ):
                return owner, number
    raise CommandError(
        f"{name} stands for no version: compare versions such as 3, runs of trainings, `champion` or `latest`"
    )


def _metrics(left: Version, right: Version) -> tuple[list[tuple[Metric, Metric]], str]:
    """The metrics in pairs, on one holdout if one of the trainings measured both."""
    for version, other in ((right, left), (left, right)):
        measured = comparison.metrics_of(version.report, comparison.CHAMPION)
        if measured and comparison.compared_with(version.report) == other.number:
            pairs = (measured, version.metrics) if version is right else (version.metrics, measured)
            rows = version.report.get("rows")
            number = f"{rows:,} rows" if isinstance(rows, int) else "rows"
            return comparison.side_by_side(
                *pairs
            ), f"both on the {number} of version {version.number}'s holdout"
    same = left.facts.data_version == right.facts.data_version and left.facts.split == right.facts.split
    holdout = "each on its own, which has the same rows" if same and left.facts.split else "each on its own"
    return comparison.side_by_side(left.metrics, right.metrics), holdout


def _gate(compared: Comparison) -> list[tuple[str, str, str]]:
    left, right = (dict(version_results.gate_rows(each)[:1]) for each in (compared.left, compared.right))
    rows = [("verdict", left.get("verdict", ""), right.get("verdict", ""))]
    missed = [
        " ".join(comparison.checks(each.report, passed=False)) for each in (compared.left, compared.right)
    ]
    if any(missed):
        rows.append(("fails", missed[0], missed[1]))
    status = [str(each.package.get("status", "")) for each in (compared.left, compared.right)]
    return [*rows, ("status", status[0], status[1])]


def _files(left: Version, right: Version) -> Files | None:
    first, second = (_contents(each.plan) for each in (left, right))
    if first is None or second is None:
        return None
    return Files(
        added=tuple(sorted(set(second) - set(first))),
        removed=tuple(sorted(set(first) - set(second))),
        changed=tuple(sorted(name for name in set(first) & set(second) if first[name] != second[name])),
    )


def _contents(plan: Mapping[str, Any]) -> dict[str, Any] | None:
    """Size and checksum of a plan's files, by name; None without a plan."""
    files = (plan.get("data") or {}).get("files")
    if files is None:
        return None
    return {str(file["name"]): (file.get("size"), file.get("checksum")) for file in files}


def _file_rows(files: Files | None) -> list[tuple[str, str]]:
    if files is None:
        return []
    rows = []
    for kind, names in asdict(files).items():
        if names:
            more = f" and {len(names) - MAX_FILES:,} more" if len(names) > MAX_FILES else ""
            rows.append((kind, f"{len(names):,}: {', '.join(names[:MAX_FILES])}{more}"))
    return rows


def _importances(report: Mapping[str, Any]) -> dict[str, str]:
    """What the main metric loses without each column, as text, the most important first."""
    measured = report.get("importance")
    columns = measured.get("columns") if isinstance(measured, Mapping) else None
    return {
        str(each.get("column", "")): version_results.spelt(version_results.loss(each)) or "not defined"
        for each in (columns if isinstance(columns, list) else [])
        if isinstance(each, Mapping)
    }


def _metric(metric: Metric) -> dict[str, float | None]:
    return {"value": metric.value, "low": metric.low, "high": metric.high}
