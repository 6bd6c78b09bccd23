"""The functions of a decision API, each with a role and a log group, and optional provisioned concurrency."""

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
    """A function of a decision API.

    Attributes:
        arn: ARN to invoke: the function's, or its alias's with provisioned concurrency.
        resource: the function itself.
        entry: the resource that must exist before the function can be invoked.
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
    """Create a function from the library's code bundle.

    Args:
        scope: the scope of the resources.
        id_: the construct id.
        home: the model's home.
        handler: the handler's name.
        description: the function's description.
        statements: IAM statements of its role.
        bindings: values of the placeholders in the statements.
        environment: environment variables.
        timeout_seconds: the timeout.
        memory_mb: the memory.
        network: subnets and security groups, if any.
        provisioned: provisioned concurrency. It belongs to a version, so callers then invoke an alias.
    """
    inside = None
    if network is not None and network.in_vpc:
        inside = {"subnetIds": list(network.subnet_ids), "securityGroupIds": list(network.security_group_ids)}
        # Lambda needs these actions on all resources; the function's configuration names subnets and groups.
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
    # A version is an immutable snapshot of the function, so changed content needs a new version.
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
