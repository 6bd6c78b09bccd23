"""Endpoints for tests: models, configurations, a crowd of callers, and waiting."""

import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config

from jobs.serving.archive import pack
from jobs.serving.program import Program, Step
from tests.local.embedded import REGION, Role, Server, allow
from tests.local.sagemaker.lab import ECHO, SKLEARN, XGBOOST, Lab, policy, table, unique

WAIT_SECONDS = 60
VARIANT = "AllTraffic"

TALKING_SERVER = """
import http.server, json, os, time
BASE = os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")
WORD = open(BASE + "/model/word.txt").read().strip()
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *_): pass
    def do_GET(self):
        self.answer(200 if self.path == "/ping" else 404, b"")
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        print("asked", body[:50], flush=True)
        if body == "crash": os._exit(3)
        if body == "teapot": return self.answer(418, b"a teapot")
        if body == "break": return self.answer(500, b"broken")
        if body.startswith("sleep"): time.sleep(float(body.split()[1]))
        told = {"word": WORD, "body": body[:50], "pid": os.getpid(), "headers": dict(self.headers)}
        self.answer(200, json.dumps(told).encode())
    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        custom = self.headers.get("X-Amzn-SageMaker-Custom-Attributes")
        if custom: self.send_header("X-Amzn-SageMaker-Custom-Attributes", "seen " + custom)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
time.sleep(float(open(BASE + "/model/start_seconds.txt").read()))
port = int(os.environ["SAGEMAKER_BIND_TO_PORT"])
http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


PROGRAM = Program(
    columns=dict.fromkeys("abc", "number"),
    steps=tuple(Step(feature=name, column=name, kind="number", fill=0.5) for name in "abc"),
)
"""The feature program of the rows that `trained` learns from."""


def variant(model: str, name: str = VARIANT, **changes: Any) -> dict[str, Any]:
    """A production variant on two instances."""
    usual = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 2, "InitialVariantWeight": 1.0}
    return {"VariantName": name, "ModelName": model, **usual, **changes}


@dataclass(frozen=True)
class Serving:
    """A lab with endpoints."""

    lab: Lab

    @property
    def server(self) -> Server:
        return self.lab.server

    @property
    def sagemaker(self) -> Any:
        return self.lab.sagemaker

    def runtime(self, role: Role | None = None) -> Any:
        """A client of the data plane that never tries again."""
        given = role.credentials if role else self.server.credentials
        connect: Any = boto3.client
        return connect(
            "sagemaker-runtime",
            endpoint_url=self.server.endpoint,
            region_name=REGION,
            config=Config(retries={"total_max_attempts": 1}, read_timeout=70),
            **given,
        )

    def talking(self, word: str, *, start_seconds: float = 0, **changes: Any) -> str:
        """A model that answers with its word and what it was asked."""
        name = unique("talking")
        files = {"word.txt": word, "start_seconds.txt": str(start_seconds), "serve.py": TALKING_SERVER}
        url = self.lab.archive(f"{name}/model.tar.gz", files)
        container = {"Image": ECHO, "ModelDataUrl": url}
        self.sagemaker.create_model(
            ModelName=name, ExecutionRoleArn=self.lab.role.arn, PrimaryContainer=container, **changes
        )
        return name

    def broken(self) -> str:
        """A model whose server ends at once."""
        name = unique("broken")
        url = self.lab.archive(f"{name}/model.tar.gz", {"serve.py": "raise SystemExit(4)"})
        self.sagemaker.create_model(
            ModelName=name,
            ExecutionRoleArn=self.lab.role.arn,
            PrimaryContainer={"Image": ECHO, "ModelDataUrl": url},
        )
        return name

    def echo(self) -> str:
        """A model that refuses what is poison."""
        return self.lab.echo_model()

    def trained(self, seed: int) -> str:
        """An XGBoost model, really trained."""
        place = unique("data")
        train = self.lab.put(f"{place}/train/a.csv", table(300, seed))
        ended = self.lab.run("training", self.lab.training({"train": train}))
        assert ended["TrainingJobStatus"] == "Completed", ended.get("FailureReason")
        name = unique("xgboost")
        container = {"Image": XGBOOST, "ModelDataUrl": ended["ModelArtifacts"]["S3ModelArtifacts"]}
        self.sagemaker.create_model(
            ModelName=name, ExecutionRoleArn=self.lab.role.arn, PrimaryContainer=container
        )
        return name

    def released(self, version: int, seed: int, **changes: Any) -> str:
        """A model of three containers, as a release makes it: rows in, the stamped scores of XGBoost out."""
        place = unique("release")
        archive = self.lab.put(f"{place}/model.tar.gz", pack(PROGRAM))
        trained = self.sagemaker.describe_model(ModelName=self.trained(seed))["PrimaryContainer"]

        def step(name: str) -> dict[str, Any]:
            environment = {
                "SAGEMAKER_PROGRAM": "serve.py",
                "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
                "MDLC_SERVING_STEP": name,
                "MDLC_MODEL_VERSION": str(version),
            }
            return {"Image": SKLEARN, "ModelDataUrl": archive, "Environment": environment}

        return self.piped(step("prepare"), trained, step("stamp"), **changes)

    def piped(self, *containers: dict[str, Any], **changes: Any) -> str:
        """A model of several containers."""
        name = unique("piped")
        self.sagemaker.create_model(
            ModelName=name, ExecutionRoleArn=self.lab.role.arn, Containers=list(containers), **changes
        )
        return name

    def config(self, *variants: dict[str, Any], **changes: Any) -> str:
        name = unique("config")
        self.sagemaker.create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=list(variants), **changes
        )
        return name

    def endpoint(self, config: str, **changes: Any) -> str:
        """An endpoint in service."""
        name = unique("endpoint")
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config, **changes)
        ended = self.wait(name)
        assert ended["EndpointStatus"] == "InService", ended.get("FailureReason")
        return name

    def update(self, name: str, config: str, deployment: dict[str, Any] | None = None, **changes: Any) -> Any:
        """Update and wait for the end."""
        if deployment is not None:
            changes["DeploymentConfig"] = deployment
        self.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config, **changes)
        return self.wait(name)

    def describe(self, name: str) -> Any:
        return self.sagemaker.describe_endpoint(EndpointName=name)

    def wait(self, name: str) -> Any:
        """The description, once nothing is under way."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            found = self.describe(name)
            if found["EndpointStatus"] not in ("Creating", "Updating", "RollingBack", "Deleting"):
                return found
            time.sleep(0.05)
        raise AssertionError(f"endpoint {name} is still {found['EndpointStatus']}")

    def delete(self, name: str) -> None:
        """Delete an endpoint and wait until it is gone."""
        self.sagemaker.delete_endpoint(EndpointName=name)
        deadline = time.monotonic() + WAIT_SECONDS
        while self.sagemaker.list_endpoints(NameContains=name)["Endpoints"]:
            assert time.monotonic() < deadline, f"endpoint {name} is still there"
            time.sleep(0.05)

    def ask(self, name: str, body: str = "hello", **members: Any) -> Any:
        """The JSON that a talking model answers."""
        return json.loads(
            self.runtime().invoke_endpoint(EndpointName=name, Body=body, **members)["Body"].read()
        )

    def alarm(self, name: str, dimensions: dict[str, str], **changes: Any) -> str:
        """An alarm on any 5xx answer within a minute."""
        usual: dict[str, Any] = {
            "AlarmName": name,
            "Namespace": "AWS/SageMaker",
            "MetricName": "Invocation5XXErrors",
            "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching",
        }
        self.server.client("cloudwatch").put_metric_alarm(**{**usual, **changes})
        return name

    def metric(self, name: str, dimensions: dict[str, str], statistic: str = "Sum") -> float:
        """One statistic of the last ten minutes; waits until there is any."""
        now = time.time()
        deadline = time.monotonic() + 10
        while True:
            found = self.server.client("cloudwatch").get_metric_statistics(
                Namespace="AWS/SageMaker",
                MetricName=name,
                Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
                StartTime=now - 600,
                EndTime=now + 600,
                Period=1200,
                Statistics=[statistic],
            )["Datapoints"]
            if found or time.monotonic() > deadline:
                return float(sum(point[statistic] for point in found))
            time.sleep(0.1)


@dataclass
class Crowd:
    """Callers that ask an endpoint without pause until told to stop."""

    serving: Serving
    endpoint: str
    body: str
    content_type: str = "text/csv"
    callers: int = 4
    answers: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def __enter__(self) -> "Crowd":
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._call, daemon=True) for _ in range(self.callers)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _call(self) -> None:
        runtime = self.serving.runtime()
        while not self._stop.is_set():
            started = time.perf_counter()
            try:
                answer = runtime.invoke_endpoint(
                    EndpointName=self.endpoint, Body=self.body, ContentType=self.content_type
                )
                self.answers[answer["Body"].read().decode()] += 1
            except Exception as error:
                self.failures.append(repr(error))
            self.seconds.append(time.perf_counter() - started)

    def await_requests(self, count: int) -> None:
        """Wait until so many more requests were answered."""
        goal = len(self.seconds) + count
        deadline = time.monotonic() + WAIT_SECONDS
        while len(self.seconds) < goal:
            assert time.monotonic() < deadline, f"{len(self.seconds)} of {goal} requests"
            time.sleep(0.02)

    def quantile(self, share: float) -> float:
        """A quantile of the latencies, in milliseconds."""
        ordered = sorted(self.seconds)
        return 1000 * ordered[int(share * (len(ordered) - 1))]


def may_look_at_alarms(lab: Lab) -> None:
    """Give the models' role what SageMaker needs to look at auto-rollback alarms."""
    lab.server.client("iam").put_role_policy(
        RoleName=lab.role.name, PolicyName="alarms", PolicyDocument=policy(allow("cloudwatch:DescribeAlarms"))
    )
