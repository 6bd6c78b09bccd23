"""Imports what a deleted stack retained when it is deployed again: data, key, audit table, model packages.

Otherwise the new stack would start without the retained data, and fail on names that are in use. So
CloudFormation imports the resources (`cdk import`) before the deployment. Nothing is changed or copied, and a
failed import leaves them as they were. The alternatives, deleting or renaming, would both lose a model.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mdlc_cli.aws import stacks
from mdlc_cli.aws.target import Target
from mdlc_cli.deploying import cdk, retained
from mdlc_cli.deploying.assembly import AppStack, Assembly
from mdlc_cli.deploying.retained import IDENTIFIERS, WORDS, Retained
from mdlc_cli.errors import CommandError
from mdlc_cli.output import progress
from mdlc_cli.tools import toolchain
from mdlc_cli.tools.tool_process import run_tool

FIXED_NAMES: Mapping[str, str] = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SageMaker::ModelPackageGroup": "ModelPackageGroupName",
}
"""By type: the property with which a template can set a resource's name."""

NOT_CREATED = frozenset({"ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"})
"""Statuses of a stack that `cdk deploy` still has to create: creation failed, or only a change set exists."""


def candidates(target: Target, names: Sequence[str]) -> set[str]:
    """The names of deleted stacks that a deployment of ``names`` (all stacks when empty) may create again."""
    standing = {stack.name for stack in stacks.deployed(target) if stack.status not in NOT_CREATED}
    deleted = retained.deleted_names(target) - standing
    # A name may be a pattern or a path, which only the synthesized app resolves.
    return deleted if any("*" in name or "/" in name for name in names) or not names else deleted & {*names}


def adopt(target: Target, app: Assembly, deleted: Iterable[str], names: Sequence[str]) -> None:
    """Import what deleted stacks retained into the app's stacks of the same names.

    Args:
        target: the AWS to deploy to.
        app: the synthesized app.
        deleted: names of deleted stacks.
        names: the stacks to deploy; empty for all.

    Raises:
        CommandError: a name is used by a retained resource that cannot be imported, or the import failed.
    """
    chosen = [stack for stack in app.chosen(names) if stack.name in set(deleted)]
    plans = [(stack, retained.left_by(target, [stack.name])) for stack in chosen]
    imports = [(stack, importable(stack.template, left)) for stack, left in plans]
    for (stack, left), (_, taken) in zip(plans, imports, strict=True):
        _check_names(stack, [each for each in left if each not in taken.values()])
    for stack, taken in imports:
        if taken:
            _import(target, app, stack, taken)


def importable(template: Mapping[str, Any], left: Iterable[Retained]) -> dict[str, Retained]:
    """By logical id: the retained resources that a template can import.

    The template must declare the resource, and the declaration may only refer to other imported resources.
    """
    declared = template.get("Resources", {})
    imports: dict[str, Retained] = {}
    for resource_left in left:
        resource = declared.get(resource_left.logical_id)
        if (
            resource is None
            or resource["Type"] != resource_left.kind
            or resource_left.kind not in IDENTIFIERS
        ):
            continue
        # An import requires a DeletionPolicy and does not support conditions.
        if "DeletionPolicy" in resource and "Condition" not in resource:
            imports.setdefault(resource_left.logical_id, resource_left)
    while True:
        loose = [name for name in imports if set(_references(declared[name])) & set(declared) - set(imports)]
        if not loose:
            return imports
        for name in loose:
            del imports[name]


def _references(value: Any) -> Iterator[str]:
    """The logical ids and parameter names that a part of a template refers to."""
    if isinstance(value, list):
        for item in value:
            yield from _references(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "Ref" and isinstance(item, str):
                yield item
            elif key == "Fn::GetAtt":
                yield (item if isinstance(item, str) else str(item[0])).partition(".")[0]
            elif key == "DependsOn":
                yield from [item] if isinstance(item, str) else item
            elif key == "Fn::Sub":
                text, *more = item if isinstance(item, list) else [item]
                yield from (part.partition("}")[0].partition(".")[0] for part in text.split("${")[1:])
                yield from _references(more)
            else:
                yield from _references(item)


def _check_names(stack: AppStack, left: Iterable[Retained]) -> None:
    """Raise an error when the deployment would fail because a retained resource has a name that it uses."""
    names = {
        (resource["Type"], resource.get("Properties", {}).get(FIXED_NAMES.get(resource["Type"], "")))
        for resource in stack.template.get("Resources", {}).values()
    }
    for resource in left:
        if (resource.kind, resource.name) in names:
            raise CommandError(
                f"{WORDS[resource.kind]} {resource.name} is left of an earlier {stack.name}, and this app "
                f"makes "
                f"one of that name elsewhere in the stack: remove what is left with `mdlc teardown "
                f"{stack.name} "
                "--everything`, or name it otherwise"
            )


def _import(target: Target, app: Assembly, stack: AppStack, taken: Mapping[str, Retained]) -> None:
    mapping = {name: {IDENTIFIERS[resource.kind]: resource.physical_id} for name, resource in taken.items()}
    with progress.step(f"taking up what an earlier {stack.name} left") as step:
        run_tool(
            [*toolchain.cdk_command(), "import", stack.selector, "--app", app.folder, "--force",
             "--no-notices", "--resource-mapping-inline", json.dumps(mapping)],
            what="cdk import",
            remedy=f"read the lines above; `mdlc teardown {stack.name} --everything` removes what is left",
            on_line=step.detail,
            environment=cdk.environment(target),
            folder=app.folder.parent.parent,
        )  # fmt: skip
        step.summary = ", ".join(sorted(resource.sentence_part for resource in taken.values()))
