"""A stack with a decision API in both shapes, the endpoint that it asks, and callers that sign."""

import io
import json
import subprocess
import tarfile
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib import error, request

from aws_cdk import App, CfnOutput, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from mdlc_cli.aws import local
from mdlc_cli.deploying import cdk
from mdlc_cli.tools import toolchain
from mdlc_constructs import ActionCall, DecisionApi, Decisions, Fallback, FeatureLookup, ModelHome
from tests.end_to_end.aws import SECONDS, Aws

NAME = "deciding"
REGION = "us-east-1"
ACCOUNT = "000000000000"
IMAGE = f"683313688378.dkr.ecr.{REGION}.amazonaws.com/sagemaker-scikit-learn:1.4-2-py312"
VERSION = 7

SERVE = f"""
import json

def model_fn(folder):
    return None

def input_fn(body, content_type):
    assert content_type == "application/jsonlines", content_type
    text = body.decode() if isinstance(body, bytes) else body
    return [json.loads(line) for line in text.splitlines()]

def predict_fn(rows, model):
    return [{{"score": row["delay"] / 100 + row["seats"] / 1000, "version": {VERSION}}} for row in rows]

def output_fn(answers, accept):
    return "".join(json.dumps(one) + "\\n" for one in answers), accept
"""

ACT = """
import boto3, os
def handler(event, context):
    boto3.client("dynamodb").update_item(
        TableName=os.environ["TABLE"], Key={"request_id": {"S": event["request_id"]}},
        UpdateExpression="ADD times :one SET decision = :decision",
        ExpressionAttributeValues={":one": {"N": "1"}, ":decision": {"S": event["decision"]}})
"""

DECISIONS = Decisions(
    decisions=("rebook", "wait"),
    fallback=Fallback(decision="wait", endpoint_timeout=timedelta(seconds=3)),
    columns={"tail_number": "category", "delay": "number", "seats": "integer", "tier": "category"},
    required=("tail_number", "delay"),
    # A busy machine of tests may take its time.
    lookup=FeatureLookup(
        key="tail_number", table_key="id", defaults={"seats": 100, "tier": None}, timeout=timedelta(seconds=2)
    ),
    action=ActionCall(decisions=("rebook",), timeout=timedelta(seconds=5), again_after=timedelta(seconds=6)),
    rules_age=timedelta(seconds=1),
)


def rules(version: str, edge: float = 0.5) -> dict[str, Any]:
    """Rules that rebook from a score on, and every passenger of the tier gold."""
    return {
        "schema_version": 1,
        "version": version,
        "overrides": [{"name": "gold", "when": {"tier": {"is": "gold"}}, "decision": "rebook"}],
        "bands": [{"below": edge, "decision": "wait"}, {"from": edge, "decision": "rebook"}],
    }


@dataclass(frozen=True)
class Endpoint:
    """What the API asks; it is no part of the stack."""

    endpoint_name: str = NAME


def synthesize(folder: Path) -> Path:
    """The stack's cloud assembly."""
    app = App(outdir=str(folder))
    stack = Stack(app, "Deciding")
    home = ModelHome(stack, "Model", name=NAME, removal_policy=RemovalPolicy.DESTROY)

    def table(id_: str, key: str) -> dynamodb.Table:
        attribute = dynamodb.Attribute(name=key, type=dynamodb.AttributeType.STRING)
        return dynamodb.Table(stack, id_, partition_key=attribute, removal_policy=RemovalPolicy.DESTROY)

    fleet, acts = table("Fleet", "id"), table("Acts", "request_id")
    act = lambda_.Function(
        stack,
        "Act",
        runtime=lambda_.Runtime.PYTHON_3_14,
        handler="index.handler",
        code=lambda_.Code.from_inline(ACT),
        environment={"TABLE": acts.table_name},
    )
    acts.grant_read_write_data(act)
    api = DecisionApi(
        stack,
        "Api",
        home=home,
        endpoint=Endpoint(),
        decisions=DECISIONS,
        rules=rules("first"),
        feature_table=fleet,
        action=act,
        shape="both",
        account_log_role=True,
    )
    outputs = {"Fleet": fleet.table_name, "Acts": acts.table_name, "Rules": api.rules_uri}
    for name, value in {**outputs, "Api": api.api_id, "Decisions": api.table_name}.items():
        CfnOutput(stack, f"{name}Output", value=value)
    app.synth()
    return folder


@dataclass(frozen=True)
class Answer:
    """What a caller receives."""

    status: int
    content: Any


@dataclass(frozen=True)
class Deciding:
    """The deployed stack."""

    aws: Aws
    outputs: dict[str, str]

    @classmethod
    def deployed(cls, aws: Aws, folder: Path) -> "Deciding":
        """Deploy the stack, and the endpoint beside it."""
        cdk.bootstrap_when_needed(aws.target)
        command = ["deploy", "--require-approval", "never", "--no-notices", "--app", str(synthesize(folder))]
        done = subprocess.run(
            [*toolchain.cdk_command(), *command],
            cwd=folder.parent,
            env=cdk.environment(aws.target),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        found = aws.client("cloudformation").describe_stacks(StackName="Deciding")["Stacks"][0]
        return cls(
            aws, {one["OutputKey"].removesuffix("Output"): one["OutputValue"] for one in found["Outputs"]}
        )

    def ask(
        self, request_id: str, row: dict[str, Any], *, express: bool = False, signed: bool = True
    ) -> Answer:
        """POST a request for a decision."""
        data = json.dumps({"request_id": request_id, "row": row}).encode()
        return self.post(data, express=express, signed=signed)

    def post(
        self,
        data: bytes,
        *,
        express: bool = False,
        signed: bool = True,
        content_type: str = "application/json",
    ) -> Answer:
        """POST a body as it is."""
        path = "decisions/express" if express else "decisions"
        url = f"{self.aws.server.endpoint}/_aws/execute-api/{self.outputs['Api']}/live/{path}"
        made = AWSRequest("POST", url, data=data, headers={"Content-Type": content_type})
        if signed:
            SigV4Auth(self.keys, "execute-api", REGION).add_auth(made)
        headers = {name: str(value) for name, value in made.headers.items()}
        try:
            with request.urlopen(request.Request(url, data=data, headers=headers), timeout=40) as answer:
                return Answer(answer.status, json.load(answer))
        except error.HTTPError as refused:
            with refused:
                return Answer(refused.code, json.load(refused))

    @property
    def keys(self) -> Credentials:
        """The credentials of callers."""
        return Credentials(local.ACCOUNT, self.aws.server.secret)

    def record(self, request_id: str) -> dict[str, Any]:
        """What the table of decisions holds about a request."""
        key = {"request_id": {"S": request_id}}
        found = self.aws.client("dynamodb").get_item(TableName=self.outputs["Decisions"], Key=key)
        return {name: next(iter(value.values())) for name, value in found.get("Item", {}).items()}

    def times_acted(self, request_id: str) -> int:
        """How often the action was called for a request."""
        key = {"request_id": {"S": request_id}}
        found = self.aws.client("dynamodb").get_item(TableName=self.outputs["Acts"], Key=key)
        return int(found["Item"]["times"]["N"]) if "Item" in found else 0

    def execute(self, request_id: str, row: dict[str, Any]) -> dict[str, Any]:
        """Run the Express machine, as API Gateway does."""
        client = self.aws.client("stepfunctions")
        machines = client.list_state_machines()["stateMachines"]
        (arn,) = (one["stateMachineArn"] for one in machines if one["name"] == f"{NAME}-decisions")
        # AWS has a host of its own for this call.
        client.meta.config.inject_host_prefix = False
        told = json.dumps({"request_id": request_id, "row": row})
        ended: dict[str, Any] = client.start_sync_execution(stateMachineArn=arn, input=told)
        return ended

    def upload_rules(self, document: dict[str, Any]) -> None:
        """As the team does."""
        bucket, _, key = self.outputs["Rules"].removeprefix("s3://").partition("/")
        self.aws.client("s3").put_object(Bucket=bucket, Key=key, Body=json.dumps(document).encode())

    def make_endpoint(self) -> None:
        """An endpoint with one container, in service."""
        bucket, role = f"{NAME}-artifacts", self._role()
        self.aws.client("s3").create_bucket(Bucket=bucket)
        self.aws.client("s3").put_object(Bucket=bucket, Key="model.tar.gz", Body=_archive())
        sagemaker = self.aws.client("sagemaker")
        container = {
            "Image": IMAGE,
            "ModelDataUrl": f"s3://{bucket}/model.tar.gz",
            "Environment": {
                "SAGEMAKER_PROGRAM": "serve.py",
                "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
            },
        }
        sagemaker.create_model(ModelName=NAME, ExecutionRoleArn=role, PrimaryContainer=container)
        variant = {
            "VariantName": "main",
            "ModelName": NAME,
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 1,
            "InitialVariantWeight": 1.0,
        }
        sagemaker.create_endpoint_config(EndpointConfigName=NAME, ProductionVariants=[variant])
        sagemaker.create_endpoint(EndpointName=NAME, EndpointConfigName=NAME)
        deadline = time.monotonic() + SECONDS
        while (found := sagemaker.describe_endpoint(EndpointName=NAME))["EndpointStatus"] == "Creating":
            assert time.monotonic() < deadline, "the endpoint does not come up"
            time.sleep(0.1)
        assert found["EndpointStatus"] == "InService", found.get("FailureReason")

    def _role(self) -> str:
        iam = self.aws.client("iam")
        service = {"Service": "sagemaker.amazonaws.com"}
        trust = {"Effect": "Allow", "Principal": service, "Action": "sts:AssumeRole"}
        role = iam.create_role(
            RoleName=NAME,
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        )["Role"]["Arn"]
        allowed = [
            "s3:GetObject",
            "s3:ListBucket",
            "ecr:GetAuthorizationToken",
            "ecr:BatchGetImage",
            "ecr:BatchCheckLayerAvailability",
            "ecr:GetDownloadUrlForLayer",
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:DescribeLogStreams",
            "logs:PutLogEvents",
            "cloudwatch:PutMetricData",
        ]
        statement = {"Effect": "Allow", "Action": allowed, "Resource": "*"}
        iam.put_role_policy(
            RoleName=NAME,
            PolicyName="Work",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        )
        return str(role)


def _archive() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        entry = tarfile.TarInfo("code/serve.py")
        entry.size = len(SERVE.encode())
        tar.addfile(entry, io.BytesIO(SERVE.encode()))
    return buffer.getvalue()
