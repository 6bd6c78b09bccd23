"""Entry point of the release planner: choose the package, look up what exists, decide, write `plan.json`."""

from dataclasses import replace
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from lambdas.aws import registry
from lambdas.aws.clients import client
from lambdas.aws.endpoints import endpoint
from lambdas.aws.packages import choose, package_from
from lambdas.aws.tags import of_machine
from lambdas.functions.plan_release import logic
from lambdas.functions.plan_release.trials import Noted
from lambdas.planning import sources
from lambdas.planning.audit import champion_of, experiment_of, run_of
from lambdas.planning.errors import NoData
from lambdas.planning.execution_plan import put_plan, utc_now, wait_seconds
from mdlc_constructs.settings.payloads.codec import encode

logger = Logger(service="plan-release")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Plan a release (see `logic.decide` for what comes back)."""
    s3, sagemaker, dynamodb = client("s3"), client("sagemaker"), client("dynamodb")
    given = logic.checked_input(event["input"])
    home, settings = event["home"], event["settings"]
    arn = choose(
        registry.packages(sagemaker, home["group"]),
        given.get("package_version"),
        home["group"],
        must_be_approved=not given.get("forward_only"),
    )
    package = package_from(sagemaker.describe_model_package(ModelPackageName=arn))
    folder = f"s3://{home['bucket']}/golden/"
    golden = _golden(s3, folder) if settings["golden"] is not None else logic.Golden()
    plan = logic.decide(
        event,
        golden,
        package,
        endpoint(sagemaker, client("application-autoscaling"), settings["endpoint"]["name"]),
        champion_of(dynamodb, home["table"], event["model"]),
        lambda run: run_of(dynamodb, home["table"], event["model"], run),
        logic.LookUps(
            processing=registry.processing_jobs(sagemaker),
            transform=registry.transform_jobs(sagemaker),
            model=registry.models(sagemaker),
            config=registry.endpoint_configs(sagemaker),
        ),
        noted=Noted.of(
            experiment_of(dynamodb, home["table"], event["model"], settings["endpoint"]["name"]),
            event["execution"]["id"],
            _runs,
        ),
        now=utc_now(),
    )
    plan["tags"] = of_machine(client("stepfunctions"), event["execution"]["id"])
    plan["wait_seconds"] = wait_seconds(event["execution"]["started_at"], utc_now())
    if golden.rows is not None and "ScoreGolden" in plan["names"] and plan["step"] != "Done":
        body = encode(replace(logic.golden_plan(event, golden.rows, package), run=plan["run"]))
        plan["uris"]["plan"] = put_plan(s3, home["bucket"], plan["run"], body)
    logger.info("planned", extra={"run": plan["run"], "step": plan["step"], "package": package.arn})
    return plan


def _runs(execution: str) -> bool:
    """Whether an execution of this machine still runs."""
    try:
        found = client("stepfunctions").describe_execution(executionArn=execution)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ExecutionDoesNotExist":
            return False
        raise
    return bool(found["status"] == "RUNNING")


def _golden(s3: Any, folder: str) -> logic.Golden:
    """The golden checks' files, of which neither need be there."""
    try:
        found = {file.name: file for file in sources.list_files(s3, folder)}
    except NoData:
        return logic.Golden()
    return logic.Golden(rows=found.get("rows.jsonl"), expected=found.get("expected.csv"))
