"""What two templates have in common: types of resources, granted actions, states."""

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
    """How many resources of each type there are, policies apart from their roles left out.

    Where a role's statements stand, within it or in a policy beside it, is the constructs' business: the
    actions are compared.
    """
    counts = Counter(resource["Type"] for resource in template["Resources"].values())
    del counts[POLICY]
    return counts


def actions(template: Template) -> frozenset[str]:
    """Every action that a role of the template is granted."""
    return frozenset(action for statement in _statements(template) for action in _listed(statement["Action"]))


def states(template: Template) -> frozenset[str]:
    """`<machine's name>/<state>` of every state at the top of a machine."""
    return frozenset(
        f"{resource['Properties']['StateMachineName']}/{state}"
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::StepFunctions::StateMachine"
        for state in json.loads(_text(resource["Properties"]["DefinitionString"]))["States"]
    )


def check_equal(ours: Template, twin: Template) -> None:
    """Hold the twin to the same resources, actions and states.

    Raises:
        ValueError: naming what only one of the two has.
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
    """A definition as text; what is known only at deployment becomes a letter."""
    if isinstance(value, str):
        return value
    return "".join(part if isinstance(part, str) else "x" for part in value["Fn::Join"][1])
