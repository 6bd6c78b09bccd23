"""Placeholders bound to values, and roles."""

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk import aws_s3 as s3

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.resources.permissions import Role, bound
from tests.synthesized import Synthesized

READ = Statement(actions=("s3:GetObject",), resources=("arn:${Partition}:s3:::${Bucket}/*",))
WRITE = Statement(actions=("s3:PutObject",), resources=("arn:${Partition}:s3:::${Bucket}/*",))


@pytest.fixture
def stack() -> Stack:
    return Stack(App(), "Flights", env=Environment(account="111111111111", region="eu-central-1"))


def synthesized(stack: Stack) -> Synthesized:
    app = stack.node.root
    assert isinstance(app, App)
    return Synthesized.all_of(app)["Flights"]


def role(stack: Stack) -> Role:
    return Role(stack, "Role", service="lambda.amazonaws.com", statements=(READ,), bindings={"Bucket": "b"})


def test_placeholders_are_bound_wherever_texts_are() -> None:
    value = {"Resource": ["${A}/${B}", 7, ("${A}",)], "Plain": "${aws:username}"}
    assert bound(value, {"A": "one", "B": "two"}) == {
        "Resource": ["one/two", 7, ["one"]],
        "Plain": "${aws:username}",
    }


def test_a_placeholder_that_nothing_binds_is_named() -> None:
    with pytest.raises(ValueError, match=r"\$\{C\} in 'x\$\{C\}' is not bound"):
        bound("x${C}", {"A": "one"})


def test_a_role_is_assumed_by_its_service_alone(stack: Stack) -> None:
    role(stack)
    document = synthesized(stack).properties("AWS::IAM::Role")["AssumeRolePolicyDocument"]
    (statement,) = document["Statement"]
    assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_what_is_allowed_later_joins_what_was_allowed_before(stack: Stack) -> None:
    made = role(stack)
    made.allow((READ, WRITE), {"Bucket": "b"})
    made.allow((READ,), {"Bucket": "c"})
    template = synthesized(stack)
    where = "arn:<AWS::Partition>:s3:::"
    assert template.allowed("Role") == {
        ("s3:GetObject", f"{where}b/*"),
        ("s3:PutObject", f"{where}b/*"),
        ("s3:GetObject", f"{where}c/*"),
    }


def test_a_role_takes_what_the_cdks_own_constructs_grant(stack: Stack) -> None:
    made = role(stack)
    assert made.principal is made.principal
    s3.Bucket.from_bucket_name(stack, "Theirs", "theirs").grant_put(made.principal)
    assert ("s3:PutObject", "arn:<AWS::Partition>:s3:::theirs/*") in synthesized(stack).allowed("Role")
