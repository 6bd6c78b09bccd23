"""What comes of a probe whose question fails: it is not answered, with the reason, and the run goes on."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from mdlc_cli.aws.target import Target
from mdlc_cli.conformance import asking
from mdlc_cli.conformance.bench import Bench, UnansweredError
from mdlc_cli.conformance.probe import Observation, Probe

BENCH = Bench(
    target=Target(endpoint="http://127.0.0.1:1", region="us-east-1", account="000000000000"),
    run="0123abcd",
    outputs={"Bucket": "the-bucket"},
)


def probe(*outcomes: Any) -> Probe:
    """A probe that has one outcome after the other: errors are raised, others answered."""
    remaining = list(outcomes)

    def ask(_: Bench) -> Observation:
        outcome = remaining.pop(0) if len(remaining) > 1 else remaining[0]
        if isinstance(outcome, Exception):
            raise outcome
        return Observation(answer=outcome)

    return Probe(id="asked", belief="It is.", source="https://aws.amazon.com", page="data.md", ask=ask)


def error(code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "CreateModelPackage")


DENIED = error(
    "AccessDeniedException",
    "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: sagemaker:CreateModelPackage on "
    "resource: *",
)


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (DENIED, "needs sagemaker:CreateModelPackage"),
        (error("AccessDeniedException", "no"), "the identity in use may not call CreateModelPackage"),
        (NoCredentialsError(), "there are no AWS credentials"),
        (error("ExpiredToken", "old"), "the AWS login has expired"),
        (UnansweredError("the job of 123456789012 failed"), "the job of <account> failed"),
        (KeyError("detail"), "the answer cannot be read (KeyError: 'detail')"),
    ],
)
def test_a_probe_that_fails_is_not_answered_and_says_why(failure: Exception, reason: str) -> None:
    answered = asking.asked(probe(failure), BENCH, {})
    assert answered.result == asking.UNANSWERED
    assert answered.reason.startswith(reason)
    assert "123456789012" not in answered.reason


def test_a_throttled_probe_is_asked_again() -> None:
    throttled = error("ThrottlingException", "Rate exceeded")
    assert asking.asked(probe(throttled, throttled, {"a": 1}), BENCH, {"a": 1}).result == asking.AGREES
    assert "throttled" in asking.asked(probe(throttled), BENCH, {"a": 1}).reason


def test_a_difference_names_its_place_and_both_values() -> None:
    answered = asking.asked(
        probe({"a": {"b": 1, "c": "the-bucket"}, "d": 1}), BENCH, {"a": {"b": 2, "e": None}, "d": 1.0}
    )
    assert answered.result == asking.DIFFERS
    assert answered.differences == {
        "a/b": (2, 1),
        "a/c": ("(absent)", "<Bucket>"),
        "a/e": (None, "(absent)"),
        "d": (1.0, 1),
    }


def test_a_probe_without_a_record_differs() -> None:
    assert asking.asked(probe({"a": 1}), BENCH, None).result == asking.DIFFERS
