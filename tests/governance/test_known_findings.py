"""The table of findings that the library causes on purpose: what it knows, and what it does not."""

import pytest

from mdlc_constructs.governance.known_findings import Owned, reason, wildcard

OWNED = Owned(
    models=frozenset({"flights", "trains"}),
    buckets=frozenset({"<ModelBucket>"}),
    datasets=frozenset({"data/raw/"}),
)
SAGEMAKER = "arn:<AWS::Partition>:sagemaker:<AWS::Region>:<AWS::AccountId>:"
STATES = "arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:"
S3 = "arn:<AWS::Partition>:s3:::"


@pytest.mark.parametrize(
    ("resource", "actions", "said"),
    [
        ("*", ["ecr:GetAuthorizationToken"], "registry token"),
        ("*", ["xray:PutTraceSegments", "logs:CreateLogDelivery"], "traces. Step Functions delivers"),
        (f"{SAGEMAKER}training-job/trains-train-*", ["sagemaker:CreateTrainingJob"], "digest"),
        (f"{SAGEMAKER}model/flights-*", ["sagemaker:DescribeModel", "sagemaker:DeleteModel"], "digest"),
        (f"{SAGEMAKER}model-package/flights/*", ["sagemaker:UpdateModelPackage"], "numbers the versions"),
        (f"{S3}<ModelBucket>/splits/*", ["s3:GetObject", "s3:PutObject"], "one prefix"),
        (f"{S3}<ModelBucket>/predictions/*/manifest.json", ["s3:PutObject"], "one prefix"),
        (f"{S3}<ModelBucket>/*", ["s3:DeleteObject", "s3:DeleteObjectVersion"], "DESTROY was asked for"),
        (f"{S3}data/raw/*", ["s3:GetObject"], "Which files a dataset has"),
        (f"{STATES}execution:flights-training:*", ["states:StopExecution"], "names executions"),
        (f"{STATES}execution:flights-release:*", ["states:DescribeExecution"], "still runs is read"),
        (f"{STATES}execution:*-retraining:*", ["states:DescribeExecution"], "come and go in any stack"),
        (f"{SAGEMAKER}endpoint-config/flights-trial-*", ["sagemaker:UpdateEndpoint"], "digest"),
        ("*", ["cloudwatch:GetMetricStatistics"], "Reading metrics"),
    ],
)
def test_what_the_library_does_on_purpose_has_a_reason(resource: str, actions: list[str], said: str) -> None:
    why = reason(resource, actions, OWNED)
    assert why is not None and said in why


@pytest.mark.parametrize(
    ("resource", "actions"),
    [
        ("*", ["s3:GetObject"]),
        ("*", ["xray:PutTraceSegments", "iam:PassRole"]),
        ("*", []),
        (f"{SAGEMAKER}training-job/*", ["sagemaker:CreateTrainingJob"]),
        (f"{SAGEMAKER}training-job/planes-*", ["sagemaker:CreateTrainingJob"]),
        (f"{SAGEMAKER}endpoint/flights-*", ["sagemaker:DeleteEndpoint"]),
        (f"{S3}<ModelBucket>/*", ["s3:GetObject"]),
        (f"{S3}<ModelBucket>/elsewhere/*", ["s3:GetObject"]),
        (f"{S3}<ModelBucket>/splits/*", ["s3:DeleteObject"]),
        (f"{S3}other/splits/*", ["s3:GetObject"]),
        (f"{S3}data/raw/*", ["s3:PutObject"]),
        (f"{S3}data/*", ["s3:GetObject"]),
        (f"{STATES}execution:flights-training:*", ["states:StartExecution"]),
        (f"{STATES}execution:*-retraining:*", ["states:StopExecution"]),
        (f"{STATES}execution:*:*", ["states:DescribeExecution"]),
        (f"{STATES}execution:planes-training:*", ["states:StopExecution"]),
    ],
)
def test_anything_else_is_still_a_finding(resource: str, actions: list[str]) -> None:
    assert reason(resource, actions, OWNED) is None


def test_an_app_that_owns_nothing_knows_no_bucket() -> None:
    nothing = Owned(models=frozenset(), buckets=frozenset(), datasets=frozenset())
    assert reason(f"{S3}anything/*", ["s3:GetObject"], nothing) is None
    assert reason(f"{S3}/splits/*", ["s3:GetObject"], nothing) is None


def test_only_findings_on_resources_name_a_wildcard() -> None:
    assert wildcard("AwsSolutions-IAM5[Resource::arn:x:*]") == "arn:x:*"
    assert wildcard("AwsSolutions-IAM5[Action::s3:*]") is None
    assert wildcard("AwsSolutions-S1") is None
