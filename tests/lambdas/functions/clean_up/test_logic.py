"""The clean-up's choice of what to end, and its answer to CloudFormation over real HTTP."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.functions.clean_up import executions, handler, logic
from mdlc_constructs.settings.payloads.clean_up import CleanUpResource
from mdlc_constructs.settings.payloads.tuning import tuning_name
from tests.lambdas.fakes import Client, Pages, client_error

DIGEST = "0123456789abcdef0123"
CONTEXT: Any = None
"""Nothing is waited for."""


class FakeSageMaker(Client):
    """Lists what stands in it by status; a stopped job goes through Stopping, which lasts one look."""

    def __init__(self, *, models: tuple[str, ...] = (), packages: tuple[str, ...] = ()) -> None:
        self.jobs: dict[str, str] = {}
        self.models = models
        self.packages = packages
        self.ended: list[tuple[str, dict[str, str]]] = []
        self.refuses = ("", "")

    def get_paginator(self, name: str) -> Any:
        return Listing(lambda **request: self._page(name, **request))

    def _page(self, name: str, **request: str) -> dict[str, Any]:
        if name == "list_models":
            return {"Models": [{"ModelName": one} for one in self.models]}
        if name == "list_model_packages":
            return {"ModelPackageSummaryList": [{"ModelPackageArn": one} for one in self.packages]}
        kind = next(kind for kind in logic.JOBS if kind.listing == name)
        listed = [
            job
            for job, status in self.jobs.items()
            if status == request["StatusEquals"]
            and ("tune" if kind is logic.TUNING else kind.stopping.split("_")[1][:5]) in job
        ]
        for job in listed:
            if self.jobs[job] == "Stopping":
                self.jobs[job] = "Stopped"
        return {kind.summaries: [{kind.name: job} for job in listed]}

    def __getattr__(self, name: str) -> Any:
        def call(**request: str) -> None:
            if name == self.refuses[0]:
                raise client_error(self.refuses[1], "it has ended")
            self.ended.append((name, request))
            for job in request.values():
                if job in self.jobs:
                    self.jobs[job] = "Stopping"

        return call


@dataclass
class Listing:
    """A paginator of one page, made anew at each look."""

    page: Callable[..., dict[str, Any]]

    def paginate(self, **request: str) -> Iterator[dict[str, Any]]:
        yield self.page(**request)


class FakeStates(Client):
    """Two pages of running executions."""

    def __init__(self, error: str = "") -> None:
        self.error = error
        self.stopped: list[str] = []

    def get_paginator(self, name: str) -> Any:
        assert name == "list_executions"
        return self

    def paginate(self, *, stateMachineArn: str, statusFilter: str) -> Iterator[dict[str, Any]]:
        assert statusFilter == "RUNNING"
        if self.error == "StateMachineDoesNotExist":
            raise client_error(self.error, "gone")
        for number in range(2):
            yield {"executions": [{"executionArn": f"{stateMachineArn}:{number}"}]}

    def stop_execution(self, *, executionArn: str, error: str, cause: str) -> None:
        if self.error and executionArn.endswith(":0"):
            raise client_error(self.error, "no")
        self.stopped.append(executionArn)


def end_jobs(sagemaker: FakeSageMaker, model: str, *, seconds: float = 100) -> tuple[list[str], list[float]]:
    """What was stopped, and how long was waited."""
    waited: list[float] = []
    lines = logic.end_jobs(
        sagemaker, model, seconds_left=lambda: seconds - sum(waited), wait=lambda s: waited.append(s)
    )
    return lines, waited


def test_only_the_models_own_derived_names_are_ended() -> None:
    mine = [f"flight-train-{DIGEST}", f"flight-train-{DIGEST}-2"]
    others = [f"flight-delay-train-{DIGEST}", "flight-train-by-hand", "flight-train-notadigest"]
    sagemaker = FakeSageMaker(models=(f"flight-model-{DIGEST}", f"flight-delay-model-{DIGEST}"))
    sagemaker.jobs = dict.fromkeys(mine + others, "InProgress")
    lines, _ = end_jobs(sagemaker, "flight")
    assert lines == [f"stop_training_job {name}" for name in mine]
    assert logic.delete_models(sagemaker, "flight") == [f"delete_model flight-model-{DIGEST}"]
    assert [request for _, request in sagemaker.ended] == [
        {"TrainingJobName": mine[0]},
        {"TrainingJobName": mine[1]},
        {"ModelName": f"flight-model-{DIGEST}"},
    ]
    assert {sagemaker.jobs[name] for name in others} == {"InProgress"}


def test_a_search_is_stopped_before_its_trials() -> None:
    search = tuning_name("flight", DIGEST)
    sagemaker = FakeSageMaker()
    sagemaker.jobs = {
        f"flight-train-{DIGEST}": "InProgress",
        search: "InProgress",
        "flight-tune-x": "InProgress",
    }
    lines, _ = end_jobs(sagemaker, "flight")
    assert lines == [f"stop_hyper_parameter_tuning_job {search}", f"stop_training_job flight-train-{DIGEST}"]


def test_jobs_that_stop_are_waited_for() -> None:
    sagemaker = FakeSageMaker()
    sagemaker.jobs = {f"m-train-{DIGEST}": "InProgress", f"m-trans-{DIGEST}": "Stopping"}
    lines, waited = end_jobs(sagemaker, "m")
    assert lines == [f"stop_training_job m-train-{DIGEST}"]
    assert set(sagemaker.jobs.values()) == {"Stopped"}
    assert waited == [logic.BETWEEN_LOOKS_SECONDS]


def test_jobs_that_do_not_stop_in_time_are_named() -> None:
    sagemaker = FakeSageMaker()
    sagemaker.jobs = {f"m-train-{DIGEST}": "InProgress"}
    with pytest.raises(
        logic.StillRunning, match=f"m-train-{DIGEST} did not stop in time: delete the stack again"
    ):
        end_jobs(sagemaker, "m", seconds=logic.BETWEEN_LOOKS_SECONDS / 2)


@pytest.mark.parametrize("code", ["ValidationException", "ResourceNotFound"])
def test_what_ended_by_itself_meanwhile_is_no_error(code: str) -> None:
    sagemaker = FakeSageMaker(models=(f"m-model-{DIGEST}",), packages=("arn/1",))
    for action in ("delete_model", "delete_model_package"):
        sagemaker.refuses = (action, code)
        ended = logic.delete_models if action == "delete_model" else logic.empty_group
        assert ended(sagemaker, "m") == []
    sagemaker.jobs = {f"m-train-{DIGEST}": "InProgress"}
    sagemaker.refuses = ("stop_training_job", code)
    with pytest.raises(logic.StillRunning):
        # Still listed as running: it is looked at again, not taken for ended.
        end_jobs(sagemaker, "m", seconds=3 * logic.BETWEEN_LOOKS_SECONDS)


def test_a_refusal_is_no_end() -> None:
    sagemaker = FakeSageMaker(models=(f"m-model-{DIGEST}",))
    sagemaker.refuses = ("delete_model", "AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDenied"):
        logic.delete_models(sagemaker, "m")


def test_the_versions_of_a_group_are_deleted() -> None:
    sagemaker = FakeSageMaker(packages=("arn/1", "arn/2"))
    assert len(logic.empty_group(sagemaker, "m")) == 2
    assert {request["ModelPackageName"] for _, request in sagemaker.ended} == {"arn/1", "arn/2"}


@pytest.mark.parametrize(
    ("error", "stopped"),
    [("", ["m:0", "m:1"]), ("ExecutionDoesNotExist", ["m:1"]), ("StateMachineDoesNotExist", [])],
)
def test_every_running_execution_is_stopped(error: str, stopped: list[str]) -> None:
    states = FakeStates(error)
    assert executions.stop_executions(states, "m") == [f"stop_execution {arn}" for arn in stopped]
    assert states.stopped == stopped


class FakeS3(Client):
    """Two pages of versions; `errors` is what DeleteObjects answers of each batch."""

    def __init__(self, *errors: dict[str, str]) -> None:
        self.errors = list(errors)
        self.deleted: list[dict[str, str]] = []

    def get_paginator(self, name: str) -> Pages:
        assert name == "list_object_versions"
        return Pages(
            [
                {
                    "Versions": [{"Key": "a", "VersionId": "1"}],
                    "DeleteMarkers": [{"Key": "a", "VersionId": "2"}],
                },
                {"Versions": [{"Key": "b", "VersionId": "1"}]},
            ]
        )

    def delete_objects(self, *, Bucket: str, Delete: dict[str, Any]) -> dict[str, Any]:
        if self.errors:
            return {"Errors": self.errors}
        self.deleted += Delete["Objects"]
        return {}


def test_every_version_and_marker_of_the_bucket_is_deleted() -> None:
    s3 = FakeS3()
    assert logic.empty_bucket(s3, "bucket") == ["delete_objects 3 versions in bucket"]
    assert [(one["Key"], one["VersionId"]) for one in s3.deleted] == [("a", "1"), ("a", "2"), ("b", "1")]


def test_an_object_that_cannot_be_deleted_is_named() -> None:
    s3 = FakeS3({"Key": "a", "Code": "AccessDenied", "Message": "locked"})
    with pytest.raises(
        logic.NotEmptied, match=r"1 objects of bucket .* the first being a \(AccessDenied: locked\)"
    ):
        logic.empty_bucket(s3, "bucket")


def test_machines_are_stopped_first_and_the_bucket_is_emptied_last(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    sagemaker = FakeSageMaker(models=(f"m-model-{DIGEST}",), packages=("arn/1",))
    sagemaker.jobs = {f"m-train-{DIGEST}": "InProgress"}
    clients = {"sagemaker": sagemaker, "stepfunctions": FakeStates(), "s3": FakeS3()}
    monkeypatch.setattr(handler, "client", clients.__getitem__)
    monkeypatch.setattr(time, "sleep", lambda seconds: order.append("waited"))
    lines = handler.clean(
        CleanUpResource(model="m", machines=("m-training",), group="m", bucket="b"),
        seconds_left=lambda: 60.0,
    )
    assert order == ["waited"]
    assert [line.split()[0] for line in lines] == [
        "stop_execution",
        "stop_execution",
        "stop_training_job",
        "delete_model",
        "delete_model_package",
        "delete_objects",
    ]


@pytest.fixture
def cloudformation() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A listener at the answer's URL, and what it got."""
    got: list[dict[str, str]] = []

    class Listener(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", got
        server.shutdown()
        thread.join()


def request(kind: str, url: str) -> dict[str, Any]:
    return {
        "RequestType": kind,
        "ResponseURL": url,
        "StackId": "s",
        "RequestId": "r",
        "LogicalResourceId": "CleanUp",
        "ResourceProperties": {"Model": "m"},
    }


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_nothing_is_ended_before_the_stack_is_deleted(
    kind: str, cloudformation: tuple[str, list[dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, got = cloudformation
    monkeypatch.setattr(handler, "clean", lambda *_, **__: pytest.fail("cleaned"))
    handler.handler(request(kind, url), CONTEXT)
    assert got[0]["Status"] == "SUCCESS"
    assert got[0]["PhysicalResourceId"] == "clean-up-CleanUp"


def test_a_clean_up_that_fails_answers_with_the_reason(
    cloudformation: tuple[str, list[dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, got = cloudformation

    def refuse(properties: dict[str, Any], *, seconds_left: Callable[[], float]) -> list[str]:
        raise client_error("AccessDenied", "no")

    monkeypatch.setattr(handler, "clean", refuse)
    handler.handler(request("Delete", url), CONTEXT)
    assert got[0]["Status"] == "FAILED"
    assert "AccessDenied" in got[0]["Reason"]
