"""Reads a version of a model: its package, its training, its evaluation and the plan of its training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mdlc_cli.aws import objects
from mdlc_cli.aws.models import Model
from mdlc_cli.aws.target import Target
from mdlc_cli.errors import CommandError
from mdlc_cli.predictions import published
from mdlc_cli.versions import comparison
from mdlc_cli.versions.comparison import Metric, TrainingFacts
from mdlc_client import audit, lineage, registered
from mdlc_client.audit import Item
from mdlc_client.registered import Package

REPORT = "report.json"


@dataclass(frozen=True, kw_only=True)
class Version:
    """A version of a model and what is recorded about it.

    Attributes:
        package: the package in the registry; empty when it has been deleted.
        training: the audit item of the training that registered it; empty when there is none.
        report: the evaluation's ``report.json``; empty when it cannot be read.
        facts: what it was trained with.
        plan: the training's ``plan.json``; empty when it cannot be read.
        unread: what the identity in use may not read of it, such as "evaluation".
    """

    number: int
    package: Package
    training: Item
    report: Mapping[str, Any] = field(default_factory=dict)
    facts: TrainingFacts
    plan: Mapping[str, Any] = field(default_factory=dict)
    unread: tuple[str, ...] = ()

    @property
    def evaluation(self) -> str:
        """S3 URI of the folder of its evaluation; empty when it is not known."""
        return evaluation_of(self.package, self.training)

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Its metrics on the holdout: with intervals if the report can be read."""
        return comparison.metrics_of(self.report) or comparison.recorded_metrics(self.training)

    @property
    def not_read(self) -> str:
        """A sentence on what the identity in use may not read; empty when it may read everything."""
        if not self.unread:
            return ""
        *others, last = self.unread
        what = f"{', '.join(others)} and {last}" if others else last
        return (
            f"The {what} of version {self.number} cannot be read without s3:GetObject and s3:ListBucket on "
            "the model's bucket: what is in there is not shown."
        )


def read(target: Target, model: Model, number: int) -> Version:
    """A version of a model with its evaluation and its training.

    Raises:
        CommandError: the model has no such version.
    """
    version = find(target, model, number)
    if not version.package and not version.training:
        raise CommandError(f"{model.name} has no version {number}: {_choice(target, model)}")
    return version


def find(target: Target, model: Model, number: int) -> Version:
    """Like `read`, without an error: nothing is known of a version that is recorded nowhere."""
    training = lineage.training_of(model.items, number)
    arn = package_arn(target, model, number)
    package = registered.describe(target, arn) if arn else {}
    run = str(training.get("run") or package.get("metadata", {}).get("run", ""))
    bucket = _bucket(model, package)
    evaluation = evaluation_of(package, training)
    permitted = objects.Permitted()
    evaluated = permitted.read("evaluation", lambda: _report(target, evaluation))
    plan = permitted.read("plan", lambda: published.plan_of(target, bucket, run) if bucket and run else {})
    program = str(training.get("program", ""))
    resolved = permitted.read("split", lambda: published.split_manifest(target, program))
    return Version(
        number=number,
        package=package,
        training=training,
        report=evaluated,
        plan=plan,
        unread=tuple(permitted.unread),
        facts=comparison.training_facts(
            number,
            training=training,
            package=package,
            plan=plan,
            resolved=resolved,
        ),
    )


def package_arn(target: Target, model: Model, number: int) -> str:
    """The ARN of a version's package, from the audit items or else from the registry; empty without one."""
    recorded = (str(item["package_arn"]) for item in model.items if lineage.version_of(item) == number)
    known = next(recorded, "")
    if known:
        return known
    listed = registered.arns(target, model.name)
    return next((arn for arn in listed if lineage.version_of({"package_arn": arn}) == number), "")


def evaluation_of(package: Package, training: Item) -> str:
    """S3 URI of the folder of a version's evaluation, as its package names it, else its training's item.

    Empty when neither names one.
    """
    return str(package.get("metadata", {}).get("evaluation") or training.get("evaluation", ""))


def champion_of(model: Model) -> int | None:
    """The version that is in use now, or None."""
    pointer = audit.champions(model.items).get(model.name, {})
    return int(pointer["version"]) if pointer.get("version") is not None else None


def _choice(target: Target, model: Model) -> str:
    numbers = sorted(
        number
        for arn in registered.arns(target, model.name)
        if (number := lineage.version_of({"package_arn": arn})) is not None
    )
    if not numbers:
        return f"nothing is registered yet, train with `mdlc run training --model {model.name}`"
    shown = ", ".join(str(number) for number in numbers[-10:])
    return f"choose {'one of ' if len(numbers) > 1 else ''}{shown}, as `mdlc models` lists them"


def _bucket(model: Model, package: Package) -> str:
    if model.bucket:
        return model.bucket
    scheme, _, rest = str(package.get("metadata", {}).get("evaluation", "")).partition("://")
    return rest.partition("/")[0] if scheme == "s3" else ""


def report(target: Target, evaluation: str) -> dict[str, Any]:
    """An evaluation's ``report.json``; empty when it is gone, is not JSON, or may not be read.

    Args:
        target: the AWS.
        evaluation: S3 URI of its folder; may be empty.
    """
    return objects.Permitted().read("evaluation", lambda: _report(target, evaluation))


def _report(target: Target, evaluation: str) -> dict[str, Any]:
    return objects.document(target, f"{evaluation}{REPORT}" if evaluation else "")
