"""`Client`: what a model's workflows left, as pandas data frames. Reads only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from mdlc_client import audit, frames, lineage, models, registered, stacks
from mdlc_client.aws import AwsClients, split_uri
from mdlc_client.columns import DECISIONS, RUNS, VERSIONS, WINDOWS
from mdlc_client.errors import ChoiceError, reading, unknown
from mdlc_client.frames import TEXT

if TYPE_CHECKING:
    from pandas import DataFrame


class Client:
    """Reads what the workflows of one model left in an AWS account. It changes nothing.

    Each method reads anew, so a client may stay open while workflows run. Times are in UTC.

    Args:
        session: a `boto3.Session`, or anything that makes clients of AWS services; by default a new session,
            which reads the environment, `AWS_ENDPOINT_URL` too (`mdlc local env` prints it for the local
            AWS).
        stack: the CloudFormation stack of the model; by default the stacks of the account are looked through.
        model: the model's name; by default the only one.

    Attributes:
        model: the model's name.
        stack: the name of its stack.
        table: the name of its audit table.

    Raises:
        ChoiceError: there is no such model, or there are several.
        AccessError: AWS did not answer.
    """

    def __init__(
        self, session: AwsClients | None = None, *, stack: str | None = None, model: str | None = None
    ) -> None:
        self._aws = frames.package("boto3").Session() if session is None else session
        with reading("the account's stacks"):
            existing = stacks.existing(self._aws)
            chosen = [each for each in existing if stack in (None, each.name)]
            if not chosen:
                raise ChoiceError(unknown("stack", stack, (each.name for each in existing), "is deployed"))
            listed = models.of_stacks(self._aws, chosen)
        named = [each for each in listed if model in (None, each.name)]
        if not named:
            raise ChoiceError(unknown("model", model, (each.name for each in listed), "is deployed"))
        if len(named) > 1:
            pairs = ", ".join(f"{each.name} in {each.stack}" for each in named)
            raise ChoiceError(f"there are several models ({pairs}): name one with model= or stack=")
        self.model, self.stack, self.table = named[0].name, named[0].stack, named[0].table

    def __repr__(self) -> str:
        return f"Client(stack={self.stack!r}, model={self.model!r})"

    @property
    def bucket(self) -> str:
        """The name of the model's bucket.

        Raises:
            ChoiceError: no training has ended yet, by which it is known.
        """
        bucket = lineage.bucket_of(self._items())
        if bucket is None:
            raise ChoiceError(
                f"the bucket of {self.model} is not known yet: train it with `mdlc run training`"
            )
        return bucket

    def runs(self) -> DataFrame:
        """The executions of all workflows, newest first.

        Returns:
            One row an execution. `started_at`, `finished_at` (datetime), `seconds` (Float64), `workflow` and
            `outcome` (see docs/contracts.md), `version` (Int64, of the model package), `run`,
            `data_version`, `rows` (Int64), `trigger`, `reason`, `error`, `cause`, `execution_arn`.
        """
        rows = [
            {
                **{name: frames.text(item.get(name)) for name, dtype in RUNS.items() if dtype == TEXT},
                "started_at": item.get("started_at"),
                "finished_at": item.get("finished_at"),
                "seconds": _seconds(item),
                "version": lineage.version_of(item),
                "rows": frames.whole(item.get("rows")),
            }
            for item in audit.executions(self._items())
        ]
        return frames.frame(rows, RUNS)

    def versions(self) -> DataFrame:
        """The registered versions, oldest first, with the metrics of the holdout.

        Returns:
            One row a version. `version` (Int64), `created_at` (datetime), `status` (Approved, Rejected or
            PendingManualApproval), `champion` and `passed` (boolean: whether its answers are in use, and
            whether it passed the gate), `run`, `data_version`, `code_version`, `description`, `package_arn`;
            and of each metric three columns (Float64), such as `auc`, `auc_low` and `auc_high`, the ends of
            the 95% interval. The interval is missing where the evaluation cannot be read.
        """
        items = self._items()
        champion = audit.champions(items).get(self.model, {}).get("package_arn")
        with reading(f"the versions of {self.model}"):
            packages = registered.versions(self._aws, self.model)
        rows = []
        for package in packages:
            number = frames.whole(package.get("version"))
            training = {} if number is None else lineage.training_of(items, number)
            metadata = package.get("metadata", {})
            metrics = self._evaluated(str(metadata.get("evaluation") or training.get("evaluation") or ""))
            rows.append(
                {
                    "version": number,
                    "created_at": package.get("created_at"),
                    "status": frames.text(package.get("status")),
                    "champion": package["package_arn"] == champion,
                    "passed": frames.truth(training.get("passed")),
                    "run": frames.text(metadata.get("run")),
                    "data_version": frames.text(metadata.get("data_version")),
                    "code_version": frames.text(metadata.get("code_version")),
                    "description": frames.text(package.get("description")),
                    "package_arn": package["package_arn"],
                    **frames.with_intervals(metrics or frames.loaded(training.get("metrics"))),
                }
            )
        return frames.frame(rows, VERSIONS)

    def windows(self) -> DataFrame:
        """The monitored windows, oldest first.

        Returns:
            One row a window. `start`, `end` (datetime; the end does not belong to it), `window` (its name,
            `<monitor>/<times>`), `monitor` (endpoint or batch), `version` (Int64), `rows` (Int64),
            `drifted` and `worse` (boolean; missing where not known), `columns` (list: those that drifted),
            `reasons` (sentences, as one text), `labelled` (Int64), `coverage` (Float64, the share of rows
            with a label), `computed_at`, `report` (S3 URI); and of each metric by labels three
            columns, as in `versions`.
        """
        rows = [
            {
                "start": item.get("start"),
                "end": item.get("end"),
                "window": lineage.window_name(item),
                "monitor": frames.text(item.get("monitor")),
                "version": frames.whole(item.get("version")),
                "rows": frames.whole(item.get("rows")),
                "drifted": frames.truth(item.get("drifted")),
                "worse": frames.truth(item.get("worse")),
                "columns": frames.loaded(item.get("columns")) or [],
                "reasons": frames.text(item.get("reasons")),
                "labelled": frames.whole(item.get("labelled")),
                "coverage": frames.number(item.get("coverage")),
                "computed_at": item.get("computed_at"),
                "report": frames.text(item.get("report")),
                **frames.with_intervals(frames.loaded(item.get("metrics"))),
            }
            for item in sorted(self._windows(), key=lambda item: (str(item["start"]), str(item["monitor"])))
        ]
        return frames.frame(rows, WINDOWS)

    def predictions(self, run: str | None = None, *, columns: Sequence[str] | None = None) -> DataFrame:
        """The predictions of a published batch, of all its parts.

        Args:
            run: the run, as in `runs()`; by default the newest that is published.
            columns: only these columns, which takes less memory; by default all.

        Returns:
            One row a prediction: `inference_id`, `row_key`, `entity`, `event_time` and `predicted_at`
            (datetime), `score` (float), `model_package_version` (int).

        Raises:
            ChoiceError: nothing is published, or not by this run.
        """
        published = {str(item["run"]): item for item in lineage.batch_runs(self._items())}
        if not published:
            raise ChoiceError(f"{self.model} has no published batch: run one with `mdlc run batch-inference`")
        if run is not None and run not in published:
            raise ChoiceError(unknown("run", run, published, "has published predictions"))
        item = published[run] if run is not None else next(iter(published.values()))
        manifest = str(item["manifest"])
        parts = json.loads(self._object(manifest))["parts"]
        folder = manifest.rpartition("/")[0]
        return self._parquet([f"{folder}/{part['name']}" for part in parts], columns)

    def window_rows(self, window: str | None = None, *, columns: Sequence[str] | None = None) -> DataFrame:
        """The rows that were served in a monitored window, with their scores, labels and features.

        Args:
            window: the name of the window, as in `windows()`, without its monitor if only one has it; by
                default the newest with rows.
            columns: only these columns; by default all.

        Returns:
            One row a served row: `inference_id`, `row_key`, `entity`, `event_time`, `served_at` (datetime),
            `score` (float), `package_version`, `label` (missing while it is not known), then the raw
            features.

        Raises:
            ChoiceError: no window has rows, or not this one, or windows of both monitors have the name.
        """
        stored = {lineage.window_name(item): item for item in lineage.windows(self._items())}
        if not stored:
            raise ChoiceError(f"{self.model} has no monitored window with rows: `mdlc run monitoring`")
        named = [name for name in stored if window in (None, name, name.partition("/")[2])]
        if not named:
            raise ChoiceError(unknown("window", str(window), stored, "has rows"))
        if window is not None and len(named) > 1:
            raise ChoiceError(f"window {window!r} fits {', '.join(named)}: give one of these names")
        item = stored[named[0]]
        return self._parquet([f"{str(item['report']).rpartition('/')[0]}/rows.parquet"], columns)

    def decisions(self, *, limit: int | None = None) -> DataFrame:
        """The recorded decisions of the model's decision APIs in its stack, newest first.

        The whole table is read, which DynamoDB bills by its size.

        Args:
            limit: stop after so many records, which are then not the newest; by default all are read.

        Returns:
            One row a decision. `at` (datetime), `request_id`, `decision`, `rule`, `score` (Float64),
            `model_version` (Int64), `variant`, `rules_version`, `fallback`, `action`, and `row` and
            `features` (dict: what the caller sent, and what was scored).
        """
        with reading(f"the decisions of {self.model}"):
            tables = stacks.decision_tables(self._aws, self.stack)
            items = (item for table in tables for item in audit.scanned(self._aws, table))
            records = list(islice((item for item in items if item.get("model") == self.model), limit))
        rows = [
            {
                **{name: frames.text(item.get(name)) for name, dtype in DECISIONS.items() if dtype == TEXT},
                "at": item.get("at"),
                "score": frames.number(frames.loaded(item.get("score"))),
                "model_version": frames.whole(item.get("model_version")),
                "row": frames.loaded(item.get("row")),
                "features": frames.loaded(item.get("features")),
            }
            for item in records
        ]
        return frames.frame(rows, DECISIONS).sort_values("at", ascending=False, ignore_index=True)

    def report(self, version: int) -> dict[str, Any]:
        """The evaluation of a version on its holdout: metrics, thresholds of the gate, curves.

        Raises:
            ChoiceError: there is no such version, or it has no evaluation.
        """
        with reading(f"the versions of {self.model}"):
            packages = {each.get("version"): each for each in registered.versions(self._aws, self.model)}
        if version not in packages:
            raise ChoiceError(unknown("version", version, map(str, packages), "is registered"))
        uri = str(packages[version]["metadata"].get("evaluation", ""))
        if not uri:
            raise ChoiceError(
                f"version {version} of {self.model} has no evaluation: no training registered it"
            )
        content: dict[str, Any] = json.loads(self._object(f"{uri.rstrip('/')}/report.json"))
        return content

    def _items(self) -> list[audit.Item]:
        with reading(f"the audit table {self.table}"):
            return audit.items(self._aws, self.table, model=self.model)

    def _windows(self) -> list[audit.Item]:
        prefix = audit.WINDOW_PREFIX
        return [item for item in self._items() if str(item["sk"]).startswith(prefix) and item.get("start")]

    def _evaluated(self, uri: str) -> Any:
        """The metrics with intervals from an evaluation; None where it cannot be read."""
        if not uri:
            return None
        try:
            report = json.loads(self._object(f"{uri.rstrip('/')}/report.json"))
        except ValueError:
            # A reader of the registry need not be one of the bucket.
            return None
        return report.get("metrics", {}).get("challenger")

    def _object(self, uri: str) -> bytes:
        bucket, key = split_uri(uri)
        with reading(uri):
            content: bytes = self._aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
            return content

    def _parquet(self, uris: Sequence[str], columns: Sequence[str] | None) -> DataFrame:
        client = self._aws.client("s3")
        with TemporaryDirectory() as folder:
            paths = []
            for index, uri in enumerate(uris):
                bucket, key = split_uri(uri)
                path = Path(folder) / f"{index:06}.parquet"
                with reading(uri):
                    client.download_file(Bucket=bucket, Key=key, Filename=str(path))
                paths.append(path)
            return frames.parquet(paths, columns)


def _seconds(item: audit.Item) -> float | None:
    """How long an execution took."""
    if not item.get("started_at") or not item.get("finished_at"):
        return None
    return (lineage.moment(item["finished_at"]) - lineage.moment(item["started_at"])).total_seconds()
