"""The demo's second half: the model answers passengers over HTTP, and a broken version is sent back."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from examples.flight_delay import following, loading
from examples.flight_delay.asking import Api, Asked, Row, all_the_time, drawn, in_turn, quantile, reached_at
from examples.flight_delay.meanwhile import Meanwhile
from mdlc_cli import audit, golden, progress
from mdlc_cli.errors import CommandError
from mdlc_cli.golden import Golden
from mdlc_cli.running import Result
from mdlc_cli.target import Target

GOLDEN_ROWS, ASKED, SHOWN, PASSENGERS = 40, 48, 8, 2000
QUALITY = f"{following.MODEL}-rollback-Quality"
"""The alarm on answers outside their bands."""
CELSIUS = "make demo: temperatures in Celsius"
"""The reason in the audit by which a second demo finds the broken version of the first."""
SETTLED_SECONDS = 3.0
"""How long passengers go on asking after a release has ended."""
MOST_DIFFERENCE = 1e-6


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What there is once a model is trained, released, and a month scored in a batch.

    Attributes:
        outputs: of the stack.
        rows: the flights of the month, as the batch held them.
        scores: the batch's score of each flight.
        version: the version that serves.
        name: begins the ids of this run's requests.
    """

    out: Console
    chosen: Target
    outputs: Mapping[str, str]
    rows: Sequence[Row]
    scores: Mapping[str, float]
    version: int
    name: str

    @property
    def api(self) -> Api:
        """The decision API."""
        return reached_at(self.chosen, self.outputs["DecisionsUrl"])

    def say(self, text: str = "") -> None:
        """Prints a line."""
        self.out.print(text, markup=False)


def serves(chosen: Target, version: int) -> bool:
    """Whether the endpoint is in service with a version."""
    sagemaker = chosen.client("sagemaker")
    found = sagemaker.list_endpoints(NameContains=following.MODEL, StatusEquals="InService")["Endpoints"]
    if following.MODEL not in [one["EndpointName"] for one in found]:
        return False
    config = endpoint(chosen)[1]
    variant = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"][0]
    stamp = sagemaker.describe_model(ModelName=variant["ModelName"])["Containers"][-1]
    return bool(stamp["Environment"]["MDLC_MODEL_VERSION"] == str(version))


def release_first(out: Console, chosen: Target, version: int, known: set[str], *, trained: bool) -> None:
    """Shows the release that the approval of a version just trained has started; else makes sure of it.

    Raises:
        CommandError: it failed.
    """
    if not trained and serves(chosen, version):
        out.print(f"[bold]{following.MODEL}-release[/]\n  not needed: version {version} serves")
        return
    if not trained:
        following.run(out, chosen, "release", {"package_version": version, "reason": "make demo"})
        return
    out.print(f"[bold]{following.MODEL}-release[/], started by the approval of version {version}")
    result = following.watched(out, chosen, following.started_by_approval(chosen, known))
    if not result.succeeded:
        raise CommandError(f"version {version} was not released ({result.error}: {result.cause})")


def record_golden(scene: Scene) -> None:
    """Records the month's first flights, with the batch's scores as the answers expected of every version."""
    rows = scene.rows[:GOLDEN_ROWS]
    recorded = [
        Golden(key=str(row["flight_id"]), row=row, expected=scene.scores[str(row["flight_id"])])
        for row in rows
    ]
    with progress.step("recording golden rows") as step:
        golden.write(scene.chosen, scene.outputs["BucketName"], recorded)
        step.summary = f"the first {len(recorded)} flights of December with their batch scores"


def ask_first(scene: Scene) -> list[Asked]:
    """Asks about some flights over HTTP and shows what came back.

    Raises:
        CommandError: a request was not answered, or the score is not the batch's.
    """
    rows = drawn(scene.rows, ASKED, seed=1)
    asked = in_turn(scene.api, f"{scene.name}-first", rows)
    scene.out.print("\n[bold]Rebook or wait?[/] asked over HTTP, signed, with what a passenger's app knows")
    table = Table("flight", "to", "departure", "score", "decision", "ms", box=None, padding=(0, 2))
    for row, one in list(zip(rows, asked, strict=True))[:SHOWN]:
        if one.answered:
            score, decision = one.answer["score"], str(one.answer["decision"])
            at, took = str(row["time_hour"])[:16], f"{one.seconds * 1000:.0f}"
            shown = "none" if score is None else f"{score:.3f}"
            table.add_row(one.flight_id, str(row["destination"]), at, shown, decision, took)
    scene.out.print(table)
    refused = [one for one in asked if not one.answered]
    if refused:
        raise CommandError(
            f"{len(refused)} of {len(asked)} requests got no decision: {dict(refused[0].answer)}"
        )
    rebooked = sum(one.answer["decision"] == "rebook" for one in asked)
    first, *warm = (one.seconds * 1000 for one in asked)
    scene.say(
        f"{len(asked)} flights, {rebooked} to rebook; p50 {quantile(warm, 0.5):.0f} ms, "
        f"p99 {quantile(warm, 0.99):.0f} ms, {first:.0f} ms for the first one, which starts the function"
    )
    scored = [one for one in asked if one.answer["score"] is not None]
    other = [
        one for one in scored if abs(one.answer["score"] - scene.scores[one.flight_id]) > MOST_DIFFERENCE
    ]
    if other or not scored:
        raise CommandError(
            f"{len(other)} of {len(scored)} scores are not the batch's, such as that of flight "
            f"{(other or asked)[0].flight_id}: look at its record in {scene.outputs['DecisionTableName']}"
        )
    scene.say("Every score is the one of batch inference: the feature program travels with the model.")
    return asked


def broken_version(scene: Scene) -> dict[str, Any] | None:
    """The package of an earlier demo that learned from temperatures in Celsius; None without one."""
    items = audit.items(scene.chosen, scene.outputs["AuditTableName"], model=following.MODEL)
    found = [item for item in audit.executions(items) if item.get("reason") == CELSIUS]
    arns = [str(item["package_arn"]) for item in found if item.get("package_arn")]
    return package(scene.chosen, arns[0]) if arns else None


def package(chosen: Target, arn: str) -> dict[str, Any]:
    """A model package as the registry describes it."""
    described: dict[str, Any] = chosen.client("sagemaker").describe_model_package(ModelPackageName=arn)
    return described


def gate_of(chosen: Target, described: Mapping[str, Any]) -> list[str]:
    """What the gate said of a package, a sentence a check."""
    bucket, _, prefix = described["CustomerMetadataProperties"]["evaluation"][5:].partition("/")
    report = chosen.client("s3").get_object(Bucket=bucket, Key=f"{prefix}report.json")["Body"].read()
    return [str(check["sentence"]) for check in json.loads(report)["checks"]]


def train_broken(scene: Scene, data: Path) -> dict[str, Any]:
    """Trains on temperatures in Celsius; returns the package, whose approval has started its release.

    Raises:
        CommandError: the gate did not let it pass.
    """
    loading.load_celsius(scene.chosen, scene.outputs["BucketName"], data / "celsius")
    trained = following.run(scene.out, scene.chosen, "training", {"reason": CELSIUS, "trigger": "manual"})
    made = package(scene.chosen, trained["package_arn"])
    if made["ModelApprovalStatus"] != "Approved":
        raise CommandError(f"the gate refused the version that learned Celsius: {trained['package_arn']}")
    return made


def send_back(scene: Scene, data: Path) -> None:
    """Has a broken version released while passengers ask all the time, and shows how it is sent back.

    Raises:
        CommandError: a request got no decision, or the version was not sent back for its answers.
    """
    scene.out.print("\n[bold]A broken version[/]")
    broken = broken_version(scene)
    if broken is not None and broken["ModelApprovalStatus"] == "Rejected":
        scene.say(f"Version {broken['ModelPackageVersion']} was sent back in an earlier run of this demo:")
        scene.say(f"  {broken['ApprovalDescription']}")
        scene.say("To see it again: `mdlc local down`, then `make demo`.")
        return
    for line in (
        "From now on the data to train on holds temperatures in Celsius. Nobody told the passengers' app,",
        "which sends Fahrenheit. Checks, holdout and gate see Celsius: to them the version is a good one.",
    ):
        scene.say(line)
    known, served = following.releases(scene.chosen), endpoint(scene.chosen)
    try:
        trained = broken is None
        broken = broken or train_broken(scene, data)
        seen, result = tried(scene, broken, known if trained else None)
    finally:
        loading.load(scene.chosen, scene.outputs["BucketName"], data)
    broken = package(scene.chosen, broken["ModelPackageArn"])
    problems = seen.problems()
    if result.error != "RolledBack" or QUALITY not in result.cause:
        problems.insert(0, f"it was not sent back for its answers: {result.error} {result.cause}")
    if broken["ModelApprovalStatus"] != "Rejected":
        problems.append(f"version {seen.broken} is {broken['ModelApprovalStatus']}, not Rejected")
    if endpoint(scene.chosen) != served:
        problems.append(f"the endpoint has {endpoint(scene.chosen)}, not {served} as before")
    if lost := {one.request_id for one in seen.asked} - decisions(scene):
        problems.append(f"{len(lost)} decisions are not on record, such as {min(lost)}")
    if problems:
        raise CommandError(problems[0], detail="\n".join(problems[1:]))
    show(scene, seen, str(broken["ApprovalDescription"]))


def tried(scene: Scene, broken: Mapping[str, Any], known: set[str] | None) -> tuple[Meanwhile, Result]:
    """Asks all the time while a version is released; `known` are the releases before its approval, if any."""
    version = int(broken["ModelPackageVersion"])
    with all_the_time(scene.api, f"{scene.name}-while", drawn(scene.rows, PASSENGERS, seed=2)) as asked:
        for line in (
            *(f"           {sentence}" for sentence in gate_of(scene.chosen, broken)),
            f"Version {version} is approved, so its release has begun. Golden checks pass, too: the recorded",
            "flights leave before seven in the morning, when few are late whatever the unit. So it gets half",
            "of the traffic, and passengers ask all the time:",
        ):
            scene.say(line)
        if known is None:
            execution = following.start(scene.chosen, "release", {"package_version": version})
        else:
            execution = following.started_by_approval(scene.chosen, known)
        result = following.watched(scene.out, scene.chosen, execution)
        time.sleep(SETTLED_SECONDS)
    return Meanwhile(asked=asked, good=scene.version, broken=version, scores=scene.scores), result


def show(scene: Scene, seen: Meanwhile, reason: str) -> None:
    """What came of it."""
    fallbacks = f", {len(seen.fallbacks)} by the fallback" if seen.fallbacks else ""
    rows = (
        ("asked meanwhile", f"{len(seen.asked)} requests, 0 without an answer{fallbacks}; all on record"),
        ("broken answers", f"{len(seen.by_broken)}, {seen.share:.0%} of those from the first to the last"),
        ("", f"on average {seen.harm:.2f} from version {seen.good}'s score; every one with status 200"),
        ("taken back after", f"{seen.seconds:.1f} s; since then {len(seen.later)} answers, all good ones"),
        ("package", f"version {seen.broken} Rejected: {reason}"),
    )
    for name, text in rows:
        scene.say(f"  {name:18}{text}")


def endpoint(chosen: Target) -> tuple[str, str]:
    """The status of the endpoint, and the configuration that it serves."""
    found = chosen.client("sagemaker").describe_endpoint(EndpointName=following.MODEL)
    return found["EndpointStatus"], found["EndpointConfigName"]


def decisions(scene: Scene) -> set[str]:
    """The ids of this run's requests that are on record."""
    pages = (
        scene.chosen.client("dynamodb")
        .get_paginator("scan")
        .paginate(
            TableName=scene.outputs["DecisionTableName"],
            ProjectionExpression="request_id",
            FilterExpression="begins_with(request_id, :name)",
            ExpressionAttributeValues={":name": {"S": scene.name}},
        )
    )
    return {item["request_id"]["S"] for page in pages for item in page["Items"]}


SHOWN_OF_DECISION = ("decision", "score", "model_version", "rules_version", "rule", "action", "at")
SHOWN_OF_RELEASE = ("outcome", "version", "trigger", "error", "cause")


def show_records(scene: Scene, request_id: str) -> None:
    """What is on record of a decision, and of the newest release."""
    table = scene.outputs["DecisionTableName"]
    item = scene.chosen.client("dynamodb").get_item(TableName=table, Key={"request_id": {"S": request_id}})
    record = {name: next(iter(value.values())) for name, value in item["Item"].items()}
    scene.out.print(f"\n[bold]On record[/] of the decision {request_id}, in the table {table}")
    for name in SHOWN_OF_DECISION:
        scene.say(f"  {name:18}{record.get(name)}")
    items = audit.items(scene.chosen, scene.outputs["AuditTableName"], model=following.MODEL)
    sent_back = (item for item in audit.executions(items) if item.get("error") == "RolledBack")
    release = next(sent_back)
    scene.out.print("[bold]On record[/] of the release that was sent back, in the audit table")
    for name in SHOWN_OF_RELEASE:
        if name in release:
            scene.say(f"  {name:18}{release[name]}")
