"""The model's key: what a new one admits, and what is asked of one's own."""

from typing import Any

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Annotations, Match

from mdlc_constructs import ModelHome
from mdlc_constructs.governance.nag import flat
from tests.synthesized import Synthesized

HERE = Environment(account="111111111111", region="eu-central-1")
THEIR_KEY = "arn:aws:kms:eu-central-1:111111111111:key/theirs"


@pytest.fixture
def stack() -> Stack:
    return Stack(App(), "Refused", env=HERE)


def synthesized(stack: Stack) -> Synthesized:
    app = stack.node.root
    assert isinstance(app, App)
    return Synthesized.all_of(app)[stack.stack_name]


def assert_delivery_for_the_account(statement: dict[str, Any]) -> None:
    assert (statement["Principal"], statement["Action"]) == (
        {"Service": "delivery.logs.amazonaws.com"},
        "kms:Decrypt",
    )
    source = flat(statement["Condition"]["StringEquals"]["kms:EncryptionContext:SourceArn"])
    assert source == "arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:*"


def test_a_new_key_rotates_and_serves_log_groups_of_the_account_alone(stack: Stack) -> None:
    ModelHome(stack, "Model", name="flights")
    key = synthesized(stack).properties("AWS::KMS::Key")
    assert key["EnableKeyRotation"] is True
    logs, delivery = (one for one in key["KeyPolicy"]["Statement"] if "Service" in one["Principal"])
    assert_delivery_for_the_account(delivery)
    assert flat(logs["Principal"]["Service"]) == "logs.<AWS::Region>.amazonaws.com"
    assert "<AWS::AccountId>" in flat(logs["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"])


def test_a_key_of_ones_own_is_opened_to_cloudwatch_logs(stack: Stack) -> None:
    key = kms.Key(stack, "Mine")
    bucket = s3.Bucket(stack, "Theirs", encryption_key=key)
    home = ModelHome(stack, "Model", name="flights", bucket=bucket)
    assert home.key is key
    template = synthesized(stack)
    (id_,) = template.of_type("AWS::KMS::Key")
    logs, delivery = (
        one
        for one in template.properties("AWS::KMS::Key")["KeyPolicy"]["Statement"]
        if "Service" in one["Principal"]
    )
    assert_delivery_for_the_account(delivery)
    assert flat(logs["Principal"]["Service"]) == "logs.<AWS::Region>.amazonaws.com"
    assert "kms:GenerateDataKey*" in logs["Action"]
    assert "<AWS::AccountId>" in flat(logs["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"])
    table = template.properties("AWS::DynamoDB::Table")
    assert flat(table["SSESpecification"]["KMSMasterKeyId"]) == f"<{id_}.Arn>"
    Annotations.from_stack(stack).has_no_warning("*", Match.any_value())


def test_an_imported_key_comes_with_a_warning_about_its_policy(stack: Stack) -> None:
    ModelHome(stack, "Model", name="flights", key=kms.Key.from_key_arn(stack, "TheirKey", THEIR_KEY))
    Annotations.from_stack(stack).has_warning(
        "/Refused/Model", Match.string_like_regexp(r"a statement that allows logs\.<region>\.amazonaws\.com")
    )


def test_a_key_that_is_not_the_buckets_is_refused(stack: Stack) -> None:
    bucket = s3.Bucket(stack, "Theirs", encryption_key=kms.Key(stack, "OfTheBucket"))
    with pytest.raises(ValueError, match="key='Refused/Other' is not 'Refused/OfTheBucket', which encrypts"):
        ModelHome(stack, "Model", name="flights", bucket=bucket, key=kms.Key(stack, "Other"))
    assert stack.node.try_find_child("Model") is None
