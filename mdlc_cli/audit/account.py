"""A prediction's audit report: its input, version, training and release, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from mdlc_cli.aws import objects
from mdlc_cli.aws.target import Target
from mdlc_cli.predictions import published
from mdlc_cli.predictions.prediction import BATCH, DECISION, ENDPOINT, Prediction
from mdlc_cli.versions import splits
from mdlc_cli.versions.splits import interval, moment
from mdlc_cli.versions.trials import search_of
from mdlc_client import approvals, lineage, registered
from mdlc_client.audit import Item, parsed
from mdlc_client.lineage import Lineage
from mdlc_client.registered import Package

Section = tuple[str, list[tuple[str, str]]]
"""A section's title and its (name, value) rows; rows without a value are omitted."""

BY_TIME = "the response names no version: this one was deployed at that time"
NOBODY = "not recorded in the registry"
MANUALLY = "started manually"
TRIGGERS: Mapping[str, str] = {
    "manual": MANUALLY,
    "approval": "started by the approval",
    "schedule": "schedule",
    "predictions": "predictions were published",
}
"""Triggers in an engineer's words; the others are shown by their names."""
SOURCES: Mapping[str, str] = {DECISION: "decision API", BATCH: "batch inference", ENDPOINT: "endpoint"}


@dataclass(frozen=True, kw_only=True)
class Account:
    """A prediction and its origin.

    Attributes:
        lineage: None when no version of the model answered.
        package: the version's model package in the registry; empty when it has been deleted.
        data: the training's dataset and split, from its plan.
        row: the input row of the prediction.
        row_place: where the row comes from, when not from the prediction's own record.
        notes: remarks on what is missing or inferred.
    """

    prediction: Prediction
    lineage: Lineage | None = None
    package: Package = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    row: Any = None
    row_place: str = ""
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """All fields as plain dictionaries, lists and values."""
        return asdict(self)


def of(target: Target, prediction: Prediction, items: Sequence[Item]) -> Account:
    """The audit report of a prediction.

    Args:
        target: the AWS account, with the stacks, to read from.
        prediction: the prediction.
        items: the audit items of its model.
    """
    notes: list[str] = []
    version = prediction.version
    if version is None and prediction.kind == ENDPOINT and prediction.at:
        version = lineage.version_at(items, prediction.at)
        if version is not None:
            notes.append(BY_TIME)
    bucket = lineage.bucket_of(items)
    row, place = prediction.row, ""
    if row is None and prediction.kind == BATCH and bucket is not None:
        row, place = published.input_row(target, bucket, prediction)
    if version is None:
        notes.append(
            "no version of the model answered"
            if prediction.decision
            else "the version that answered is not known"
        )
        return Account(prediction=prediction, row=row, row_place=place, notes=tuple(notes))
    model_lineage = lineage.of(items, prediction.model, version, prediction.at or None)
    package = registered.describe(target, model_lineage.package_arn) if model_lineage.package_arn else {}
    if not package:
        notes.append(f"version {version} is not in the registry (any more)")
    if not model_lineage.training:
        notes.append(f"no training that registered version {version} is in the audit table")
    run = str(model_lineage.training.get("run", ""))
    permitted, program = objects.Permitted(), str(model_lineage.training.get("program", ""))
    plan = permitted.read("plan", lambda: published.plan_of(target, bucket, run) if bucket and run else {})
    resolved = permitted.read("split", lambda: published.split_manifest(target, program))
    if permitted.unread:
        what = " and ".join(permitted.unread)
        notes.append(f"the training's {what} may not be read: s3:GetObject or s3:ListBucket is missing")
    return Account(
        prediction=prediction,
        lineage=model_lineage,
        package=package,
        data=_data(plan, resolved),
        row=row,
        row_place=place,
        notes=tuple(notes),
    )


def _data(plan: Mapping[str, Any], resolved: Mapping[str, Any]) -> dict[str, Any]:
    if not plan:
        return {}
    data = plan.get("data", {})
    files = data.get("files", ())
    return {
        "uri": data.get("uri", ""),
        "files": len(files),
        "bytes": sum(int(file.get("size", 0)) for file in files),
        "split": _parts(plan.get("split") or {}),
        "split_rows": dict(resolved.get("rows") or {}),
        "split_intervals": dict(resolved.get("intervals") or {}),
    }


def _parts(split: Mapping[str, Any]) -> dict[str, Any]:
    """A plan's split by part; plans of earlier releases have the parts outside of `intervals`."""
    known = {
        name: value for name, value in split.items() if value not in (None, {"start": None, "end": None})
    }
    return {**known.pop("intervals", {}), **known}


def sections(account: Account) -> list[Section]:
    """The report as sections for display: the answer first, then the decision and its causes."""
    prediction = account.prediction
    answer: Section = (
        "Answer",
        [
            ("model", prediction.model),
            ("source", SOURCES.get(prediction.kind, prediction.kind)),
            ("at", moment(prediction.at)),
            ("score", _text(prediction.score)),
            ("version", "" if prediction.version is None else str(prediction.version)),
            ("row", _text(account.row)),
            ("row from", account.row_place),
            *(
                (
                    name.replace("_", " "),
                    TRIGGERS.get(str(value), str(value)) if name == "trigger" else _text(value),
                )
                for name, value in prediction.details.items()
            ),
            ("recorded in", prediction.place),
        ],
    )
    decision: Section = (
        "Decision",
        [(name.replace("_", " "), _text(value)) for name, value in prediction.decision.items()],
    )
    model_lineage = account.lineage
    parts = [answer, decision]
    if model_lineage is not None:
        parts += [
            _model(model_lineage, account.package, account.data),
            _verdict(model_lineage, account.package),
            _cause(model_lineage),
        ]
        # Batch inference uses the version itself, so no release to an endpoint is involved.
        parts += [] if prediction.kind == BATCH else [_release(model_lineage)]
    parts.append(("Note", [("", note) for note in account.notes]))
    kept = ((title, [(name, value) for name, value in rows if value]) for title, rows in parts)
    return [(title, rows) for title, rows in kept if rows]


def _model(model_lineage: Lineage, package: Package, data: Mapping[str, Any]) -> Section:
    origin = {**package.get("metadata", {}), **{k: v for k, v in model_lineage.training.items() if v}}
    noun = "file" if data.get("files") == 1 else "files"
    files = f"{data['files']} {noun}, {data['bytes']:,} bytes in {data['uri']}" if data else ""
    holdout = parsed(model_lineage.retraining.get("holdout"))
    rows = [
        ("package", model_lineage.package_arn),
        ("data version", str(origin.get("data_version", ""))),
        ("data", files),
        ("window", interval(parsed(model_lineage.retraining.get("window")))),
        ("holdout", interval(holdout)),
        ("split", _split(data)),
        ("code version", str(origin.get("code_version", ""))),
        ("job code", str(origin.get("job_code", ""))),
        ("image", str(origin.get("image", ""))),
        ("hyperparameters", _pairs(parsed(model_lineage.training.get("hyperparameters")))),
        ("tuning", search_of(parsed(model_lineage.training.get("tuning")))),
        ("training job", str(origin.get("training_job", ""))),
        ("trained", _period(model_lineage.training)),
        ("execution", str(model_lineage.training.get("execution_arn", ""))),
    ]
    return f"Training of version {model_lineage.version}", rows


def _verdict(model_lineage: Lineage, package: Package) -> Section:
    training = model_lineage.training
    decision = approvals.standing(model_lineage.decision, str(package.get("status", "")))
    gate = {"true": "passed", "false": "refused"}.get(str(training.get("passed")), "")
    rows = [
        ("metrics", _pairs(parsed(training.get("metrics")))),
        ("gate", ": ".join(filter(None, (gate, str(training.get("reasons", "")))))),
        ("evaluation", str(training.get("evaluation", ""))),
        ("status", str(package.get("status", ""))),
        ("because", "" if decision else str(package.get("description", ""))),
        ("decided", approvals.sentence(decision)),
        ("decided by", str(decision.get("decided_by", ""))),
        ("registered by", _by(package, "created")),
        # SageMaker only keeps the last change, which may be a release that sets the life cycle.
        ("last changed by", _by(package, "changed")),
        ("life cycle", str(package.get("life_cycle", ""))),
    ]
    return "Evaluation and approval", rows


def _by(package: Package, what: str) -> str:
    at = str(package.get(f"{what}_at", ""))
    return f"{package.get(f'{what}_by') or NOBODY}, {moment(at)}" if at else ""


def _cause(model_lineage: Lineage) -> Section:
    retraining = model_lineage.retraining
    rows = [
        ("retraining", str(retraining.get("execution_arn", ""))),
        ("outcome", str(retraining.get("outcome", ""))),
    ]
    for trigger in model_lineage.triggers:
        at = moment(trigger.get("at", ""))
        cause = spelt_trigger(trigger.get("trigger"), trigger.get("reason"))
        rows += [
            ("trigger", f"{cause} ({at})" if at else cause),
            ("report", str(trigger.get("report", ""))),
        ]
    if not model_lineage.triggers and model_lineage.training:
        rows.append(("trigger", MANUALLY))
    return "Why it was trained", rows


def _release(model_lineage: Lineage) -> Section:
    release = model_lineage.release
    ended = ": ".join(filter(None, (str(release.get("outcome", "")), str(release.get("error", "")))))
    rows = [
        ("release", str(release.get("execution_arn", ""))),
        ("outcome", ended),
        ("cause", str(release.get("cause", ""))),
        ("endpoint", str(release.get("endpoint", ""))),
        ("config", str(release.get("config", ""))),
        ("replaced", "" if release.get("replaced") in (None, "0", 0) else f"version {release['replaced']}"),
        ("trigger", spelt_trigger(release.get("trigger"), release.get("reason")) if release else ""),
        ("released", _period(release)),
    ]
    return "Release to the endpoint", rows


def spelt_trigger(trigger: Any, reason: Any = "") -> str:
    """What started an execution, and the reason that was given."""
    name = str(trigger or "")
    what = MANUALLY if name in lineage.BY_HAND else TRIGGERS.get(name, name)
    return ": ".join(filter(None, (what, str(reason or ""))))


def _period(item: Item) -> str:
    if not item:
        return ""
    started, finished = (moment(item.get(name, "")) for name in ("started_at", "finished_at"))
    return f"{started.removesuffix(' UTC')} to {finished}"


def _split(data: Mapping[str, Any]) -> str:
    resolved = {"intervals": data.get("split_intervals"), "rows": data.get("split_rows")}
    return splits.sentence(data.get("split") or {}, resolved)


def _pairs(values: Any) -> str:
    if not isinstance(values, Mapping):
        return ""
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _text(value: Any) -> str:
    if value is None or value == "":
        return ""
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
