"""The network settings of jobs and models."""

import re
from dataclasses import dataclass

from mdlc_constructs.settings.refusal import refusal
from mdlc_constructs.settings.token import has_token


@dataclass(frozen=True, kw_only=True)
class NetworkSettings:
    """The network of jobs and models.

    Args:
        isolation: whether containers have no network access; SageMaker still copies their data in and out.
        encrypt_between_containers: whether traffic between the instances of a job is encrypted.
        subnet_ids: subnets of the VPC to run in; empty for SageMaker's own network.
        security_group_ids: security groups of the containers; required with subnets.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    isolation: bool = True
    encrypt_between_containers: bool = True
    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, prefix in (("subnet_ids", "subnet-"), ("security_group_ids", "sg-")):
            value = getattr(self, name)
            if isinstance(value, str):
                raise refusal(name, value, f"give a tuple of ids, for example ({value!r},).")
            for item in value:
                if "#{Token[" in item:
                    raise refusal(name, item, "is a list known only at deployment; give each id by itself.")
                if not has_token(item) and not re.fullmatch(prefix + "[0-9a-z]+", item):
                    raise refusal(name, item, f"give an id that begins with {prefix!r}.")
            object.__setattr__(self, name, tuple(value))
        if bool(self.subnet_ids) != bool(self.security_group_ids):
            missing = "security_group_ids" if self.subnet_ids else "subnet_ids"
            raise refusal(missing, getattr(self, missing), "a VPC needs both subnets and security groups.")

    @property
    def in_vpc(self) -> bool:
        """Whether jobs run in a VPC of the account."""
        return bool(self.subnet_ids)
