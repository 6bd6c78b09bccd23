"""Entry point of the monitoring planner: find windows and their files, decide, write plans and manifests."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger

from lambdas.aws import registry
from lambdas.aws.clients import client
from lambdas.aws.packages import Package, choose, package_from
from lambdas.aws.tags import of_machine
from lambdas.functions.plan_monitoring import captures, documents, logic
from lambdas.functions.plan_monitoring.labels import LabelFiles
from lambdas.functions.plan_monitoring.published import published, published_since
from lambdas.functions.plan_monitoring.recorded import begun, recorded
from lambdas.functions.plan_monitoring.windows import (
    Recorded,
    Wanted,
    Window,
    awaiting_labels,
    checked_input,
    in_turn,
    last_complete,
    wanted,
)
from lambdas.planning.audit import champion_of
from lambdas.planning.errors import NoBaseline, NoPackage, PlanningError
from lambdas.planning.execution_plan import put_plan, utc_now, wait_seconds
from lambdas.planning.sources import split_uri

logger = Logger(service="plan-monitoring")

BACK = 60
"""How many windows back one that was never computed is still found."""


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Plan a monitoring execution (see `logic` for what comes back)."""
    started = datetime.fromisoformat(event["execution"]["started_at"]).astimezone(UTC)
    given = checked_input(event["input"], started)
    planner = _Planner(event, given)
    chosen, left = planner.chosen(started)
    look_up = logic.LookUps(
        processing=registry.processing_jobs(planner.sagemaker),
        transform=registry.transform_jobs(planner.sagemaker),
        model=registry.models(planner.sagemaker),
    )
    sources = [planner.found(one) for one in chosen]
    windows = logic.planned(event, sources, planner.reports(), look_up)
    plan = logic.decide(event, windows, look_up)
    plan["tags"] = of_machine(client("stepfunctions"), event["execution"]["id"])
    plan["wait_seconds"] = wait_seconds(event["execution"]["started_at"], utc_now())
    written = plan["step"] not in ("Done", "Wait")
    plan["windows"] = [planner.written(one) for one in windows] if written else []
    logger.info(
        "planned",
        extra={"run": plan["run"], "step": plan["step"], "windows": len(windows), "left": left},
    )
    return plan


class _Planner:
    """What one execution looks up, each thing once."""

    def __init__(self, event: dict[str, Any], given: Mapping[str, Any]) -> None:
        self._event, self._given = event, given
        self._home, self._settings = event["home"], event["settings"]
        self._served, self._labels = self._settings["served"], self._settings["labels"]
        self._s3, self.sagemaker, self._dynamodb = client("s3"), client("sagemaker"), client("dynamodb")
        self._files = LabelFiles.below(self._s3, self._labels["uri"] if self._labels else "")
        self._packages: dict[int, Package] = {}
        self._versions: list[Mapping[str, Any]] | None = None
        self._recorded: tuple[Recorded, ...] = ()

    @property
    def _monitor(self) -> str:
        return str(self._settings["monitor"]["kind"])

    def chosen(self, now: datetime) -> tuple[list[Wanted], int]:
        """The windows to look at, and how many more there are for the next start."""
        every = timedelta(seconds=self._served["every_seconds"])
        within = timedelta(seconds=self._labels["within_seconds"] if self._labels else 0)
        asked: Window | None = self._given["window"]
        since = min(now, asked.start if asked else now) - max(within, BACK * every) - every
        self._recorded = recorded(
            self._dynamodb,
            table=self._home["table"],
            model=self._event["model"],
            monitor=self._monitor,
            since=since,
        )
        settling = timedelta(seconds=self._served["settling_seconds"])
        found = wanted(
            asked,
            self._recorded,
            now=now,
            every=every,
            settling=settling,
            open_too=self._monitor == "batch",
            begun=None if asked else self._begun(last_complete(now, every=every, settling=settling)),
            earliest=since + every,
        )
        there = {one.window for one in found}
        if asked is None and self._monitor == "batch":
            late = [one for one in self._published_since(now) if one.window not in there]
            found += [Wanted(window=one.window, why="missing", recorded=one) for one in late]
            there |= {one.window for one in late}
        if asked is None and self._labels:
            found += [
                Wanted(window=one.window, why="labels", recorded=one)
                for one in awaiting_labels(
                    self._recorded, now=now, within=within, complete=self._labels["complete"]
                )
                if one.window not in there and self._files.version_of(one.window) != one.labels_version
            ]
        chosen = in_turn(found)
        return chosen, len(found) - len(chosen)

    def _begun(self, last: Window) -> datetime:
        return begun(
            self._dynamodb,
            table=self._home["table"],
            model=self._event["model"],
            monitor=self._monitor,
            first=last.start,
        )

    def _published_since(self, now: datetime) -> list[Recorded]:
        return published_since(
            self._dynamodb,
            self._s3,
            table=self._home["table"],
            model=self._event["model"],
            known=self._recorded,
            now=now,
        )

    def reports(self) -> dict[Window, str]:
        """Recorded windows that had rows, to the folder of their reports."""
        return {one.window: one.folder for one in self._recorded if one.rows and one.folder}

    def found(self, one: Wanted) -> logic.Found:
        """What lies there for a window."""
        bucket, window = self._home["bucket"], one.window
        if self._monitor == "batch":
            batches = published(
                self._dynamodb,
                self._s3,
                table=self._home["table"],
                model=self._event["model"],
                bucket=bucket,
                raw_uri=self._served["raw"],
                window=window,
            )
            named = max((batch.version for batch in batches), default=None)
            files: tuple[captures.Captured, ...] = ()
        else:
            batches = ()
            files = captures.files(
                self._s3, bucket, self._served["endpoint"], window, self._served["variants"]
            )
            named = captures.version_named(self._s3, bucket, files, window)
        if not files and not batches:
            return logic.Found(wanted=one)
        try:
            package = self._package(one, named)
            baseline = self._baseline(package)
        except PlanningError as problem:
            return logic.Found(wanted=one, captured=files, published=batches, problem=problem)
        return logic.Found(
            wanted=one,
            captured=files,
            published=batches,
            labels=self._files.of(window) if self._labels else (),
            package=package,
            baseline=baseline,
        )

    def _baseline(self, package: Package) -> str:
        found = str(self._served["baseline"] or package.metadata.get("baseline", ""))
        if not found:
            raise NoBaseline(
                f"{package.arn} has no 'baseline' in its metadata, because it was trained before there were "
                "any: train again, or give the workflow the baseline_uri of one that you have."
            )
        return found

    def _package(self, one: Wanted, named: int | None) -> Package:
        """The version that a window is judged with.

        The one that was asked for; the one it was judged with before; the one that most answers name; the
        champion, where answers name none or one that is not in the registry any more.
        """
        versions = {int(each["ModelPackageVersion"]) for each in self._summaries()}
        before = one.recorded.version if one.recorded and one.why == "labels" else None
        pointer = champion_of(self._dynamodb, self._home["table"], self._event["model"])
        champion = int(pointer["version"]) if pointer else None
        asked = self._given.get("package_version")
        version = asked or next((v for v in (before, named, champion) if v in versions), None)
        if version is None:
            raise NoPackage(
                f"Requests were captured in {one.window.id}, and neither their answers nor a champion tell "
                f"which version of {self._home['group']} served: give its package_version."
            )
        if version not in self._packages:
            arn = choose(self._summaries(), version, self._home["group"], must_be_approved=False)
            self._packages[version] = package_from(
                self.sagemaker.describe_model_package(ModelPackageName=arn)
            )
        return self._packages[version]

    def _summaries(self) -> list[Mapping[str, Any]]:
        if self._versions is None:
            self._versions = list(registry.packages(self.sagemaker, self._home["group"]))
        return self._versions

    def written(self, one: logic.Planned) -> dict[str, Any]:
        """The map's entry of a window; its plan and manifests are written where a job is to read them."""
        entry = documents.entry(self._event, one)
        if one.found is None:
            return entry
        bucket = self._home["bucket"]
        plan = put_plan(self._s3, bucket, one.digest[:16], documents.job_plan(self._event, one))
        _, key = split_uri(plan)
        root, folder = f"s3://{bucket}/", plan.removesuffix("plan.json")
        # A manifest may not be empty: the plan stands in where there is nothing else.
        alone = [{"prefix": root}, key]
        manifests = {
            "captured": [{"prefix": root}, key, *one.source.names()],
            "labels": [{"prefix": self._labels["uri"]}, *(file.name for file in one.source.labels)]
            if one.source.labels
            else alone,
        }
        if self._monitor == "batch":
            raw = sorted({name for batch in one.source.published for name in batch.raw})
            manifests["raw"] = [{"prefix": self._served["raw"]}, *raw] if raw else alone
        places = {name: self._manifest(folder, name, content) for name, content in manifests.items()}
        return {**entry, "plan": plan, "previous": entry["previous"] or plan, **places}

    def _manifest(self, folder: str, name: str, content: list[Any]) -> str:
        """Write a manifest beside the plan; returns its URI.

        Source of the format: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_S3DataSource.html
        """
        uri = f"{folder}{name}.manifest"
        bucket, key = split_uri(uri)
        self._s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(content).encode())
        return uri
