"""The clean-up's choice of what to end, and its answer to CloudFormation over real HTTP."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from lambdas.clean_up import handler, logic
from tests.lambdas.fakes import Pages, client_error

DIGEST = "0123456789abcdef0123"


class FakeSageMaker:
    """Lists what it was given, remembers what was ended."""

    def __init__(self, listed: dict[str, dict[str, list[dict[str, str]]]]) -> None:
        self.listed: dict[str, Any] = listed
        self.ended: list[tuple[str, dict[str, str]]] = []
        self.refuses = ""

    def get_paginator(self, name: str) -> Pages:
        kind = next((k for k in logic.KINDS if k.listing == name), None)
        summaries = kind.summaries if kind else "ModelPackageSummaryList"
        return Pages([self.listed.get(name, {summaries: []})])

    def __getattr__(self, name: str) -> Any:
        def call(**request: str) -> None:
            if name == self.refuses:
                raise client_error("ValidationException", "it has ended")
            self.ended.append((name, request))

        return call


def test_only_the_models_own_derived_names_are_ended() -> None:
    mine = [f"flight-train-{DIGEST}", f"flight-train-{DIGEST}-2"]
    others = [f"flight-delay-train-{DIGEST}", "flight-by-hand", "flight-train-notadigest"]
    sagemaker = FakeSageMaker(
        {
            "list_training_jobs": {"TrainingJobSummaries": [{"TrainingJobName": n} for n in mine + others]},
            "list_models": {"Models": [{"ModelName": f"flight-model-{DIGEST}"}]},
        }
    )
    lines = logic.end_jobs_and_models(sagemaker, "flight")
    assert [request for _, request in sagemaker.ended] == [
        {"TrainingJobName": mine[0]},
        {"TrainingJobName": mine[1]},
        {"ModelName": f"flight-model-{DIGEST}"},
    ]
    assert lines[-1] == f"delete_model flight-model-{DIGEST}"


def test_a_job_that_ended_by_itself_meanwhile_is_no_error() -> None:
    listed = {"TrainingJobSummaries": [{"TrainingJobName": f"m-train-{DIGEST}"}]}
    sagemaker = FakeSageMaker({"list_training_jobs": listed})
    sagemaker.refuses = "stop_training_job"
    assert logic.end_jobs_and_models(sagemaker, "m") == []


def test_the_versions_of_a_group_are_deleted() -> None:
    page = {"ModelPackageSummaryList": [{"ModelPackageArn": "arn/1"}, {"ModelPackageArn": "arn/2"}]}
    sagemaker = FakeSageMaker({"list_model_packages": page})
    assert len(logic.empty_group(sagemaker, "m")) == 2
    assert {request["ModelPackageName"] for _, request in sagemaker.ended} == {"arn/1", "arn/2"}


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
        thread = threading.Thread(target=server.serve_forever)
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
    monkeypatch.setattr(handler, "clean", lambda properties: pytest.fail("cleaned"))
    handler.handler(request(kind, url), None)
    assert got[0]["Status"] == "SUCCESS"
    assert got[0]["PhysicalResourceId"] == "clean-up-CleanUp"


def test_a_clean_up_that_fails_answers_with_the_reason(
    cloudformation: tuple[str, list[dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, got = cloudformation

    def refuse(properties: dict[str, str]) -> list[str]:
        raise client_error("AccessDenied", "no")

    monkeypatch.setattr(handler, "clean", refuse)
    handler.handler(request("Delete", url), None)
    assert got[0]["Status"] == "FAILED"
    assert "AccessDenied" in got[0]["Reason"]
