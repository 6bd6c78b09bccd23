from typing import Any

import pytest

from mdlc_constructs.settings.network import NetworkSettings


def test_containers_are_isolated_by_default() -> None:
    made = NetworkSettings()
    assert (made.isolation, made.encrypt_between_containers, made.in_vpc) == (True, True, False)


def test_a_vpc_is_subnets_and_security_groups() -> None:
    made = NetworkSettings(subnet_ids=("subnet-1a", "${Token[TOKEN.4]}"), security_group_ids=("sg-2b",))
    assert made.in_vpc


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"subnet_ids": ("subnet-1",)}, "security groups"),
        ({"security_group_ids": ("sg-1",)}, "subnets"),
        ({"subnet_ids": ("sg-1",), "security_group_ids": ("sg-1",)}, "begins with 'subnet-'"),
        ({"subnet_ids": "subnet-1", "security_group_ids": ("sg-1",)}, "tuple"),
        ({"subnet_ids": ("#{Token[TOKEN.3]}",), "security_group_ids": ("sg-1",)}, "known only at deployment"),
    ],
)
def test_half_a_vpc_is_refused(changes: dict[str, Any], remedy: str) -> None:
    with pytest.raises(ValueError, match="=") as error:
        NetworkSettings(**changes)
    assert remedy in str(error.value)
