"""The VPC of the user in which a job or a model runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mdlc_constructs.tasks.requests import check_unique


@dataclass(frozen=True, kw_only=True)
class Vpc:
    """Subnets and security groups, each an id or a `${Placeholder}` (at most 16 and 5, as the API allows)."""

    subnet_ids: Sequence[str]
    security_group_ids: Sequence[str]

    def __post_init__(self) -> None:
        for argument, most in (("subnet_ids", 16), ("security_group_ids", 5)):
            ids = getattr(self, argument)
            if isinstance(ids, str) or not 1 <= len(ids) <= most:
                raise ValueError(f"{argument}={ids!r} must be a list of 1 to {most} ids.")
            check_unique(argument, list(ids))

    def to_request(self) -> dict[str, object]:
        """The API's `VpcConfig`."""
        return {"SecurityGroupIds": list(self.security_group_ids), "Subnets": list(self.subnet_ids)}


def vpc_request(vpc: Vpc | None) -> dict[str, object] | None:
    """The API's `VpcConfig`, or None for the service's own network."""
    return None if vpc is None else vpc.to_request()
