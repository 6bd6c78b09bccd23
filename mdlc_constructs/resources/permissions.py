"""Statements in plain data, turned into IAM policies with their placeholders bound."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct

from mdlc_constructs.asl.placeholders import names_in
from mdlc_constructs.asl.statements import Statement, merge


@cache
def deployment() -> Mapping[str, str]:
    """The placeholders that every template can bind: partition, region and account of the deployment."""
    # Asked once a process: each of these is a message to the CDK's other half.
    return {"Partition": Aws.PARTITION, "Region": Aws.REGION, "Account": Aws.ACCOUNT_ID}


def bound(value: Any, bindings: Mapping[str, str]) -> Any:
    """The value with every `${Name}` in its texts replaced by what it is bound to (CDK tokens included).

    Raises:
        ValueError: naming a placeholder that nothing binds.
    """
    if isinstance(value, str):
        for name in names_in(value):
            if name not in bindings:
                raise ValueError(f"The placeholder ${{{name}}} in {value!r} is not bound: bind it to a text.")
            value = value.replace(f"${{{name}}}", bindings[name])
        return value
    if isinstance(value, Mapping):
        return {key: bound(entry, bindings) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [bound(entry, bindings) for entry in value]
    return value


def policy(statements: Iterable[Statement], bindings: Mapping[str, str]) -> dict[str, Any]:
    """A policy document of merged statements."""
    document = [statement.to_policy() for statement in merge(statements)]
    return {"Version": "2012-10-17", "Statement": bound(document, {**deployment(), **bindings})}


def role(
    scope: Construct, id_: str, *, service: str, statements: Iterable[Statement], bindings: Mapping[str, str]
) -> iam.Role:
    """A role with one inline policy, assumed by a service.

    Args:
        service: the service's principal, such as `sagemaker.amazonaws.com`.
    """
    return iam.Role(
        scope,
        id_,
        assumed_by=iam.ServicePrincipal(service),
        inline_policies={"Work": iam.PolicyDocument.from_json(policy(statements, bindings))},
    )
