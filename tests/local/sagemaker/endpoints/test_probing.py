"""A release that answers 200 and wrongly is rolled back by its answers, on real model servers."""

import io
import json
import time
import zipfile
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lambdas.functions.probe_answers import handler
from mdlc_constructs.settings.golden_checks import GoldenChecks
from mdlc_constructs.settings.rollback_alarms import RollbackAlarms
from mdlc_constructs.settings.rollout import Canary
from mdlc_constructs.settings.serving import Serving as ServingSettings
from mdlc_constructs.tasks.deployment import deployment_config
from mdlc_constructs.workflows.real_time_inference.probe_states import WatchedRelease, probing, record_answers
from tests.local.embedded import allow
from tests.local.sagemaker.lab import ECHO, policy, unique
from tests.local.sagemaker.serving import Serving, variant
from tests.local.states.running import create, ended, events

TIME_SCALE = 60
CANARY = Canary(percent=10, bake=timedelta(minutes=10))
LONG_CANARY = replace(CANARY, bake=timedelta(minutes=50))
"""For versions that are rolled back, however slowly this machine looks: nobody waits for its end."""

SCORING_SERVER = """
import http.server, json, os
BASE = os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")
SETTINGS = json.load(open(BASE + "/model/settings.json"))
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *_): pass
    def do_GET(self):
        self.answer(b"")
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        told = []
        for line in body.splitlines():
            score = json.loads(line)["x"] / 10 + SETTINGS["off"]
            told.append(json.dumps({"score": score, "version": SETTINGS["version"]}))
        self.answer("\\n".join(told).encode())
    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "application/jsonlines")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
port = int(os.environ["SAGEMAKER_BIND_TO_PORT"])
http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


class Release:
    """An endpoint on version 6 with golden rows and captured requests, and updates of it."""

    def __init__(self, serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
        self.serving, self.lab = serving, serving.lab
        self.old = self.config(version=6, off=0.0)
        self.endpoint = serving.endpoint(self.old)
        self.lab.put("golden/rows.jsonl", "".join(f'{{"x": {x}}}\n' for x in range(5)))
        self.lab.put(
            "golden/expected.csv", "row_key,expected\n" + "".join(f"{x},{x / 10}\n" for x in range(5))
        )
        settings = ServingSettings(
            variant="main", alarms=RollbackAlarms(server_errors=None, quality_share=0.2)
        )
        self.watched = WatchedRelease(
            endpoint_name=self.endpoint, serving=settings, rollout=CANARY, golden=GoldenChecks()
        )
        (spec,) = settings.alarms.specs()
        self.alarm = serving.alarm(
            unique("quality"),
            {"EndpointName": self.endpoint, "VariantName": "main"},
            Namespace=spec.namespace,
            MetricName=spec.metric,
            Statistic=spec.statistic,
            Threshold=spec.threshold,
            Period=spec.period_seconds,
            EvaluationPeriods=spec.evaluation_periods,
            ComparisonOperator=spec.comparison,
            TreatMissingData=spec.missing,
        )
        monkeypatch.setattr(handler, "client", serving.server.client)
        runtime = serving.runtime()
        monkeypatch.setattr(handler, "runtime", lambda: runtime)

    def config(self, *, version: int, off: float) -> str:
        files = {"serve.py": SCORING_SERVER, "settings.json": json.dumps({"version": version, "off": off})}
        name = unique("scoring")
        container = {"Image": ECHO, "ModelDataUrl": self.lab.archive(f"{name}/model.tar.gz", files)}
        self.serving.sagemaker.create_model(
            ModelName=name, ExecutionRoleArn=self.lab.role.arn, PrimaryContainer=container
        )
        capture = {
            "EnableCapture": True,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": f"s3://{self.lab.bucket}/capture/",
            "CaptureOptions": [{"CaptureMode": "Input"}],
            "CaptureContentTypeHeader": {"JsonContentTypes": ["application/jsonlines"]},
        }
        return self.serving.config(variant(name, "main"), DataCaptureConfig=capture)

    def event(self, mode: str) -> dict[str, Any]:
        look = probing(self.watched).state("ProbeAnswers")
        task = record_answers(self.watched) if mode == "baseline" else look
        body: Any = task.to_asl()["Arguments"]
        run = self.endpoint[-8:]
        return {**body["Payload"], "run": run, "version": 7, "bucket": self.lab.bucket}

    def update(self, config: str, canary: Canary = LONG_CANARY) -> None:
        self.serving.sagemaker.update_endpoint(
            EndpointName=self.endpoint,
            EndpointConfigName=config,
            DeploymentConfig=deployment_config(canary, alarms=[self.alarm]),
        )

    def looks(self) -> list[dict[str, Any]]:
        """Look as the machine does, its waits scaled as the server scales them."""
        found = [handler.handler(self.event("look"), None)]
        while not found[-1]["settled"]:
            time.sleep(found[-1]["wait_seconds"] / TIME_SCALE)
            found.append(handler.handler(self.event("look"), None))
        return found

    def await_calm(self) -> None:
        """Until the alarm is off: one that is on before an update begins ends it at once."""
        cloudwatch = self.serving.server.client("cloudwatch")
        deadline = time.monotonic() + 20
        while cloudwatch.describe_alarms(AlarmNames=[self.alarm])["MetricAlarms"][0]["StateValue"] != "OK":
            assert time.monotonic() < deadline
            time.sleep(0.1)

    @property
    def serves(self) -> str:
        return str(self.serving.wait(self.endpoint)["EndpointConfigName"])


@pytest.fixture
def release(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> Release:
    return Release(serving, monkeypatch)


def measured(release: Release, name: str) -> list[float]:
    found = release.serving.server.client("cloudwatch").get_metric_statistics(
        Namespace="MDLC",
        MetricName=name,
        Dimensions=[
            {"Name": "EndpointName", "Value": release.endpoint},
            {"Name": "VariantName", "Value": "main"},
        ],
        StartTime=time.time() - 600,
        EndTime=time.time() + 600,
        Period=1200,
        Statistics=["Maximum"],
    )
    return [point["Maximum"] for point in found["Datapoints"]]


def test_a_bad_version_goes_back_and_a_good_one_stays(release: Release) -> None:
    runtime = release.serving.runtime()
    for x in (7, 8, 9):
        runtime.invoke_endpoint(
            EndpointName=release.endpoint, Body=f'{{"x": {x}}}', ContentType="application/jsonlines"
        )
    deadline = time.monotonic() + 10
    while not release.lab.keys(f"capture/{release.endpoint}/") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert handler.handler(release.event("baseline"), None) == {"probes": 8, "version": "6"}

    release.update(release.config(version=7, off=3.0))
    seen = [look for look in release.looks() if look["seen"]]
    assert release.serves == release.old, "rolled back by the answers alone: all of them were 200"
    assert {look["outside"] for look in seen} == {1.0}
    assert {look["drift"] for look in seen} == {1.0}
    first = seen[0]
    assert 0.02 < first["seen"] / first["probes"] < 0.25, "a canary of a tenth"
    assert measured(release, "AnswersOutsideBands") == [1.0]

    # The probes of that release were captured, and are no callers' requests.
    assert handler.handler(release.event("baseline"), None)["probes"] == 8
    good = release.config(version=7, off=0.05)
    release.await_calm()
    release.update(good, CANARY)
    seen = [look for look in release.looks() if look["seen"]]
    assert release.serves == good
    assert {look["outside"] for look in seen} == {0.0}
    assert seen


def test_a_prober_that_fails_sends_the_release_back(release: Release) -> None:
    server = release.serving.server
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("index.py", "def handler(event, context):\n    raise ValueError('broken')\n")
    iam = server.client("iam")
    roles = {}
    for service, statement in (
        ("lambda", allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"])),
        (
            "states",
            allow(["lambda:InvokeFunction", "sagemaker:DescribeEndpoint", "cloudwatch:PutMetricData"]),
        ),
    ):
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": f"{service}.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        name = unique(service)
        roles[service] = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(statement))
    function = server.client("lambda").create_function(
        FunctionName=unique("broken"),
        Role=roles["lambda"],
        Runtime="python3.12",
        Handler="index.handler",
        Timeout=20,
        Code={"ZipFile": archive.getvalue()},
    )["FunctionArn"]
    begin = {
        "Type": "Pass",
        "Assign": {"plan": {"run": "r", "package": {"version": 7}, "back": False}},
        "Next": "Probing",
    }
    probes: Any = probing(release.watched).nested_asl()
    both = {"Type": "Parallel", "Branches": [probes], "End": True}
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "Begin",
        "States": {"Begin": begin, "Probing": both},
    }
    text = json.dumps(definition).replace("${ProbeAnswersFunction}", function)
    text = text.replace("${Partition}", "aws").replace("${Bucket}", release.lab.bucket)
    machine = create(server, json.loads(text), roles["states"])

    release.await_calm()
    release.update(release.config(version=7, off=0.0))
    execution = server.client("stepfunctions").start_execution(stateMachineArn=machine, input="{}")
    done = ended(server, execution["executionArn"])
    assert done.status == "SUCCEEDED", done.cause
    assert release.serves == release.old, "nothing is wrong with the version, but nobody would know"
    entered = {
        event["stateEnteredEventDetails"]["name"]
        for event in events(server, done.arn)
        if "stateEnteredEventDetails" in event
    }
    assert {"AlarmOnSilence", "LookInSilence", "Probed"} <= entered
    assert done.output[0]["silence"]
