"""Entry point of the monitoring planner: finds windows and their files, writes plans and manifests."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from lambdas.aws import registry
from lambdas.aws.clients import client
from lambdas.aws.packages import Package, choose, package_from
from lambdas.aws.tags import with_execution
from lambdas.functions.plan_monitoring import captures, documents, logic
from lambdas.functions.plan_monitoring.labels import LabelFiles
from lambdas.functions.plan_monitoring.published import published_batches, windows_published_since
from lambdas.functions.plan_monitoring.recorded import monitoring_since, window_records
from lambdas.functions.plan_monitoring.windows import (
    DueWindow,
    Window,
    WindowRecord,
    awaiting_labels,
    checked_window,
    due_windows,
    first_windows,
    last_complete,
)
from lambdas.planning.audit import champion_of
from lambdas.planning.errors import NoBaseline, NoPackage, PlanningError
from lambdas.planning.execution_plan import decode_input, put_plan
from lambdas.planning.sources import split_uri
from lambdas.probing.rows import CaptureFile
from mdlc_constructs.settings.payloads.codec import JsonValue, decode, encode
from mdlc_constructs.settings.payloads.monitoring import (
    MonitoringInput,
    MonitoringPlannerRequest,
    PlannedWindow,
)

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import ModelPackageSummaryTypeDef

logger = Logger(service="plan-monitoring")

MAX_WINDOWS_BACK = 60
"""How many windows back the planner looks for windows that were never computed."""


def handler(event: Mapping[str, JsonValue], context: object) -> dict[str, JsonValue]:
    """Plan a monitoring execution: from a `MonitoringPlannerRequest` to a `MonitoringPlan`."""
    request = decode(MonitoringPlannerRequest, event)
    monitoring = decode_input(MonitoringInput, request.input)
    execution = request.execution
    started = datetime.fromisoformat(execution.started_at).astimezone(UTC)
    planner = _Planner(request, monitoring, checked_window(monitoring.window, started))
    due, left = planner.due(started)
    look_ups = registry.look_ups(client("sagemaker"))
    sources = [planner.source(each) for each in due]
    works = logic.window_works(request, sources, planner.reports(), look_ups)
    plan = logic.decide(request, works, look_ups)
    plan = replace(
        plan,
        windows=()
        if plan.step in ("Done", "Wait")
        else tuple(planner.write_documents(work) for work in works),
    )
    logger.info(
        "planned",
        extra={"run": plan.run, "step": plan.step, "windows": len(works), "left": left},
    )
    return encode(with_execution(plan, client("stepfunctions"), execution))


class _Planner:
    """Looks up what one execution needs, each thing once."""

    def __init__(
        self, request: MonitoringPlannerRequest, monitoring: MonitoringInput, window: Window | None
    ) -> None:
        self._request, self._monitoring, self._window = request, monitoring, window
        self._home, self._settings = request.home, request.settings
        self._served, self._labels = self._settings.served, self._settings.labels
        self._s3, self._sagemaker, self._dynamodb = client("s3"), client("sagemaker"), client("dynamodb")
        self._files = LabelFiles.below(self._s3, self._labels.uri if self._labels else "")
        self._packages: dict[int, Package] = {}
        self._records: tuple[WindowRecord, ...] = ()

    @property
    def _monitor(self) -> str:
        return self._settings.monitor.kind

    def due(self, now: datetime) -> tuple[list[DueWindow], int]:
        """The windows to look at, and how many more are left for the next execution."""
        every = timedelta(seconds=self._served.every_seconds)
        within = timedelta(seconds=self._labels.within_seconds if self._labels else 0)
        named = self._window
        since = min(now, named.start if named else now) - max(within, MAX_WINDOWS_BACK * every) - every
        self._records = window_records(
            self._dynamodb,
            table=self._home.table,
            model=self._request.model,
            monitor=self._monitor,
            since=since,
        )
        settling = timedelta(seconds=self._served.settling_seconds)
        windows = due_windows(
            named,
            self._records,
            now=now,
            every=every,
            settling=settling,
            open_too=self._monitor == "batch",
            begun=None if named else self._since(last_complete(now, every=every, settling=settling)),
            earliest=since + every,
        )
        known = {each.window for each in windows}
        if named is None and self._monitor == "batch":
            late = [record for record in self._published_since(now) if record.window not in known]
            windows += [DueWindow(window=record.window, why="missing", record=record) for record in late]
            known |= {record.window for record in late}
        if named is None and self._labels:
            windows += [
                DueWindow(window=record.window, why="labels", record=record)
                for record in awaiting_labels(
                    self._records, now=now, within=within, complete=self._labels.complete
                )
                if record.window not in known
                and self._files.version_of(record.window) != record.labels_version
            ]
        chosen = first_windows(windows)
        return chosen, len(windows) - len(chosen)

    def _since(self, last: Window) -> datetime:
        return monitoring_since(
            self._dynamodb,
            table=self._home.table,
            model=self._request.model,
            monitor=self._monitor,
            first=last.start,
        )

    def _published_since(self, now: datetime) -> list[WindowRecord]:
        return windows_published_since(
            self._dynamodb,
            self._s3,
            table=self._home.table,
            model=self._request.model,
            known=self._records,
            now=now,
        )

    def reports(self) -> dict[Window, str]:
        """The report folder of each recorded window that had rows."""
        return {record.window: record.folder for record in self._records if record.rows and record.folder}

    def source(self, due: DueWindow) -> logic.WindowSource:
        """A window with its files, its package and its baseline."""
        bucket, window, s3 = self._home.bucket, due.window, self._s3
        if self._monitor == "batch":
            batches = published_batches(
                self._dynamodb,
                s3,
                table=self._home.table,
                model=self._request.model,
                bucket=bucket,
                raw_uri=self._served.raw,
                window=window,
            )
            named = max((batch.package_version for batch in batches), default=None)
            files: tuple[CaptureFile, ...] = ()
        else:
            batches = ()
            files = captures.files(s3, bucket, self._served.endpoint, window, self._served.variants)
            named = captures.version_named(s3, bucket, files, window)
        if not files and not batches:
            return logic.WindowSource(due=due)
        try:
            package = self._package(due, named)
            baseline = self._baseline(package)
        except PlanningError as problem:
            return logic.WindowSource(due=due, captured=files, published=batches, problem=problem)
        return logic.WindowSource(
            due=due,
            captured=files,
            published=batches,
            labels=self._files.of(window) if self._labels else (),
            package=package,
            baseline=baseline,
        )

    def _baseline(self, package: Package) -> str:
        uri = self._served.baseline or package.metadata.get("baseline", "")
        if not uri:
            raise NoBaseline(
                f"{package.arn} has no 'baseline' in its metadata, because it was trained before there were "
                "any: train again, or give the workflow the baseline_uri of one that you have."
            )
        return uri

    def _package(self, due: DueWindow, named: int | None) -> Package:
        """The package version whose baseline a window is compared with.

        The first of: the version in the execution's input; for late labels, the window's recorded version;
        the version that most answers name, if it is still in the model registry; the champion.
        """
        versions = {int(each["ModelPackageVersion"]) for each in self._summaries}
        before = due.record.version if due.record and due.why == "labels" else None
        pointer = champion_of(self._dynamodb, self._home.table, self._request.model)
        champion = pointer.version if pointer else None
        version = self._monitoring.package_version or next(
            (each for each in (before, named, champion) if each in versions), None
        )
        if version is None:
            raise NoPackage(
                f"Requests were captured in {due.window.id}, and neither their answers nor a champion tell "
                f"which version of {self._home.group} served: give its package_version."
            )
        if version not in self._packages:
            arn = choose(self._summaries, version, self._home.group, must_be_approved=False)
            self._packages[version] = package_from(
                self._sagemaker.describe_model_package(ModelPackageName=arn)
            )
        return self._packages[version]

    @cached_property
    def _summaries(self) -> "list[ModelPackageSummaryTypeDef]":
        return list(registry.packages(self._sagemaker, self._home.group))

    def write_documents(self, work: logic.WindowWork) -> PlannedWindow:
        """Write the plan and manifests of a window's job, if it has one; returns the window's Map entry."""
        entry = documents.entry(self._request, work)
        if work.monitor is None:
            return entry
        bucket = self._home.bucket
        plan = put_plan(self._s3, bucket, documents.job_plan(self._request, work))
        _, key = split_uri(plan)
        root, folder = f"s3://{bucket}/", plan.removesuffix("plan.json")

        def manifest(name: str, prefix: str, names: list[str]) -> str:
            # A manifest may not be empty: one without files lists the plan instead.
            content = [{"prefix": prefix}, *names] if names else [{"prefix": root}, key]
            return self._write_manifest(folder, name, content)

        labels_uri = self._labels.uri if self._labels else ""
        raw = sorted({name for batch in work.source.published for name in batch.raw})
        return replace(
            entry,
            plan=plan,
            previous=entry.previous or plan,
            captured=manifest("captured", root, [key, *work.source.names()]),
            labels=manifest("labels", labels_uri, [file.name for file in work.source.labels]),
            raw=manifest("raw", self._served.raw, raw) if self._monitor == "batch" else "",
        )

    def _write_manifest(self, folder: str, name: str, content: list[JsonValue]) -> str:
        """Write a manifest beside the plan; returns its URI.

        Source of the format: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_S3DataSource.html
        """
        uri = f"{folder}{name}.manifest"
        bucket, key = split_uri(uri)
        self._s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(content).encode())
        return uri
