"""Which services' roles are held to the account, and which cannot be."""

import pytest

from mdlc_constructs.resources import trust
from mdlc_local.trust import SENDS_SOURCE

ACCOUNT = "111111111111"


@pytest.mark.parametrize("service", sorted(trust.DOCUMENTED))
def test_a_service_that_says_for_whom_it_acts_assumes_roles_for_the_account_alone(service: str) -> None:
    (statement,) = trust.trust_policy(service, ACCOUNT)["Statement"]
    assert (statement["Principal"], statement["Action"]) == ({"Service": service}, "sts:AssumeRole")
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    assert trust.DOCUMENTED[service].startswith("https://docs.aws.amazon.com/")


@pytest.mark.parametrize("service", sorted(trust.UNDOCUMENTED))
def test_a_service_of_which_nothing_is_documented_assumes_roles_without_a_condition(service: str) -> None:
    (statement,) = trust.trust_policy(service, ACCOUNT)["Statement"]
    assert "Condition" not in statement


def test_a_service_that_nobody_looked_up_is_refused() -> None:
    with pytest.raises(ValueError, match=r"service='glue\.amazonaws\.com' is neither in DOCUMENTED nor"):
        trust.trust_policy("glue.amazonaws.com", ACCOUNT)


def test_the_embedded_aws_holds_the_same_services_to_such_conditions() -> None:
    assert set(trust.DOCUMENTED) == set(SENDS_SOURCE)
