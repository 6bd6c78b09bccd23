"""A model team's corner: an encrypted bucket, a least-privilege job role, and requests to vary."""

import copy
import io
import json
import tarfile
import time
import uuid
from dataclasses import dataclass
from typing import Any

from tests.local.embedded import ACCOUNT, REGION, Role, Server, allow

REGISTRY = f"683313688378.dkr.ecr.{REGION}.amazonaws.com"
XGBOOST = f"{REGISTRY}/sagemaker-xgboost:3.0-5"
SKLEARN = f"{REGISTRY}/sagemaker-scikit-learn:1.4-2-py312"
OWN = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/team/mine:1"
ECHO = "example.com/echo:1"
SCRIPT = "example.com/script:1"
WAIT_SECONDS = 60

ECHO_SERVER = """
import http.server, json, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_): pass
    def do_GET(self):
        self.answer(200 if self.path == "/ping" else 404, b"")
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        print("request", len(body.splitlines()), flush=True)
        base = os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")
        if b"poison" in body:
            status, body = 422, b"poisoned"
        else:
            status, body = 200, open(base + "/model/prefix.txt", "rb").read().strip() + b":" + body.strip()
        self.answer(status, body)
    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
port = int(os.environ["SAGEMAKER_BIND_TO_PORT"])
http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


def unique(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


@dataclass(frozen=True)
class Lab:
    """What tests of jobs share."""

    server: Server
    bucket: str
    key_arn: str
    role: Role

    @property
    def sagemaker(self) -> Any:
        return self.server.client("sagemaker")

    def put(self, key: str, body: str | bytes) -> str:
        self.server.client("s3").put_object(Bucket=self.bucket, Key=key, Body=body)
        return f"s3://{self.bucket}/{key}"

    def get(self, key: str) -> str:
        return str(self.server.client("s3").get_object(Bucket=self.bucket, Key=key)["Body"].read().decode())

    def keys(self, prefix: str) -> list[str]:
        listed = self.server.client("s3").list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return [entry["Key"] for entry in listed.get("Contents", [])]

    def archive(self, key: str, files: dict[str, str]) -> str:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
            for name, text in files.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(text.encode())
                tar.addfile(entry, io.BytesIO(text.encode()))
        return self.put(key, buffer.getvalue())

    def processing(self, code: str, **changes: Any) -> dict[str, Any]:
        """A CreateProcessingJob request that runs `code`; further members by keyword."""
        name = unique("process")
        self.put(f"{name}/code/main.py", code)
        request = {
            "ProcessingJobName": name,
            "RoleArn": self.role.arn,
            "AppSpecification": {
                "ImageUri": SKLEARN,
                "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/main.py"],
            },
            "ProcessingResources": {
                "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10}
            },
            "ProcessingInputs": [self.input("code", f"s3://{self.bucket}/{name}/code/")],
            "ProcessingOutputConfig": {"KmsKeyId": self.key_arn, "Outputs": [self.output("result", name)]},
        }
        return {**request, **changes}

    def input(self, name: str, uri: str, kind: str = "S3Prefix") -> dict[str, Any]:
        place = f"/opt/ml/processing/input/{name}"
        source = {"S3Uri": uri, "LocalPath": place, "S3DataType": kind, "S3InputMode": "File"}
        return {"InputName": name, "S3Input": source}

    def output(self, name: str, job: str) -> dict[str, Any]:
        place = f"/opt/ml/processing/output/{name}"
        target = {"S3Uri": f"s3://{self.bucket}/{job}/{name}", "LocalPath": place, "S3UploadMode": "EndOfJob"}
        return {"OutputName": name, "S3Output": target}

    def training(self, channels: dict[str, str], **changes: Any) -> dict[str, Any]:
        """A CreateTrainingJob request on the XGBoost image; `channels` maps names to URIs."""
        request = {
            "TrainingJobName": unique("train"),
            "RoleArn": self.role.arn,
            "AlgorithmSpecification": {"TrainingImage": XGBOOST, "TrainingInputMode": "File"},
            "HyperParameters": {
                "num_round": "10",
                "objective": "binary:logistic",
                "eval_metric": "auc,logloss",
            },
            "InputDataConfig": [
                {
                    "ChannelName": name,
                    "ContentType": "text/csv",
                    "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}},
                }
                for name, uri in channels.items()
            ],
            "OutputDataConfig": {"S3OutputPath": f"s3://{self.bucket}/models", "KmsKeyId": self.key_arn},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
            "StoppingCondition": {"MaxRuntimeInSeconds": 300},
        }
        return {**request, **changes}

    def script(self, code: str, **changes: Any) -> dict[str, Any]:
        """A CreateTrainingJob request that runs `code`, with a channel ``train`` that holds ``a.csv`` (7)."""
        place = unique("script")
        self.put(f"{place}/train/a.csv", "7\n")
        self.put(f"{place}/code/main.py", code)
        root = f"s3://{self.bucket}/{place}"
        specification = {"TrainingImage": SCRIPT, "TrainingInputMode": "File"}
        request = self.training({"train": f"{root}/train/", "code": f"{root}/code/"})
        return {**request, "AlgorithmSpecification": specification, **changes}

    def echo_model(self) -> str:
        """A model whose answers are ``echo:`` and the request."""
        name = unique("model")
        url = self.archive(f"{name}/model.tar.gz", {"prefix.txt": "echo", "serve.py": ECHO_SERVER})
        container = {"Image": ECHO, "ModelDataUrl": url}
        self.sagemaker.create_model(
            ModelName=name, ExecutionRoleArn=self.role.arn, PrimaryContainer=container
        )
        return name

    def transform(self, model: str, uri: str, **changes: Any) -> dict[str, Any]:
        """A CreateTransformJob request; members of TransformInput and TransformOutput by keyword too."""
        name = unique("transform")
        request: dict[str, Any] = {
            "TransformJobName": name,
            "ModelName": model,
            "TransformInput": {
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}},
                "ContentType": "text/csv",
                "SplitType": "Line",
            },
            "TransformOutput": {
                "S3OutputPath": f"s3://{self.bucket}/{name}",
                "AssembleWith": "Line",
                "KmsKeyId": self.key_arn,
            },
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        }
        changes = copy.deepcopy(changes)
        request["TransformInput"].update(changes.pop("TransformInput", {}))
        return {**request, **changes}

    def run(self, kind: str, request: dict[str, Any]) -> dict[str, Any]:
        """Create a job (``training``, ``processing``, ``transform``) and wait for its end."""
        getattr(self.sagemaker, f"create_{kind}_job")(**request)
        return self.wait(kind, request[f"{kind.capitalize()}JobName"])

    def wait(
        self, kind: str, name: str, until: tuple[str, ...] = ("Completed", "Failed", "Stopped")
    ) -> dict[str, Any]:
        field = f"{kind.capitalize()}JobName"
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            found: dict[str, Any] = getattr(self.sagemaker, f"describe_{kind}_job")(**{field: name})
            if found[f"{kind.capitalize()}JobStatus"] in until:
                return found
            time.sleep(0.05)
        raise AssertionError(f"{kind} job {name} did not reach {until}: {found}")

    def await_output(self, training_job: str, hosts: int = 1) -> list[str]:
        """What the hosts of a running training job have printed, as soon as all have."""
        deadline = time.monotonic() + WAIT_SECONDS
        files = self.server.state_dir / "logs" / "sagemaker" / "TrainingJobs" / training_job
        while True:
            texts = [path.read_text() for path in sorted(files.glob("*.log")) if path.stat().st_size]
            if len(texts) == hosts:
                return texts
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def log(self, kind: str, name: str) -> list[str]:
        """The lines of a job's streams in CloudWatch Logs."""
        logs, group = self.server.client("logs"), f"/aws/sagemaker/{kind.capitalize()}Jobs"
        streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{name}/")["logStreams"]
        return [
            event["message"]
            for stream in streams
            for event in logs.get_log_events(
                logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True
            )["events"]
        ]


def table(rows: int, seed: int = 1, *, label: bool = True) -> str:
    """CSV whose label depends on two of three features."""
    import random

    numbers = random.Random(seed)
    lines = []
    for _ in range(rows):
        cells = [numbers.random() for _ in range(3)]
        late = int(cells[0] + 0.5 * cells[1] > 0.75)
        lines.append(",".join([str(late)] * label + [f"{cell:.4f}" for cell in cells]))
    return "\n".join(lines) + "\n"


def job_statements(bucket: str, key_arn: str, account: str = ACCOUNT) -> list[dict[str, Any]]:
    """What a job's role needs, and nothing else."""
    return [
        allow("s3:ListBucket", f"arn:aws:s3:::{bucket}"),
        allow(["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{bucket}/*"),
        allow(["kms:Decrypt", "kms:GenerateDataKey"], key_arn),
        allow(
            ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            f"arn:aws:logs:{REGION}:{account}:log-group:/aws/sagemaker/*",
        ),
        allow("ecr:GetAuthorizationToken"),
        allow(
            ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            f"arn:aws:ecr:{REGION}:{account}:repository/team/mine",
        ),
    ]


def encryption(key_arn: str) -> dict[str, Any]:
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_arn}
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
