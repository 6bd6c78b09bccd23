from typing import Any

import pytest

from mdlc_local.sagemaker.jobs.transform import Plan
from tests.local.sagemaker.lab import XGBOOST, Lab, table


def test_xgboost_scores_every_file_in_order(lab: Lab) -> None:
    train = lab.put("score/train/a.csv", table(400))
    trained = lab.run("training", lab.training({"train": train}))
    name = trained["TrainingJobName"]
    container = {"Image": XGBOOST, "ModelDataUrl": trained["ModelArtifacts"]["S3ModelArtifacts"]}
    lab.sagemaker.create_model(ModelName=name, ExecutionRoleArn=lab.role.arn, PrimaryContainer=container)
    for part in range(3):
        lab.put(f"score/in/sub/{part}.csv", table(50, seed=part, label=False))
    request = lab.transform(name, f"s3://{lab.bucket}/score/in/", MaxConcurrentTransforms=4)
    ended = lab.run("transform", request)
    assert ended["TransformJobStatus"] == "Completed", ended
    single = lab.transform(name, f"s3://{lab.bucket}/score/in/", BatchStrategy="SingleRecord")
    assert lab.run("transform", single)["TransformJobStatus"] == "Completed"
    for part in range(3):
        scores = lab.get(f"{request['TransformJobName']}/sub/{part}.csv.out").splitlines()
        labels = [line[0] for line in table(50, seed=part).splitlines()]
        right = sum(
            (float(score) > 0.5) == (label == "1") for score, label in zip(scores, labels, strict=True)
        )
        assert right > 45
        assert lab.get(f"{single['TransformJobName']}/sub/{part}.csv.out").splitlines() == scores
    assert "Model loaded successfully" in lab.log("transform", request["TransformJobName"])


def test_requests_are_cut_as_asked(lab: Lab) -> None:
    uri = lab.put("cut/a.csv", "1\n2\n3\n")
    model = lab.echo_model()
    for strategy, answer in (("MultiRecord", "echo:1\n2\n3\n"), ("SingleRecord", "echo:1\necho:2\necho:3\n")):
        request = lab.transform(model, uri, BatchStrategy=strategy, MaxConcurrentTransforms=3)
        assert lab.run("transform", request)["TransformJobStatus"] == "Completed"
        assert lab.get(f"{request['TransformJobName']}/a.csv.out") == answer
    whole = lab.transform(model, uri, TransformInput={"SplitType": "None"})
    whole["TransformOutput"]["AssembleWith"] = "None"
    assert lab.run("transform", whole)["TransformJobStatus"] == "Completed"
    assert lab.get(f"{whole['TransformJobName']}/a.csv.out") == "echo:1\n2\n3"


def test_a_request_the_model_refuses_fails_the_job(lab: Lab) -> None:
    uri = lab.put("refused/a.csv", "1\npoison\n")
    request = lab.transform(lab.echo_model(), uri, BatchStrategy="SingleRecord")
    ended = lab.run("transform", request)
    assert ended["TransformJobStatus"] == "Failed"
    assert ended["FailureReason"] == (
        "ClientError: See job logs for more information. Bad HTTP status from invoke: 422: poisoned "
        f"(input s3://{lab.bucket}/refused/a.csv)"
    )
    assert any("422" in line for line in lab.log("transform", request["TransformJobName"]))
    assert not lab.keys(f"{request['TransformJobName']}/")


def test_no_input(lab: Lab) -> None:
    ended = lab.run("transform", lab.transform(lab.echo_model(), f"s3://{lab.bucket}/none/"))
    assert ended["TransformJobStatus"] == "Failed"
    assert "No S3 objects found under S3 URL" in ended["FailureReason"]


@pytest.mark.parametrize(
    ("record", "offered", "plan"),
    [
        ({}, {}, ("MultiRecord", 6, 1, 600, 3)),
        (
            {},
            {"BatchStrategy": "SINGLE_RECORD", "MaxPayloadInMB": 2, "MaxConcurrentTransforms": 5},
            ("SingleRecord", 2, 5, 600, 3),
        ),
        (
            {
                "BatchStrategy": "MultiRecord",
                "MaxPayloadInMB": 0,
                "MaxConcurrentTransforms": 2,
                "ModelClientConfig": {"InvocationsTimeoutInSeconds": 5, "InvocationsMaxRetries": 0},
            },
            {"BatchStrategy": "SINGLE_RECORD", "MaxPayloadInMB": 2},
            ("MultiRecord", 0, 2, 5, 0),
        ),
    ],
)
def test_the_request_comes_before_what_the_container_offers(
    record: dict[str, Any], offered: dict[str, Any], plan: tuple[Any, ...]
) -> None:
    made = Plan.of(record, offered)
    assert (made.strategy, made.max_megabytes, made.concurrent, made.timeout_seconds, made.retries) == plan
