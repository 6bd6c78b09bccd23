"""The end of the demo: a broken version that passes all checks, and how its release is rolled back."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from examples.flight_delay import following, loading
from examples.flight_delay.asking import all_the_time, drawn
from examples.flight_delay.meanwhile import Meanwhile
from examples.flight_delay.serving import Scene, endpoint, package
from mdlc_cli.aws.target import Target
from mdlc_cli.errors import CommandError
from mdlc_cli.executions.running import Result
from mdlc_cli.output.terminal import line
from mdlc_client import audit

PASSENGERS = 2000
QUALITY = f"{following.MODEL}-rollback-Quality"
"""The alarm on answers outside their bands."""
CELSIUS = "make demo: temperatures in Celsius"
"""The reason in the audit item by which a second run of the demo finds the first run's broken version."""
SETTLED_SECONDS = 3.0
"""How long requests continue after a release has ended."""
SHOWN_OF_DECISION = ("decision", "score", "model_version", "rules_version", "rule", "action", "at")
SHOWN_OF_RELEASE = ("outcome", "version", "trigger", "error", "cause")


def broken_version(scene: Scene) -> dict[str, Any] | None:
    """The package that an earlier run trained on temperatures in Celsius, or None without one."""
    items = audit.items(scene.chosen, scene.outputs["AuditTableName"], model=following.MODEL)
    trainings = [item for item in audit.executions(items) if item.get("reason") == CELSIUS]
    arns = [str(item["package_arn"]) for item in trainings if item.get("package_arn")]
    return package(scene.chosen, arns[0]) if arns else None


def gate_of(chosen: Target, described: Mapping[str, Any]) -> list[str]:
    """The sentences of the gate's checks of a package."""
    bucket, _, prefix = described["CustomerMetadataProperties"]["evaluation"][5:].partition("/")
    report = chosen.client("s3").get_object(Bucket=bucket, Key=f"{prefix}report.json")["Body"].read()
    return [str(check["sentence"]) for check in json.loads(report)["checks"]]


def train_broken(scene: Scene, data: Path) -> dict[str, Any]:
    """Train on temperatures in Celsius; returns the package, whose approval has started its release.

    Raises:
        CommandError: the gate rejected it.
    """
    loading.load_celsius(scene.chosen, scene.outputs["BucketName"], data / "celsius")
    trained = following.run(scene.out, scene.chosen, "training", {"reason": CELSIUS, "trigger": "manual"})
    described = package(scene.chosen, trained["package_arn"])
    if described["ModelApprovalStatus"] != "Approved":
        raise CommandError(f"the gate refused the version that learned Celsius: {trained['package_arn']}")
    return described


def send_back(scene: Scene, data: Path) -> None:
    """Release a broken version during continuous requests, and show how it is rolled back.

    Raises:
        CommandError: a request got no decision, or the version was not rolled back for its answers.
    """
    scene.out.print(line(("\nA broken version", "bold")))
    broken = broken_version(scene)
    if broken is not None and broken["ModelApprovalStatus"] == "Rejected":
        say_again(scene, broken)
        return
    for text in (
        "From now on the data to train on holds temperatures in Celsius. Nobody told the passengers' app,",
        "which sends Fahrenheit. Checks, holdout and gate see Celsius: to them the version is a good one.",
    ):
        scene.say(text)
    known, served = following.executions(scene.chosen), endpoint(scene.chosen)
    try:
        trained = broken is None
        broken = broken or train_broken(scene, data)
        seen, result = tried(scene, broken, known if trained else None)
    finally:
        loading.load(scene.chosen, scene.outputs["BucketName"], data)
    broken = package(scene.chosen, broken["ModelPackageArn"])
    problems = seen.problems()
    if result.error != "RolledBack" or QUALITY not in result.cause:
        problems.insert(0, f"it was not rolled back for its answers: {result.error} {result.cause}")
    if broken["ModelApprovalStatus"] != "Rejected":
        problems.append(f"version {seen.broken} is {broken['ModelApprovalStatus']}, not Rejected")
    if endpoint(scene.chosen) != served:
        problems.append(f"the endpoint has {endpoint(scene.chosen)}, not {served} as before")
    if lost := {call.request_id for call in seen.asked} - decisions(scene):
        problems.append(f"{len(lost)} decisions are not on record, such as {min(lost)}")
    if problems:
        raise CommandError(problems[0], detail="\n".join(problems[1:]))
    show(scene, seen, str(broken["ApprovalDescription"]))


def say_again(scene: Scene, broken: Mapping[str, Any]) -> None:
    """Print what happened to the broken version in an earlier run.

    Raises:
        CommandError: it was rejected for another reason than its answers.
    """
    version, reason = broken["ModelPackageVersion"], str(broken.get("ApprovalDescription"))
    if not reason.startswith("RolledBack") or QUALITY not in reason:
        raise CommandError(
            f"version {version} was rejected in an earlier run, and not for its answers ({reason}): "
            "run `mdlc local down`, then `make demo`"
        )
    scene.say(f"Version {version} was rolled back in an earlier run of this demo:")
    scene.say(f"  {reason}")
    scene.say("To see it again: `mdlc local down`, then `make demo`.")


def tried(scene: Scene, broken: Mapping[str, Any], known: set[str] | None) -> tuple[Meanwhile, Result]:
    """Send requests during a version's release; `known` are the releases before its approval, if any."""
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
            execution = following.started_by_event(scene.chosen, known)
        result = following.watched(scene.out, scene.chosen, execution)
        time.sleep(SETTLED_SECONDS)
    return Meanwhile(asked=asked, good=scene.version, broken=version, scores=scene.scores), result


def show(scene: Scene, seen: Meanwhile, reason: str) -> None:
    """Print the results."""
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


def decisions(scene: Scene) -> set[str]:
    """The ids of this run's recorded requests."""
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


def show_records(scene: Scene, request_id: str) -> None:
    """Print the record of a decision, and that of the release that was rolled back."""
    table = scene.outputs["DecisionTableName"]
    item = scene.chosen.client("dynamodb").get_item(TableName=table, Key={"request_id": {"S": request_id}})
    record = {name: next(iter(value.values())) for name, value in item["Item"].items()}
    where = f" of the decision {request_id}, in the table {table}"
    scene.out.print(line(("\nOn record", "bold"), where))
    for name in SHOWN_OF_DECISION:
        scene.say(f"  {name:18}{record.get(name)}")
    items = audit.items(scene.chosen, scene.outputs["AuditTableName"], model=following.MODEL)
    sent_back = (item for item in audit.executions(items) if item.get("error") == "RolledBack")
    release = next(sent_back)
    scene.out.print(line(("On record", "bold"), " of the release that was rolled back, in the audit table"))
    for name in SHOWN_OF_RELEASE:
        if name in release:
            scene.say(f"  {name:18}{release[name]}")
