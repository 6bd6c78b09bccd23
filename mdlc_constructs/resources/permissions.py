"""Turns statements (`asl.statements`) into IAM policies and roles, with their placeholders replaced."""

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from typing import Any

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct

from mdlc_constructs.asl.placeholders import names_in
from mdlc_constructs.asl.statements import Statement, merge
from mdlc_constructs.resources.trust import trust_policy

UNKNOWN_LENGTH = 63
"""The length assumed for a value that is known only at deployment: the maximum for a bucket's name."""

_LENGTHS = {"AWS.Partition": len("aws"), "AWS.Region": len("ap-southeast-1"), "AWS.AccountId": 12}
_TOKEN = re.compile(r"\$\{Token\[(?P<name>[^\]]*?)\.\d+\]\}")


@cache
def deployment() -> Mapping[str, str]:
    """The placeholders that every template can bind: partition, region and account of the deployment."""
    # Cached for the process: each of these is a message to the jsii kernel (Node).
    return {"Partition": Aws.PARTITION, "Region": Aws.REGION, "Account": Aws.ACCOUNT_ID}


def bound(value: Any, bindings: Mapping[str, str]) -> Any:
    """The value with every `${Name}` in its texts replaced by its value in `bindings`, which may be a token.

    Raises:
        ValueError: naming a placeholder that is not in `bindings`.
    """
    # As one JSON text, which is several times as fast as text by text.
    text = json.dumps(value)
    for name in names_in(text):
        if name not in bindings:
            raise ValueError(f"The placeholder ${{{name}}} in {value!r} is not bound: bind it to a text.")
        text = text.replace(f"${{{name}}}", json.dumps(bindings[name])[1:-1])
    return json.loads(text)


def policy(statements: Iterable[Statement], bindings: Mapping[str, str]) -> list[dict[str, Any]]:
    """The merged statements as they stand in a policy document, with placeholders replaced."""
    document = [
        {**body, **_shortened(body)} for body in (statement.to_policy() for statement in merge(statements))
    ]
    bound_statements: list[dict[str, Any]] = bound(document, {**deployment(), **bindings})
    return bound_statements


class Role:
    """An IAM role with one inline policy: a single resource, because each message to the jsii kernel is slow.

    Args:
        service: the service principal that may assume it, such as `sagemaker.amazonaws.com`.
        name: the role's name; by default CloudFormation makes one.

    Attributes:
        resource: the role's L1 construct.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        service: str,
        statements: Iterable[Statement],
        bindings: Mapping[str, str],
        name: str | None = None,
    ) -> None:
        self._statements = policy(statements, bindings)
        self.resource = iam.CfnRole(
            scope,
            id_,
            role_name=name,
            assume_role_policy_document=trust_policy(service, deployment()["Account"]),
            policies=self._policies(),
        )
        self._scope, self._id = scope, id_

    def allow(self, statements: Iterable[Statement], bindings: Mapping[str, str]) -> None:
        """Add the statements that the policy does not hold yet."""
        added = [statement for statement in policy(statements, bindings) if statement not in self._statements]
        if added:
            self._statements += added
            self.resource.policies = self._policies()

    @cached_property
    def arn(self) -> str:
        """The role's ARN."""
        return self.resource.attr_arn

    @cached_property
    def principal(self) -> iam.IRole:
        """The role as an L2 construct for CDK's own classes; their grants go into a separate policy."""
        return iam.Role.from_role_name(self._scope, f"{self._id}ByName", self.resource.ref)

    @property
    def size(self) -> int:
        """The number of characters of the inline policy as IAM counts them, without white space.

        A value that is known only at deployment counts with the likely maximum length of its kind.
        """
        text = json.dumps(self._statements, separators=(",", ":"))
        return len(_TOKEN.sub(lambda token: "x" * _LENGTHS.get(token["name"], UNKNOWN_LENGTH), text))

    def _policies(self) -> list[Any]:
        document = {"Version": "2012-10-17", "Statement": self._statements}
        return [{"policyName": "Work", "policyDocument": document}]


def _shortened(statement: Mapping[str, object]) -> dict[str, object]:
    # IAM takes a single action or resource without a list, and fewer lists make synthesis faster.
    return {
        key: value[0]
        for key, value in statement.items()
        if key in ("Action", "Resource") and isinstance(value, list) and len(value) == 1
    }
