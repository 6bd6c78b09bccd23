"""What the roles of deployed stacks are granted, read through IAM, and what they used of it."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

_HASH = re.compile(r"[0-9A-F]{8}$")


@dataclass(frozen=True, order=True)
class Grant:
    """One action on one resource pattern that a role's policies allow.

    Attributes:
        role: the role's logical id, without its hash: equal in all stacks of a kind.
        resource: the pattern, in which physical ids read `${LogicalId}`, for the same reason.
        pattern: the pattern as it stands in the policy.
    """

    role: str
    action: str
    resource: str
    pattern: str = field(compare=False)

    def allows(self, use: "Use") -> bool:
        """Whether a use falls under this grant (conditions aside: the evaluator judged them)."""
        return (
            self.role == use.role
            and fnmatchcase(use.action.lower(), self.action.lower())
            and fnmatchcase(use.resource, self.pattern.replace("[", "[[]"))
        )


@dataclass(frozen=True)
class Use:
    """One allowed call of a role, as the embedded AWS recorded it.

    Attributes:
        role: the role's logical id, without its hash.
        arn: the role's ARN.
        context: the condition keys of the first such call.
    """

    role: str
    arn: str
    action: str
    resource: str
    context: dict[str, Any] = field(compare=False, hash=False)


@dataclass(frozen=True, kw_only=True)
class Granted:
    """The roles of one stack, and what they are granted.

    Attributes:
        roles: a role's ARN to its logical id, without its hash.
        names: a physical id to `${LogicalId}`, the longest first.
    """

    roles: Mapping[str, str]
    names: Mapping[str, str]
    grants: tuple[Grant, ...]

    def used(self, recorded: Iterable[Mapping[str, Any]]) -> Iterator[Use]:
        """The recorded uses that are those of this stack's roles and were allowed."""
        for one in recorded:
            if one["allowed"] and one["role"] in self.roles:
                role = self.roles[one["role"]]
                yield Use(role, one["role"], one["action"], one["resource"], one["context"])

    def as_if_in(self, other: "Granted", use: Use) -> Use:
        """The use as the same role of another stack of this kind would have made it."""
        text = _replaced(json.dumps([use.arn, use.resource, use.context]), self.names)
        arn, resource, context = json.loads(
            _replaced(text, {logical: name for name, logical in other.names.items()})
        )
        return Use(use.role, arn, use.action, resource, context)


def granted(client: Callable[[str], Any], *, stack: str, model: str) -> Granted:
    """What the roles of a model's stack are granted now, by their inline and attached policies."""
    resources = client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    found = {model: "${Model}"}
    for one in resources:
        found.setdefault(one["PhysicalResourceId"], f"${{{_HASH.sub('', one['LogicalResourceId'])}}}")
    names = dict(sorted(found.items(), key=lambda item: -len(item[0])))
    iam = client("iam")
    roles: dict[str, str] = {}
    grants: list[Grant] = []
    for one in resources:
        if one["ResourceType"] == "AWS::IAM::Role":
            name, kind = one["PhysicalResourceId"], _HASH.sub("", one["LogicalResourceId"])
            roles[iam.get_role(RoleName=name)["Role"]["Arn"]] = kind
            for document in _policies(iam, name):
                grants += _grants(kind, document, names)
    return Granted(roles=roles, names=names, grants=tuple(grants))


def _policies(iam: Any, role: str) -> Iterator[Any]:
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        yield iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    for one in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        policy = iam.get_policy(PolicyArn=one["PolicyArn"])["Policy"]
        version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])
        yield version["PolicyVersion"]["Document"]


def _grants(role: str, document: Any, names: Mapping[str, str]) -> Iterator[Grant]:
    for statement in document["Statement"]:
        assert statement["Effect"] == "Allow", statement
        for action in _list(statement["Action"]):
            for pattern in _list(statement["Resource"]):
                yield Grant(role, action, _replaced(pattern, names), pattern)


def _replaced(text: str, names: Mapping[str, str]) -> str:
    for name, other in names.items():
        text = text.replace(name, other)
    return text


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
