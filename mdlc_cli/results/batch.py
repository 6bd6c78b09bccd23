"""What a batch inference left: predictions in parts, and their manifest."""

from __future__ import annotations

from typing import Any

from mdlc_cli.aws import objects
from mdlc_cli.aws.objects import StoredFile
from mdlc_cli.aws.target import Target
from mdlc_cli.predictions import prediction_files
from mdlc_cli.predictions.prediction_files import Records
from mdlc_cli.results.references import RunReference
from mdlc_cli.results.result import ResultSummary, Section
from mdlc_cli.versions.comparison import Metric
from mdlc_client import lineage

QUANTILES = {"lowest": 0.0, "5%": 0.05, "25%": 0.25, "median": 0.5, "75%": 0.75, "95%": 0.95, "highest": 1.0}
MAX_BYTES_OF_QUANTILES = 50_000_000
"""Larger batches are not downloaded for their scores' quantiles."""


def of(target: Target, reference: RunReference, *, scores_too: bool = True) -> ResultSummary:
    """The result of a batch inference, from its audit item and its manifest.

    Args:
        target: the AWS that it ran in.
        reference: the batch.
        scores_too: whether to read the predictions for the quantiles of their scores.
    """
    item, run = reference.item, reference.run
    uri = str(item.get("manifest", ""))
    manifest = objects.document(target, uri) if uri else {}
    records = _records(uri, run, manifest) if manifest else None
    scores = _quantiles(target, records) if records and scores_too else {}
    version = lineage.version_of(item)
    gone = "" if manifest or not uri else "its predictions were deleted"
    title = f"Batch {run} of {reference.model.name}: {item.get('outcome')}"
    return ResultSummary(
        name=f"{reference.model.name}-{run}",
        title=", ".join(filter(None, (title, gone))),
        sections=[
            Section(
                title="Batch",
                rows=[
                    ("version", "" if version is None else str(version)),
                    ("rows", f"{int(item['rows']):,}" if str(item.get("rows", "")).isdecimal() else ""),
                    ("delivered", str(item.get("delivered", ""))),
                    ("predicted at", str(manifest.get("predicted_at", ""))),
                    ("parts", _parts(records)),
                    ("columns", ", ".join(map(str, manifest.get("columns") or ()))),
                    ("data version", str(item.get("data_version", ""))),
                    ("manifest", uri),
                    ("execution", str(item.get("execution_arn", ""))),
                ],
            ),
            Section(title="Scores", rows=[(name, _number(value)) for name, value in scores.items()]),
        ],
        files=[StoredFile(uri=uri, name="manifest.json")] if manifest else [],
        records=records,
        following=[
            f"`mdlc show {run} --predictions scores.csv` writes the predictions.",
            f"`mdlc show {version} --model {reference.model.name}` shows the version that answered.",
        ]
        if records
        else [],
        document={"run": run, "item": item, "manifest": manifest, "scores": scores},
    )


def _records(uri: str, run: str, manifest: dict[str, Any]) -> Records:
    folder = uri.rpartition("/")[0]
    return Records(
        what=f"predictions of run {run}",
        parts=[
            StoredFile(
                uri=f"{folder}/{part['name']}",
                name=str(part["name"]).rpartition("/")[2],
                bytes=int(part.get("bytes", 0)),
            )
            for part in manifest.get("parts", ())
        ],
        rows=int(manifest["rows"]) if "rows" in manifest else None,
    )


def _quantiles(target: Target, records: Records) -> dict[str, float]:
    if not records.parts or records.bytes > MAX_BYTES_OF_QUANTILES:
        return {}
    values = prediction_files.quantiles(target, records, list(QUANTILES.values()))
    return dict(zip(QUANTILES, values, strict=False))


def _parts(records: Records | None) -> str:
    if records is None:
        return ""
    noun = "file" if len(records.parts) == 1 else "files"
    return f"{len(records.parts)} {noun}, {records.bytes:,} bytes"


def _number(value: float | None) -> str:
    return Metric(name="", value=value).number
