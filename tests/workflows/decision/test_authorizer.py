"""Who may ask: what is no authorizer is refused."""

import pytest

from mdlc_constructs import Authorizer, Throttle
from tests.workflows.decision.stacks import JUDGE, POOL

TOKEN = "${Token[TOKEN.42]}"


def test_what_is_known_only_at_deployment_is_taken() -> None:
    assert Authorizer.user_pool(TOKEN).arn == Authorizer.function(TOKEN).arn == TOKEN


def test_an_authorizer_keeps_what_it_was_given() -> None:
    assert Authorizer.iam().kind == "iam"
    assert Authorizer.user_pool(POOL, scopes=("ask",)).scopes == ("ask",)
    assert Authorizer.function(JUDGE, cache_seconds=0).cache_seconds == 0


@pytest.mark.parametrize("arn", ["", "eu-central-1_abc", JUDGE])
def test_what_is_no_user_pool_is_refused(arn: str) -> None:
    with pytest.raises(ValueError, match=r"user_pool_arn=.* is no ARN of a Cognito user pool"):
        Authorizer.user_pool(arn)


@pytest.mark.parametrize("arn", ["judge", POOL])
def test_what_is_no_function_is_refused(arn: str) -> None:
    with pytest.raises(ValueError, match=r"function_arn=.* is no ARN of a Lambda function"):
        Authorizer.function(arn)


@pytest.mark.parametrize("seconds", [-1, 3601])
def test_api_gateway_keeps_an_answer_an_hour_at_most(seconds: int) -> None:
    with pytest.raises(ValueError, match=rf"cache_seconds={seconds} must be between 0 and 3600"):
        Authorizer.function(JUDGE, cache_seconds=seconds)


@pytest.mark.parametrize(("arguments", "named"), [({"rate": 0}, "rate=0"), ({"burst": 5001}, "burst=5001")])
def test_a_throttle_stays_within_what_an_account_has(arguments: dict[str, int], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Throttle(**arguments)
