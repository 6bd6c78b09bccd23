"""The function's entry point over an in-memory SageMaker and S3."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.functions.collect_trials import handler
from mdlc_constructs.workflows.training.machine import training_machine
from tests.lambdas.fakes import Client, client_error
from tests.lambdas.functions.collect_trials.trialled import DESCRIBED, summary
from tests.workflows.test_tuned_training import TUNED

CONTEXT: Any = None


class FakeSageMaker(Client):
    def __init__(self, trials: dict[str, list[list[dict[str, Any]]]]) -> None:
        self.trials = trials

    def describe_hyper_parameter_tuning_job(self, *, HyperParameterTuningJobName: str) -> dict[str, Any]:
        return DESCRIBED

    def get_paginator(self, name: str) -> Any:
        assert name == "list_training_jobs_for_hyper_parameter_tuning_job"
        return self

    def paginate(self, *, HyperParameterTuningJobName: str) -> Iterator[dict[str, Any]]:
        if HyperParameterTuningJobName not in self.trials:
            raise client_error("ResourceNotFound", "Requested resource not found")
        for page in self.trials[HyperParameterTuningJobName]:
            yield {"TrainingJobSummaries": page}


class FakeS3(Client):
    def __init__(self) -> None:
        self.done: list[tuple[str, Any]] = []
        self.missing: tuple[str, ...] = ()

    def copy(self, source: dict[str, str], bucket: str, key: str) -> None:
        if any(name in source["Key"] for name in self.missing):
            raise client_error("403", "Forbidden", "HeadObject")
        self.done.append(("copy", (source, bucket, key)))

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:
        self.done.append(("put", (Bucket, Key, json.loads(Body))))


def services(monkeypatch: pytest.MonkeyPatch, trials: dict[str, list[list[dict[str, Any]]]]) -> FakeS3:
    s3, sagemaker = FakeS3(), FakeSageMaker(trials)
    monkeypatch.setattr(handler, "client", lambda name: s3 if name == "s3" else sagemaker)
    return s3


def event(state: str, **values: Any) -> dict[str, Any]:
    """What a state hands over, its expressions evaluated."""
    task: Any = training_machine(TUNED).state(state).to_asl()
    payload = dict(task["Arguments"]["Payload"])
    assert set(payload) >= set(values)
    return {**payload, "bucket": "b", **values}


def test_all_pages_of_all_tuning_jobs_are_collected_and_the_best_artifact_copied(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pages = {"m-tune-a": [[summary(1, 0.7)], [summary(2, 0.9)]], "m-tune-a-2": [[summary(3, 0.8)]]}
    s3 = services(monkeypatch, pages)
    answer = handler.handler(
        event(
            "CollectTrials",
            jobs=["m-tune-a", "m-tune-a-2"],
            artifact="s3://b/training/m-tune-a-2/output/model.tar.gz",
            trials="s3://b/training/m-tune-a-2/trials.json",
        ),
        CONTEXT,
    )
    assert (answer["job"], answer["number"]) == ("m-tune-a-002-0", 3)
    (first, copied), (second, written) = s3.done
    assert (first, second) == ("copy", "put")
    source = {"Bucket": "b", "Key": "training/m-tune-a-002-0/output/model.tar.gz"}
    assert copied == (source, "b", "training/m-tune-a-2/output/model.tar.gz")
    assert written[1] == "training/m-tune-a-2/trials.json" and written[2]["tuned"] == answer


def test_a_stopped_trial_without_an_artifact_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    given = event("CollectTrials", jobs=["m-tune-a"], artifact="s3://b/a", trials="s3://b/t")
    s3 = services(monkeypatch, {"m-tune-a": [[summary(1, 0.7), summary(2, 0.9, "Stopped")]]})
    s3.missing = ("m-tune-a-002-0",)
    assert handler.handler(given, CONTEXT)["job"] == "m-tune-a-001-0"
    assert [done for done, _ in s3.done] == ["copy", "put"]
    s3.missing = ("m-tune-a-001-0", "m-tune-a-002-0")
    with pytest.raises(ClientError):
        handler.handler(given, CONTEXT)


def test_a_failure_is_explained_even_when_there_is_no_tuning_job(monkeypatch: pytest.MonkeyPatch) -> None:
    services(monkeypatch, {})
    given = event("ExplainTrials", jobs=["m-tune-a"], error="SageMaker.SageMakerException", cause="refused")
    answer = handler.handler(given, CONTEXT)
    assert answer == {"error": "SageMaker.SageMakerException", "cause": "refused"}
