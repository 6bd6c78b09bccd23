"""The functions of a decision API: a role and a log group each, and instances kept warm where asked for."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aws_cdk import CfnResource, Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.resources import bundles
from mdlc_constructs.resources.functions import new_function
from mdlc_constructs.resources.model_home import ModelHome
from mdlc_constructs.settings.network import NetworkSettings

ALIAS = "live"

_INTERFACES = (
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
)


@dataclass(frozen=True, kw_only=True)
class DecisionFunction:
    """A function.

    Attributes:
        arn: what is called: the function, or its alias when instances are kept warm.
        resource: the function itself.
        entry: the resource that must be there before the function can be called.
    """

    arn: str
    resource: lambda_.CfnFunction
    entry: CfnResource

    @property
    def name(self) -> str:
        """The function's name, a dimension of its metrics."""
        return self.resource.ref


def make_function(
    scope: Construct,
    id_: str,
    home: ModelHome,
    *,
    handler: str,
    description: str,
    statements: Iterable[Statement],
    bindings: Mapping[str, str],
    environment: Mapping[str, str],
    timeout_seconds: int,
    memory_mb: int,
    network: NetworkSettings | None = None,
    provisioned: int = 0,
) -> DecisionFunction:
    """A function from the library's bundle.

    Args:
        provisioned: instances kept warm. They belong to a version, so that callers call an alias of it.
    """
    inside = None
    if network is not None and network.in_vpc:
        inside = {"subnetIds": list(network.subnet_ids), "securityGroupIds": list(network.security_group_ids)}
        # Lambda's interfaces know no resource-level permission that Lambda would not need at any subnet.
        statements = (*statements, Statement(actions=_INTERFACES, resources=("*",)))
    function, _ = new_function(
        scope,
        id_,
        key_arn=home.key_arn,
        handler=handler,
        description=description,
        statements=statements,
        bindings={**home.bindings, **bindings},
        timeout_seconds=timeout_seconds,
        memory_mb=memory_mb,
        environment=environment,
        inside=inside,
    )
    if not provisioned:
        return DecisionFunction(arn=function.attr_arn, resource=function, entry=function)
    # A version is what the function was when the version was made: other content needs another one.
    content = [bundles.lambda_code().digest, handler, dict(environment), timeout_seconds, memory_mb]
    template = json.dumps(Stack.of(scope).resolve(content), sort_keys=True)
    digest = hashlib.sha256(template.encode()).hexdigest()[:16]
    version = lambda_.CfnVersion(scope, f"{id_}Version{digest}", function_name=function.ref)
    alias = lambda_.CfnAlias(
        scope,
        f"{id_}Alias",
        function_name=function.ref,
        function_version=version.attr_version,
        name=ALIAS,
        provisioned_concurrency_config={"provisionedConcurrentExecutions": provisioned},
    )
    return DecisionFunction(arn=alias.ref, resource=function, entry=alias)
