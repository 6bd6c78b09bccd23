from collections.abc import Callable

import pytest

from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.expressions import flaw
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.tasks.s3 import copy_object, get_object, put_object


def test_an_object_is_written() -> None:
    task = put_object(
        "Put",
        bucket="${Bucket}",
        key="{% $key %}",
        key_pattern="runs/*",
        body={"a": 1},
        content_type="application/json",
    )
    assert task.arguments == {
        "Bucket": "${Bucket}",
        "Key": "{% $key %}",
        "Body": {"a": 1},
        "ContentType": "application/json",
    }
    assert task.statements[0].resources == ("arn:${Partition}:s3:::${Bucket}/runs/*",)
    check(Machine((task,), bindings={"Bucket": "b"}), traced=False)


def test_an_object_is_read_up_to_a_number_of_bytes_and_nothing_more_is_allowed() -> None:
    task = get_object(
        "Read",
        bucket="${Bucket}",
        key="{% $key %}",
        key_pattern="evaluations/*",
        byte_range="bytes=0-99",
        kms_key_arn="${KeyArn}",
    )
    state = task.to_asl()
    assert state["Resource"] == "arn:${Partition}:states:::aws-sdk:s3:getObject"
    assert state["Arguments"] == {"Bucket": "${Bucket}", "Key": "{% $key %}", "Range": "bytes=0-99"}
    read, key = task.own_statements()
    assert read.resources == ("arn:${Partition}:s3:::${Bucket}/evaluations/*",)
    assert (read.actions, key.actions) == (("s3:GetObject",), ("kms:Decrypt",))
    whole = get_object("Read", bucket="b", key="k")
    assert whole.arguments == {"Bucket": "b", "Key": "k"}


def test_an_object_is_copied_by_an_expression_that_parses() -> None:
    task = copy_object(
        "Publish",
        source_bucket="${Bucket}",
        source_key="{% $plan.staged & '/manifest.json' %}",
        source_key_pattern="staged/*",
        bucket="${Bucket}",
        key="published/manifest.json",
        kms_key_arn="${Key}",
    )
    source = str(task.arguments["CopySource"]) if isinstance(task.arguments, dict) else ""
    assert source == "{% '${Bucket}/' & ($plan.staged & '/manifest.json') %}"
    assert flaw(source) is None
    read, write, key = task.statements
    assert read.resources == ("arn:${Partition}:s3:::${Bucket}/staged/*",)
    assert write.resources == ("arn:${Partition}:s3:::${Bucket}/published/manifest.json",)
    assert key.resources == ("${Key}",)
    check(Machine((task,), bindings={"Bucket": "b", "Key": "k"}), traced=False)


def test_a_plain_source_is_written_plainly() -> None:
    task = copy_object(
        "Copy", source_bucket="a", source_key="x", bucket="b", key="y", source_kms_key_arn="${Key}"
    )
    assert task.arguments == {"Bucket": "b", "Key": "y", "CopySource": "a/x"}
    assert len(task.statements) == 3


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: put_object("P", bucket="b", key="{% $k %}", body=""), "pass key_pattern"),
        (
            lambda: put_object("P", bucket="{% $b %}", key="k", body=""),
            "bucket='{% .b %}' is known only at run time",
        ),
        (
            lambda: get_object("G", bucket="b", key="{% $k %}"),
            "pass key_pattern",
        ),
        (
            lambda: copy_object("C", source_bucket="a", source_key="{% $k %}", bucket="b", key="k"),
            "pass source_key_pattern",
        ),
        (
            lambda: put_object("P", bucket="b", key="k", body="", overrides={"ContentTyp": "x"}),
            "did you mean 'ContentType'",
        ),
    ],
)
def test_what_would_be_too_wide_is_refused(build: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        build()
