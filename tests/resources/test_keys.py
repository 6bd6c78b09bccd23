"""The model's key: what a new one admits, and what is asked of one's own."""

import json
from typing import Any

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Annotations, Match

from mdlc_constructs import Fleet, ModelHome
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
    said = warnings(stack, "/Refused/Model")
    assert_says_the_statements(said)


def warnings(stack: Stack, path: str) -> str:
    (entry,) = Annotations.from_stack(stack).find_warning(path, Match.any_value())
    return str(entry.entry.data)


def assert_says_the_statements(said: str) -> None:
    """What the policy needs stands in the warning as it goes into the policy."""
    statements = json.loads(said[said.index("[{") : said.rindex("}]") + 2])
    assert statements == [
        {
            "Effect": "Allow",
            "Principal": {"Service": "logs.<region>.amazonaws.com"},
            "Action": [
                "kms:Encrypt*",
                "kms:Decrypt*",
                "kms:ReEncrypt*",
                "kms:GenerateDataKey*",
                "kms:Describe*",
            ],
            "Resource": "*",
            "Condition": {
                "ArnLike": {
                    "kms:EncryptionContext:aws:logs:arn": "arn:<partition>:logs:<region>:<account>:*",
                }
            },
        },
        {
            "Effect": "Allow",
            "Principal": {"Service": "delivery.logs.amazonaws.com"},
            "Action": "kms:Decrypt",
            "Resource": "*",
            "Condition": {
                "StringEquals": {
                    "kms:EncryptionContext:SourceArn": "arn:<partition>:logs:<region>:<account>:*",
                }
            },
        },
    ]


def services(key: dict[str, Any]) -> list[str]:
    """The services that a key's policy lets in, as they stand there."""
    return [
        flat(one["Principal"]["Service"])
        for one in key["KeyPolicy"]["Statement"]
        if "Service" in one["Principal"]
    ]


def test_a_fleets_own_key_is_opened_to_cloudwatch_logs(stack: Stack) -> None:
    Fleet(stack, "Fleet", key=kms.Key(stack, "Mine"))
    assert services(synthesized(stack).properties("AWS::KMS::Key")) == [
        "logs.<AWS::Region>.amazonaws.com",
        "delivery.logs.amazonaws.com",
    ]
    Annotations.from_stack(stack).has_no_warning("*", Match.any_value())


def test_a_fleets_imported_key_comes_with_the_warning(stack: Stack) -> None:
    Fleet(stack, "Fleet", key=kms.Key.from_key_arn(stack, "TheirKey", THEIR_KEY))
    assert_says_the_statements(warnings(stack, "/Refused/Fleet"))


def test_a_key_that_several_constructs_share_is_opened_once(stack: Stack) -> None:
    key = kms.Key(stack, "Mine")
    ModelHome(stack, "Model", name="flights", key=key)
    Fleet(stack, "Fleet", key=key)
    Fleet(stack, "OfTheHome", key=ModelHome(stack, "Other", name="trains").key, name="other")
    for one in synthesized(stack).of_type("AWS::KMS::Key").values():
        assert len(services(one["Properties"])) == 2


def test_a_key_that_is_not_the_buckets_is_refused(stack: Stack) -> None:
    bucket = s3.Bucket(stack, "Theirs", encryption_key=kms.Key(stack, "OfTheBucket"))
    with pytest.raises(ValueError, match="key='Refused/Other' is not 'Refused/OfTheBucket', which encrypts"):
        ModelHome(stack, "Model", name="flights", bucket=bucket, key=kms.Key(stack, "Other"))
    assert stack.node.try_find_child("Model") is None
