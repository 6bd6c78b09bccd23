"""The model's bucket: what protects it, and who may see who read it."""

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk import aws_s3 as s3

from mdlc_constructs import ModelHome
from mdlc_constructs.governance.nag import flat
from tests.synthesized import Synthesized

HERE = Environment(account="111111111111", region="eu-central-1")


@pytest.fixture
def stack() -> Stack:
    return Stack(App(), "Refused", env=HERE)


def synthesized(stack: Stack) -> Synthesized:
    app = stack.node.root
    assert isinstance(app, App)
    return Synthesized.all_of(app)[stack.stack_name]


def test_the_bucket_is_versioned_encrypted_private_and_tells_eventbridge(
    stack: Stack,
) -> None:
    ModelHome(stack, "Model", name="flights")
    template = synthesized(stack)
    bucket = template.properties("AWS::S3::Bucket")
    (key,) = template.of_type("AWS::KMS::Key")
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert flat(encryption["ServerSideEncryptionByDefault"]["KMSMasterKeyID"]) == f"<{key}.Arn>"
    assert encryption["BucketKeyEnabled"] is True
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["NotificationConfiguration"] == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}


def test_the_bucket_refuses_plain_http(stack: Stack) -> None:
    ModelHome(stack, "Model", name="flights")
    template = synthesized(stack)
    (bucket,) = template.of_type("AWS::S3::Bucket")
    policy = template.properties("AWS::S3::BucketPolicy")
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Action"]) == ("Deny", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert [flat(one) for one in statement["Resource"]] == [f"<{bucket}.Arn>", f"<{bucket}.Arn>/*"]


def test_access_logs_go_where_they_were_asked_to(stack: Stack) -> None:
    logs = s3.Bucket(stack, "AccessLogs", encryption=s3.BucketEncryption.S3_MANAGED)
    ModelHome(stack, "Model", name="flights", access_logs_bucket=logs)
    template = synthesized(stack)
    buckets = template.of_type("AWS::S3::Bucket")
    (logs_id,) = (name for name in buckets if name.startswith("AccessLogs"))
    (model,) = (name for name in buckets if name != logs_id)
    assert buckets[model]["Properties"]["LoggingConfiguration"] == {
        "DestinationBucketName": {"Ref": logs_id},
        "LogFilePrefix": "flights/",
    }
    (policy,) = (
        resource["Properties"]["PolicyDocument"]
        for resource in template.of_type("AWS::S3::BucketPolicy").values()
        if resource["Properties"]["Bucket"] == {"Ref": logs_id}
    )
    (statement,) = policy["Statement"]
    assert statement["Principal"] == {"Service": "logging.s3.amazonaws.com"}
    assert flat(statement["Resource"]) == f"<{logs_id}.Arn>/flights/*"
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "111111111111"}}
