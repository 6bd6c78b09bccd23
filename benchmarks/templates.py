"""Compares two templates by resource types, granted actions and states."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Template = Mapping[str, Any]

POLICY = "AWS::IAM::Policy"


def template(outdir: Path, stack: str) -> Template:
    """The synthesized template of a stack."""
    read: Template = json.loads((outdir / f"{stack}.template.json").read_text())
    return read


def types(template: Template) -> Counter[str]:
    """The number of resources of each type, without separate policies.

    A role's statements may be inline or in a separate policy; only their actions are compared.
    """
    counts = Counter(resource["Type"] for resource in template["Resources"].values())
    del counts[POLICY]
    return counts


def actions(template: Template) -> frozenset[str]:
    """All actions that the template's roles are granted."""
    return frozenset(action for statement in _statements(template) for action in _listed(statement["Action"]))


def states(template: Template) -> frozenset[str]:
    """`<machine's name>/<state>` of every top-level state of every state machine."""
    return frozenset(
        f"{resource['Properties']['StateMachineName']}/{state}"
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::StepFunctions::StateMachine"
        for state in json.loads(_text(resource["Properties"]["DefinitionString"]))["States"]
    )


def check_equal(ours: Template, twin: Template) -> None:
    """Check that both templates have the same resources, actions and states.

    Raises:
        ValueError: when they differ; names what only one of them has.
    """
    for what, mine, theirs in (
        ("resources", set(types(ours).items()), set(types(twin).items())),
        ("actions", actions(ours), actions(twin)),
        ("states", states(ours), states(twin)),
    ):
        if mine != theirs:
            raise ValueError(
                f"The twin differs in {what}: only ours has {sorted(mine - theirs)}, only the twin has "
                f"{sorted(theirs - mine)}; change benchmarks/all_l2 and benchmarks/all_l2_ts until all agree."
            )


def _statements(template: Template) -> Iterator[Mapping[str, Any]]:
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] == POLICY:
            yield from properties["PolicyDocument"]["Statement"]
        elif resource["Type"] == "AWS::IAM::Role":
            for policy in properties.get("Policies", ()):
                yield from policy["PolicyDocument"]["Statement"]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    """A definition as text; a placeholder replaces values that are known only at deployment."""
    if isinstance(value, str):
        return value
    return "".join(part if isinstance(part, str) else "x" for part in value["Fn::Join"][1])
