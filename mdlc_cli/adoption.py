"""Takes up what a deleted stack left when it is deployed again: data, key, audit table, registered versions.

A stack of the same name and construct ids would otherwise begin empty beside what it left, and fail on names
that are taken. CloudFormation imports the resources (`cdk import`) before the deployment; nothing is changed
or copied, and a failed import leaves them as they were. Instead of deleting or renaming: both lose a model.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mdlc_cli import cdk, progress, retained, stacks, toolchain
from mdlc_cli.assembly import AppStack, Assembly
from mdlc_cli.errors import CommandError
from mdlc_cli.retained import IDENTIFIERS, WORDS, Retained
from mdlc_cli.target import Target
from mdlc_cli.tool_process import run_tool

FIXED_NAMES: Mapping[str, str] = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SageMaker::ModelPackageGroup": "ModelPackageGroupName",
}
"""The property by which a template names a resource of a type itself."""

NOT_CREATED = frozenset({"ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"})
"""Statuses of a stack that `cdk deploy` creates: it failed to be created, or was only looked at."""


def candidates(target: Target, names: Sequence[str]) -> set[str]:
    """The deleted stacks that a deployment may make again: of ``names``, or of all when there are none."""
    standing = {one.name for one in stacks.deployed(target) if one.status not in NOT_CREATED}
    deleted = retained.deleted_names(target) - standing
    # A name may be a pattern or a path, which only the synthesized app resolves.
    return deleted if any("*" in name or "/" in name for name in names) or not names else deleted & {*names}


def adopt(target: Target, app: Assembly, deleted: Iterable[str], names: Sequence[str]) -> None:
    """Import what deleted stacks left into those of the app that are about to be made again.

    Raises:
        CommandError: a name is taken by something left that this app cannot take up, or the import failed.
    """
    chosen = [one for one in app.chosen(names) if one.name in set(deleted)]
    plans = [(one, retained.left_by(target, [one.name])) for one in chosen]
    imports = [(one, importable(one.template, left)) for one, left in plans]
    for (one, left), (_, taken) in zip(plans, imports, strict=True):
        _check_names(one, [each for each in left if each not in taken.values()])
    for one, taken in imports:
        if taken:
            _import(target, app, one, taken)


def importable(template: Mapping[str, Any], left: Iterable[Retained]) -> dict[str, Retained]:
    """By logical id, what of that a template declares again and refers to nothing that is not imported."""
    declared = template.get("Resources", {})
    found: dict[str, Retained] = {}
    for one in left:
        resource = declared.get(one.logical_id)
        if resource is None or resource["Type"] != one.kind or one.kind not in IDENTIFIERS:
            continue
        # Import needs a deletion policy, and knows no conditions.
        if "DeletionPolicy" in resource and "Condition" not in resource:
            found.setdefault(one.logical_id, one)
    while True:
        loose = [name for name in found if set(_references(declared[name])) & set(declared) - set(found)]
        if not loose:
            return found
        for name in loose:
            del found[name]


def _references(value: Any) -> Iterator[str]:
    """The logical ids that a part of a template refers to, and names of parameters."""
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
    """Refuse a deployment that would fail on a name that is taken."""
    made = {
        (resource["Type"], resource.get("Properties", {}).get(FIXED_NAMES.get(resource["Type"], "")))
        for resource in stack.template.get("Resources", {}).values()
    }
    for one in left:
        if (one.kind, one.name) in made:
            raise CommandError(
                f"{WORDS[one.kind]} {one.name} is left of an earlier {stack.name}, and this app makes one of "
                f"that name elsewhere in the stack: remove what is left with `mdlc teardown {stack.name} "
                "--everything`, or name it otherwise"
            )


def _import(target: Target, app: Assembly, stack: AppStack, taken: Mapping[str, Retained]) -> None:
    mapping = {name: {IDENTIFIERS[one.kind]: one.physical_id} for name, one in taken.items()}
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
        step.summary = ", ".join(sorted(one.sentence_part for one in taken.values()))
