from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdlc_constructs.asl.api_table import operation, problems

MODEL = "arn:${Partition}:states:::sagemaker:createModel"
TRANSFORM = "arn:aws:states:::sagemaker:createTransformJob.sync"
REQUEST: dict[str, Any] = {
    "TransformJobName": "{% $job %}",
    "ModelName": "${Model}",
    "BatchStrategy": "MultiRecord",
    "MaxPayloadInMB": 6,
    "Environment": {"A": "b"},
    "Tags": [{"Key": "k", "Value": "v"}],
    "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://a/"}}},
    "TransformOutput": {"S3OutputPath": "s3://b/"},
    "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
}


def test_a_right_request_has_no_problems() -> None:
    assert problems(TRANSFORM, REQUEST) == ()


@given(st.sampled_from(sorted(REQUEST)), st.integers(0, 30))
def test_every_misspelt_member_is_told_with_the_right_name(name: str, place: int) -> None:
    place %= len(name)
    misspelt = name[:place] + name[place + 1 :]
    request = {misspelt if key == name else key: value for key, value in REQUEST.items()}
    said = problems(TRANSFORM, request)
    assert f"{misspelt} is no member of sagemaker:CreateTransformJob; did you mean {name!r}?" in said


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (
            {**REQUEST, "TransformOutput": {}},
            "TransformOutput of {} lacks 'S3OutputPath', which is required.",
        ),
        ({**REQUEST, "MaxPayloadInMB": "6"}, "MaxPayloadInMB of {} is '6', but must be a whole number."),
        ({**REQUEST, "MaxPayloadInMB": True}, "MaxPayloadInMB of {} is True, but must be a whole number."),
        (
            {**REQUEST, "BatchStrategy": "MultiRecords"},
            "BatchStrategy of {} is 'MultiRecords'; did you mean 'MultiRecord'?",
        ),
        (
            {**REQUEST, "BatchStrategy": []},
            "BatchStrategy of {} is []; use one of MultiRecord, SingleRecord.",
        ),
        ({**REQUEST, "Tags": {"a": "b"}}, "Tags of {} is {'a': 'b'}, but must be a list."),
        (
            {**REQUEST, "Tags": [{"Key": "k", "value": "v"}]},
            "Tags[0].value is no member of {}; did you mean 'Value'?",
        ),
        ({**REQUEST, "Environment": {"A": 1}}, "Environment.A of {} is 1, but must be a text."),
        ({**REQUEST, "Environment": "A"}, "Environment of {} is 'A', but must be a mapping."),
        ({**REQUEST, "TransformInput": "s3://a"}, "TransformInput of {} is 's3://a', but must be a mapping."),
    ],
)
def test_what_the_api_refuses_is_said(request_: dict[str, object], said: str) -> None:
    assert said.replace("of {}", "of sagemaker:CreateTransformJob") in problems(TRANSFORM, request_)


def test_expressions_and_placeholders_are_known_later() -> None:
    later = {**REQUEST, "MaxPayloadInMB": "{% $mb %}", "BatchStrategy": "${Strategy}", "Tags": "{% $tags %}"}
    assert problems(TRANSFORM, later) == ()
    assert problems(TRANSFORM, "{% $request %}") == ()


def test_a_misspelt_operation_is_told_with_the_right_name() -> None:
    (said,) = problems("arn:aws:states:::aws-sdk:sagemaker:createModelPackge", {})
    assert said == "sagemaker:CreateModelPackge is no operation; did you mean 'CreateModelPackage'?"


def test_what_the_table_does_not_hold_is_not_judged() -> None:
    assert problems("arn:aws:states:::aws-sdk:sagemaker:listModels", {"Whatever": 1}) == ()
    assert problems("arn:aws:states:::sqs:sendMessage", {"Whatever": 1}) == ()
    assert problems("arn:aws:lambda:eu-west-1:1:function:f", {"Whatever": 1}) == ()


def test_other_services_names_may_be_spelt_as_the_java_sdk_does() -> None:
    copy = {"Bucket": "a", "Key": "k", "CopySource": "b/k"}
    resource = "arn:aws:states:::aws-sdk:s3:copyObject"
    assert problems(resource, {**copy, "SsekmsKeyId": "x"}) == ()
    assert problems(resource, {**copy, "Metdata": {}}) == (
        "Metdata is no member of s3:CopyObject; did you mean 'Metadata'?",
    )
    item = {"TableName": "t", "Item": {"pk": {"S": "x"}, "ok": {"Bool": True}}}
    assert problems("arn:aws:states:::aws-sdk:dynamodb:putItem", item) == ()
    (wrong,) = problems("arn:aws:states:::dynamodb:putItem", {"TableName": "t", "Item": {"pk": {"Str": "x"}}})
    assert wrong.startswith("Item.pk.Str is no member of dynamodb:PutItem")


def test_operations_are_read_from_the_integrations_arn() -> None:
    assert operation(MODEL) == "sagemaker:CreateModel"
    assert operation("arn:aws:states:::aws-sdk:sfn:startExecution") == "stepfunctions:StartExecution"
    assert operation("arn:aws:states:::states:startExecution.sync:2") == "stepfunctions:StartExecution"
    assert operation("arn:aws:states:::lambda:invoke.waitForTaskToken") == "lambda:Invoke"
    assert operation("arn:aws:states:eu-west-1:1:activity:a") is None
