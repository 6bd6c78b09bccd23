"""Entry point of the release planner: chooses the package, decides what is left, writes `plan.json`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from lambdas.aws import registry
from lambdas.aws.clients import client
from lambdas.aws.endpoints import endpoint
from lambdas.aws.executions import is_running
from lambdas.aws.packages import choose, package_from
from lambdas.aws.tags import with_execution
from lambdas.functions.plan_release import logic
from lambdas.planning import sources
from lambdas.planning.audit import RecordedExperiment, champion_of, experiment_of, run_of
from lambdas.planning.errors import NoData
from lambdas.planning.execution_plan import decode_input, put_plan, utc_now
from mdlc_constructs.settings.payloads.codec import JsonValue, decode, encode
from mdlc_constructs.settings.payloads.release import ReleaseInput, ReleasePlannerRequest

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

logger = Logger(service="plan-release")


def handler(event: Mapping[str, JsonValue], context: object) -> dict[str, JsonValue]:
    """Plan a release: from a `ReleasePlannerRequest` to a `ReleasePlan`."""
    request = decode(ReleasePlannerRequest, event)
    release = decode_input(ReleaseInput, request.input)
    s3, sagemaker, dynamodb = client("s3"), client("sagemaker"), client("dynamodb")
    home, settings = request.home, request.settings
    arn = choose(
        registry.packages(sagemaker, home.group),
        release.package_version,
        home.group,
        must_be_approved=not release.forward_only,
    )
    package = package_from(sagemaker.describe_model_package(ModelPackageName=arn))
    folder = f"s3://{home.bucket}/golden/"
    golden = _golden(s3, folder) if settings.golden is not None else logic.Golden()
    plan = logic.decide(
        request,
        release,
        logic.Facts(
            golden=golden,
            package=package,
            live=endpoint(sagemaker, client("application-autoscaling"), settings.endpoint.name),
            champion=champion_of(dynamodb, home.table, request.model),
            recorded=lambda run: run_of(dynamodb, home.table, request.model, run),
            look_up=registry.look_ups(sagemaker),
            experiment=_experiment(request),
            now=utc_now(),
        ),
    )
    uris = dict(plan.uris)
    if golden.rows is not None and "ScoreGolden" in plan.names and plan.step != "Done":
        body = replace(logic.golden_plan(request, golden.rows, package), run=plan.run)
        uris["plan"] = put_plan(s3, home.bucket, body)
    logger.info("planned", extra={"run": plan.run, "step": plan.step, "package": package.arn})
    return encode(with_execution(replace(plan, uris=uris), client("stepfunctions"), request.execution))


def _experiment(request: ReleasePlannerRequest) -> RecordedExperiment | None:
    """The experiment recorded for the endpoint, with `alive` set when another running execution owns it."""
    experiment = experiment_of(
        client("dynamodb"), request.home.table, request.model, request.settings.endpoint.name
    )
    if experiment is None or experiment.execution == request.execution.id:
        return experiment
    return replace(experiment, alive=is_running(client("stepfunctions"), experiment.execution))


def _golden(s3: "S3Client", folder: str) -> logic.Golden:
    """The files of the golden checks; each may be missing."""
    try:
        files = {file.name: file for file in sources.list_files(s3, folder)}
    except NoData:
        return logic.Golden()
    return logic.Golden(rows=files.get("rows.jsonl"), expected=files.get("expected.csv"))
