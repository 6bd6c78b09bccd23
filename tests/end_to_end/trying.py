"""Two models with versions as good and as bad as a test wants them, and the workflows that try them."""

import io
import json
import subprocess
import tarfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib import request

from aws_cdk import App, CfnOutput, RemovalPolicy, Stack
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from mdlc_cli.aws import local
from mdlc_cli.deploying import cdk
from mdlc_cli.tools import toolchain
from mdlc_constructs import (
    ABTest,
    AllAtOnce,
    Dataset,
    DecisionApi,
    Decisions,
    Fallback,
    ModelHome,
    RealTimeInferenceWorkflow,
    RollbackAlarms,
    Serving,
    Shadow,
)
from tests.end_to_end.aws import Aws, Execution
from tests.end_to_end.team import Team

REGION = "us-east-1"
IMAGE = f"683313688378.dkr.ecr.{REGION}.amazonaws.com/sagemaker-scikit-learn:1.4-2-py312"
SHADOWED, TESTED = Team(model="shadowed"), Team(model="tested")
BRIEF = AllAtOnce(bake=timedelta(minutes=1))
SHADOW = Shadow(duration=timedelta(minutes=8), tolerance=0.1, slower=50, pairs=10, then=BRIEF)
AB_TEST = ABTest(duration=timedelta(minutes=13), outcomes=30, collapse=BRIEF)
ROWS = 24

SERVE = """
import json

def model_fn(folder):
    return None

def input_fn(body, content_type):
    text = body.decode() if isinstance(body, bytes) else body
    return [json.loads(line) for line in text.splitlines()]

def predict_fn(rows, model):
    return [{{"score": row["delay"] / 100 + {shift}, "version": {version}}} for row in rows]

def output_fn(answers, accept):
    return "".join(json.dumps(one) + "\\n" for one in answers), accept
"""

RULES = {
    "schema_version": 1,
    "version": "first",
    "bands": [{"below": 0.5, "decision": "wait"}, {"from": 0.5, "decision": "rebook"}],
}


def synthesize(folder: Path) -> Path:
    """Both models in one stack."""
    app = App(outdir=str(folder))
    stack = Stack(app, "Trying")
    dataset = Dataset.csv(
        "s3://elsewhere/raw/",
        label="late",
        timestamp="time_hour",
        entity="tail",
        row_key=("id",),
        columns={
            "id": "text",
            "tail": "text",
            "delay": "number",
            "time_hour": "timestamp",
            "late": "integer",
        },
        features=("delay",),
    )
    for team, rollout in ((SHADOWED, SHADOW), (TESTED, AB_TEST)):
        home = ModelHome(stack, team.model.title(), name=team.model, removal_policy=RemovalPolicy.DESTROY)
        workflow = RealTimeInferenceWorkflow(
            stack,
            f"{team.model.title()}Release",
            home=home,
            dataset=dataset,
            serving=Serving(
                instances=1, prepares=False, alarms=RollbackAlarms(quality_share=None), startup_seconds=600
            ),
            rollout=rollout,
            golden=None,
            starts_on_approval=False,
        )
        CfnOutput(stack, f"{team.model.title()}Bucket", value=home.bucket_name)
        CfnOutput(stack, f"{team.model.title()}Table", value=home.audit_table_name)
    api = DecisionApi(
        stack,
        "Api",
        home=home,
        account_log_role=True,
        endpoint=workflow,
        decisions=Decisions(
            decisions=("rebook", "wait"),
            # A busy machine must not turn answers into fallbacks.
            fallback=Fallback(decision="wait", endpoint_timeout=timedelta(seconds=6)),
            columns={"tail": "text", "delay": "number"},
            required=("tail", "delay"),
            rules_age=timedelta(seconds=1),
        ),
        rules=RULES,
    )
    CfnOutput(stack, "ApiId", value=api.api_id)
    app.synth()
    return folder


@dataclass(frozen=True)
class Trying:
    """The deployed stack."""

    aws: Aws
    outputs: dict[str, str]

    @classmethod
    def deployed(cls, aws: Aws, folder: Path) -> "Trying":
        """Deploy it."""
        cdk.bootstrap_when_needed(aws.target)
        done = subprocess.run(
            [
                *toolchain.cdk_command(),
                *("deploy", "--require-approval", "never", "--no-notices"),
                *("--app", str(synthesize(folder))),
            ],
            cwd=folder.parent,
            env=cdk.environment(aws.target),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        found = aws.client("cloudformation").describe_stacks(StackName="Trying")["Stacks"][0]
        return cls(aws, {one["OutputKey"]: one["OutputValue"] for one in found["Outputs"]})

    def bucket(self, team: Team) -> str:
        """The model's bucket."""
        return self.outputs[f"{team.model.title()}Bucket"]

    def register(self, team: Team, version: int, shift: float) -> None:
        """Register and approve a version whose scores are shifted by so much."""
        code = SERVE.format(shift=shift, version=version).encode()
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
            entry = tarfile.TarInfo("code/serve.py")
            entry.size = len(code)
            tar.addfile(entry, io.BytesIO(code))
        key = f"training/{version}/model.tar.gz"
        self.aws.client("s3").put_object(Bucket=self.bucket(team), Key=key, Body=buffer.getvalue())
        self.aws.client("sagemaker").create_model_package(
            ModelPackageGroupName=team.model,
            ModelApprovalStatus="Approved",
            InferenceSpecification={
                "Containers": [
                    {
                        "Image": IMAGE,
                        "ModelDataUrl": f"s3://{self.bucket(team)}/{key}",
                        "Environment": {
                            "SAGEMAKER_PROGRAM": "serve.py",
                            "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
                        },
                    }
                ],
                "SupportedContentTypes": ["application/jsonlines"],
                "SupportedResponseMIMETypes": ["application/jsonlines"],
            },
            CustomerMetadataProperties={"program": "s3://none/", "model": f"{team.model}-own", "run": "own"},
        )

    def start(self, team: Team, version: int) -> str:
        """Start the release of a version."""
        return self.aws.start(team, "release", {"package_version": version})

    def break_off(self, execution: str) -> None:
        """Stop a release, as a fault or a person may, and leave its endpoint as it is."""
        self.aws.client("stepfunctions").stop_execution(executionArn=execution, cause="a test")

    def wait(self, execution: str) -> Execution:
        """Wait for a release."""
        return self.aws.wait(execution)

    def config(self, team: Team) -> dict[str, Any]:
        """The endpoint's configuration in service."""
        sagemaker = self.aws.client("sagemaker")
        name = sagemaker.describe_endpoint(EndpointName=team.model)["EndpointConfigName"]
        described: dict[str, Any] = sagemaker.describe_endpoint_config(EndpointConfigName=name)
        return described

    def item(self, team: Team) -> dict[str, str]:
        """What is noted of an experiment on the endpoint."""
        key = {"pk": {"S": f"MODEL#{team.model}"}, "sk": {"S": f"EXPERIMENT#{team.model}"}}
        table = self.outputs[f"{team.model.title()}Table"]
        found = self.aws.client("dynamodb").get_item(TableName=table, Key=key).get("Item", {})
        return {name: next(iter(value.values())) for name, value in found.items()}

    def status(self, team: Team, version: int) -> tuple[str, str]:
        """Whether a version is approved, and why it was rolled back."""
        arn = f"arn:aws:sagemaker:{REGION}:000000000000:model-package/{team.model}/{version}"
        found = self.aws.package(arn)
        return found["ModelApprovalStatus"], found.get("ApprovalDescription", "")

    def ask_endpoint(self, team: Team, count: int) -> list[dict[str, Any]]:
        """Ask the endpoint as callers do, who give no inference id."""

        def ask(number: int) -> dict[str, Any]:
            answer = self.aws.client("sagemaker-runtime").invoke_endpoint(
                EndpointName=team.model,
                ContentType="application/jsonlines",
                Body=json.dumps({"tail": f"N{number}", "delay": number}).encode(),
            )
            made: dict[str, Any] = json.loads(answer["Body"].read())
            return made

        return _at_once(ask, range(count))

    def decide(self, prefix: str, tails: list[str]) -> list[dict[str, Any]]:
        """Ask for a decision about each plane."""
        url = f"{self.aws.server.endpoint}/_aws/execute-api/{self.outputs['ApiId']}/live/decisions"

        def ask(tail: str) -> dict[str, Any]:
            given = {"request_id": f"{prefix}-{tail}", "row": {"tail": tail, "delay": 10}}
            data = json.dumps(given).encode()
            made = AWSRequest("POST", url, data=data, headers={"Content-Type": "application/json"})
            keys = Credentials(local.ACCOUNT, self.aws.server.secret)
            SigV4Auth(keys, "execute-api", REGION).add_auth(made)
            headers = {name: str(value) for name, value in made.headers.items()}
            with request.urlopen(request.Request(url, data=data, headers=headers), timeout=40) as answer:
                told: dict[str, Any] = json.load(answer)
                return {**told, "tail": tail}

        return _at_once(ask, tails)

    def tell_outcomes(self, name: str, values: dict[str, float]) -> None:
        """Upload what came of requests, as the team does."""
        lines = [json.dumps({"request_id": id_, "value": value}) for id_, value in values.items()]
        body = "\n".join(lines).encode()
        self.aws.client("s3").put_object(Bucket=self.bucket(TESTED), Key=f"outcomes/{name}.jsonl", Body=body)


def _at_once(ask: Callable[[Any], dict[str, Any]], what: Any) -> list[dict[str, Any]]:
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(ask, what))
