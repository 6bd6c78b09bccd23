"""Calls of an MLflow app: signed, repeated, and refused with a sentence."""

import re

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from lambdas.aws import mlflow
from lambdas.aws.connection import endpoint_url
from lambdas.aws.mlflow import App, MlflowRefused, MlflowUnavailable
from tests.lambdas.http_services import Drop, Reply
from tests.lambdas.mlflow_server import MlflowServer

ARN = "arn:aws:sagemaker:eu-west-1:111111111111:mlflow-app/app-1"
CREATE = {"name": "churn"}


def drop() -> Reply | None:
    raise Drop


def busy() -> Reply | None:
    return 429, {}, b"slow down"


def test_an_app_has_the_host_of_its_region(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SAGEMAKER_MLFLOW"):
        monkeypatch.delenv(name, raising=False)
    assert endpoint_url(mlflow.MLFLOW, "eu-west-1") == "https://mlflow.sagemaker.eu-west-1.app.aws"


def test_a_request_names_the_app_and_is_signed_as_botocore_signs_it(tracking: MlflowServer) -> None:
    assert App(ARN).post("experiments/create", CREATE) == {"experiment_id": "1"}
    ((_, _, headers),) = tracking.asked
    assert headers["x-sm-mlflow-app-arn"] == ARN
    scope = re.search(
        r"Credential=AKID/(\d+)/eu-west-1/(\S+)/aws4_request, SignedHeaders=(\S+),", headers["authorization"]
    )
    assert scope is not None and scope[2] == "sagemaker"
    names = scope[3].split(";")
    assert {"host", "x-sm-mlflow-app-arn", "x-amz-content-sha256", "x-amz-date"} <= set(names)
    request = AWSRequest(
        method="POST",
        url=tracking.url + headers[":path"],
        data=headers[":body"].encode(),
        headers={name: headers[name] for name in names if name not in ("host", "x-amz-date")},
    )
    request.context["timestamp"] = headers["x-amz-date"]
    signer = SigV4Auth(Credentials("AKID", "secret"), "sagemaker", "eu-west-1")
    request.headers["X-Amz-Date"] = headers["x-amz-date"]
    text = signer.string_to_sign(request, signer.canonical_request(request))
    assert headers["authorization"].endswith(f"Signature={signer.signature(text, request)}")


@pytest.mark.parametrize("fault", [drop, busy])
def test_a_request_without_an_answer_is_sent_again(tracking: MlflowServer, fault: object) -> None:
    tracking.faults["experiments/create"] = [fault, fault]  # type: ignore[list-item]
    assert App(ARN).post("experiments/create", CREATE) == {"experiment_id": "1"}
    assert tracking.count("experiments/create") == 3


def test_no_answer_ends_with_a_sentence(tracking: MlflowServer) -> None:
    tracking.faults["experiments/create"] = [busy] * 9
    with pytest.raises(MlflowUnavailable, match=r"create: the MLflow app gave no answer: .*status 429\."):
        App(ARN).post("experiments/create", CREATE)
    with pytest.raises(MlflowUnavailable):
        App(ARN).post("experiments/create", CREATE, attempts=1)
    assert tracking.count("experiments/create") == mlflow.ATTEMPTS + 1


def test_a_refusal_has_mlflows_code_and_message(tracking: MlflowServer) -> None:
    App(ARN).post("experiments/create", CREATE)
    with pytest.raises(
        MlflowRefused, match=r"experiments/create: RESOURCE_ALREADY_EXISTS: Exp.* exists\."
    ) as told:
        App(ARN).post("experiments/create", CREATE)
    assert told.value.code == mlflow.ALREADY_EXISTS


def test_an_answer_that_is_no_json_is_a_refusal(tracking: MlflowServer) -> None:
    tracking.faults["runs/search"] = [lambda: (403, {}, b"<html>Forbidden</html>")]
    with pytest.raises(MlflowRefused, match=r"runs/search: 403: <html>Forbidden</html>"):
        App(ARN).post("runs/search", {})
