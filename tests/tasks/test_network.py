from typing import Any

import pytest

from mdlc_constructs.tasks.network import Vpc, vpc_request


def test_vpc_in_the_shape_of_the_api() -> None:
    vpc = Vpc(subnet_ids=("${Subnet0}",), security_group_ids=["sg-1"])
    assert vpc_request(vpc) == {"SecurityGroupIds": ["sg-1"], "Subnets": ["${Subnet0}"]}
    assert vpc_request(None) is None


@pytest.mark.parametrize(
    ("subnets", "groups", "said"),
    [
        ([], ["sg"], r"subnet_ids=\[\] must be a list of 1 to 16 ids"),
        (["s"], [f"sg{number}" for number in range(6)], "must be a list of 1 to 5 ids"),
        ("subnet-1", ["sg"], "subnet_ids='subnet-1' must be a list"),
        (["s", "s"], ["sg"], "subnet_ids holds the name 's' twice"),
    ],
)
def test_what_the_api_refuses_is_refused(subnets: Any, groups: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Vpc(subnet_ids=subnets, security_group_ids=groups)
