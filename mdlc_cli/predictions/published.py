"""Finds a prediction in published batches, and in the rows that monitors store for their windows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mdlc_cli.aws import objects
from mdlc_cli.aws.target import Target
from mdlc_cli.output import progress
from mdlc_cli.predictions import parquet
from mdlc_cli.predictions.parquet_query import FILE
from mdlc_cli.predictions.prediction import BATCH, ENDPOINT, Prediction
from mdlc_client.audit import Item
from mdlc_client.aws import split_uri

ROWS = "rows.parquet"
PROGRAM_FOLDER, SPLIT_MANIFEST = "program/", "split/manifest.json"
PILE_BYTES = 200_000_000
"""Bytes to download before a search; one search over many small files saves starting the reader for each."""
RECORD = ("inference_id", "score", "predicted_at", "model_package_version", FILE)
"""Columns of a prediction record that have their own field in `Prediction`."""
OF_THE_BATCH = ("run", "manifest", "execution_arn", "trigger", "reason")
ABOUT = ("row_key", "entity", "event_time", "label")
SERVED = ("inference_id", "score", "served_at", "package_version", *ABOUT, FILE)
"""Columns of a window's rows that are not part of the input row."""


@dataclass(kw_only=True)
class _Pile:
    """Downloaded files that are searched by one run of the Parquet reader.

    Attributes:
        origins: by local path: the audit item and the S3 URI of the file.
        size: bytes of the files not yet searched.
        fetched: how many downloads were tried, which numbers their folders.
    """

    s3: Any
    folder: Path
    inference_id: str
    origins: dict[str, tuple[Item, str]] = field(default_factory=dict)
    size: int = 0
    fetched: int = 0

    def add(self, uri: str, item: Item) -> None:
        """Download a file; one that no longer exists is skipped."""
        path = _fetched_if_there(self.s3, uri, self.folder / str(self.fetched))
        self.fetched += 1
        if path is not None:
            self.origins[str(path)] = (item, uri)
            self.size += path.stat().st_size

    def match(self) -> tuple[dict[str, Any], Item, str] | None:
        """The row with this inference id, its audit item and its file's URI, or None; deletes the files."""
        paths = [Path(path) for path in self.origins]
        rows = parquet.rows(paths, {"inference_id": self.inference_id}) if paths else []
        # Files are added newest first; when several have the id, the newest one counts.
        rows.sort(key=lambda row: paths.index(Path(str(row[FILE]))))
        answer = (rows[0], *self.origins[str(rows[0][FILE])]) if rows else None
        for path in paths:
            path.unlink()
        self.origins, self.size = {}, 0
        return answer


def in_batches(
    target: Target, runs: Iterable[Item], inference_id: str, note: Callable[[str], None]
) -> Prediction | None:
    """The prediction from the first of these batch runs that contains it, or None."""
    s3 = target.client("s3")
    with TemporaryDirectory() as folder:
        pile = _Pile(s3=s3, folder=Path(folder), inference_id=inference_id)
        for item in runs:
            manifest_uri = str(item["manifest"])
            base = manifest_uri.rpartition("/")[0]
            listed = _fetched_if_there(s3, manifest_uri, Path(folder))
            for part in json.loads(listed.read_text())["parts"] if listed else []:
                pile.add(f"{base}/{part['name']}", item)
                note(f"{part['name']} of run {item['run']}: {progress.megabytes(pile.size)}")
            if pile.size > PILE_BYTES and (match := pile.match()):
                return record(*match)
        last = pile.match()
    return record(*last) if last else None


def record(row: Mapping[str, Any], item: Item, uri: str) -> Prediction:
    """The prediction of a record in a published part (`docs/contracts.md`)."""
    return Prediction(
        prediction_id=str(row["inference_id"]),
        kind=BATCH,
        model=str(item["model"]),
        place=uri,
        at=str(row["predicted_at"]),
        version=int(row["model_package_version"]),
        score=row["score"],
        details={
            **{name: item[name] for name in OF_THE_BATCH if item.get(name)},
            **{name: value for name, value in row.items() if name not in RECORD},
        },
    )


def input_row(target: Target, bucket: str, prediction: Prediction) -> tuple[Any, str]:
    """The input row of a batch prediction and its file's URI; the row is None when it is not unique.

    Parts have the numbers of the plan's input files; within the file, the row is looked up by its key. The
    key of a row without ids ends with its number in the file (docs/contracts.md).
    """
    plan = plan_of(target, bucket, str(prediction.details["run"]))
    number = int(prediction.place.rpartition("part-")[2].partition(".")[0])
    files = sorted(plan.get("data", {}).get("files", ()), key=lambda file: str(file["name"]))
    if number >= len(files):
        return None, ""
    if plan.get("channels"):
        # A record of a file as it is; the row's key names the file and the record's number.
        _, _, name = str(files[number]["name"]).partition("/")
        return None, str(plan["channels"]["channels"][0]["uri"]) + name
    dataset, key = plan["dataset"], str(prediction.details["row_key"])
    place = None if dataset.get("row_key") else int(key.rpartition("-")[2])
    uri = str(dataset["uri"]) + str(files[number]["name"])
    with TemporaryDirectory() as folder:
        path = _fetched_if_there(target.client("s3"), uri, Path(folder))
        wanted = _key_columns(dataset, key)
        matching = parquet.rows([path], wanted, str(dataset["format"]), number=place) if path else []
    # A key that occurs more than once identifies no row.
    if len(matching) != 1:
        return None, uri
    return {name: value for name, value in matching[0].items() if name != FILE}, uri


def _key_columns(dataset: Mapping[str, Any], key: str) -> dict[str, str]:
    """The key columns of a row with their values, as text; empty for rows without ids."""
    names = list(dataset.get("row_key") or ())
    if len(names) > 1:
        return {name: str(text) for name, text in json.loads(key).items()}
    return dict.fromkeys(names, key)


def plan_of(target: Target, bucket: str, run: str) -> dict[str, Any]:
    """The content of a run's newest `plan.json`; empty when there is none, or it is not JSON."""
    s3 = target.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"runs/{run}/")
    plans = [
        each for page in pages for each in page.get("Contents", []) if each["Key"].endswith("/plan.json")
    ]
    if not plans:
        return {}
    newest = max(plans, key=lambda each: each["LastModified"])
    return objects.document(target, f"s3://{bucket}/{newest['Key']}")


def split_manifest(target: Target, program: str) -> dict[str, Any]:
    """The ``manifest.json`` of a training's split, with the intervals and rows of its parts; may be empty.

    Args:
        target: the AWS to read from.
        program: the S3 folder of the training's feature program, beside which the split is.
    """
    if not program.endswith(f"/{PROGRAM_FOLDER}"):
        return {}
    return objects.document(target, program.removesuffix(PROGRAM_FOLDER) + SPLIT_MANIFEST)


def in_windows(
    target: Target, windows: Iterable[Item], inference_id: str, note: Callable[[str], None]
) -> Prediction | None:
    """The prediction from the stored rows of the first of these windows that contains it, or None."""
    s3 = target.client("s3")
    with TemporaryDirectory() as folder:
        pile = _Pile(s3=s3, folder=Path(folder), inference_id=inference_id)
        for item in windows:
            note(f"window {item['start']} of the {item['monitor']} monitor")
            pile.add(str(item["report"]).rpartition("/")[0] + f"/{ROWS}", item)
            if pile.size > PILE_BYTES and (match := pile.match()):
                return served(*match)
        last = pile.match()
    return served(*last) if last else None


def served(row: Mapping[str, Any], item: Item, uri: str) -> Prediction:
    """The prediction of a row that a monitor stored for its window (`docs/contracts.md`)."""
    version = row.get("package_version")
    return Prediction(
        prediction_id=str(row["inference_id"]),
        kind=BATCH if item["monitor"] == "batch" else ENDPOINT,
        model=str(item["model"]),
        place=uri,
        at=str(row.get("served_at") or ""),
        version=None if version is None else int(version),
        score=row.get("score"),
        row={name: value for name, value in row.items() if name not in SERVED},
        details={
            "window": f"{item['start']} to {item['end']}",
            "monitored in": item["report"],
            **{name: row[name] for name in ABOUT if row.get(name) is not None},
        },
    )


def _fetched_if_there(s3: Any, uri: str, folder: Path) -> Path | None:
    """The local path of an object downloaded to a folder, or None when the object does not exist."""
    from botocore.exceptions import ClientError

    bucket, key = split_uri(uri)
    folder.mkdir(exist_ok=True)
    path = folder / key.rpartition("/")[2]
    try:
        s3.download_file(Bucket=bucket, Key=key, Filename=str(path))
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchKey"):
            raise
        return None
    return path
