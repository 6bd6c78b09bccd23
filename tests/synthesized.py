"""Templates as tests look at them: resources by type, machines by name, statements by role."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws_cdk import App, Environment, Stack

from mdlc_constructs.governance.nag import flat

Resource = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Synthesized:
    """One stack's template."""

    template: dict[str, Any]

    @classmethod
    def all_of(cls, app: App) -> dict[str, "Synthesized"]:
        """Synthesizes an app; its stacks by name."""
        folder = Path(app.synth().directory)
        return {
            path.name.removesuffix(".template.json"): cls(template=json.loads(path.read_text()))
            for path in folder.glob("*.template.json")
        }

    @classmethod
    def read(cls, path: Path) -> "Synthesized":
        """A template that was synthesized already."""
        return cls(template=json.loads(path.read_text()))

    @property
    def resources(self) -> Mapping[str, Resource]:
        """All resources by logical id."""
        resources: dict[str, Resource] = self.template["Resources"]
        return resources

    def of_type(self, kind: str) -> dict[str, Resource]:
        """Resources of a type, such as `AWS::S3::Bucket`, by logical id."""
        return {name: resource for name, resource in self.resources.items() if resource["Type"] == kind}

    def only(self, kind: str) -> Resource:
        """The one resource of a type."""
        (resource,) = self.of_type(kind).values()
        return resource

    def properties(self, kind: str) -> dict[str, Any]:
        """Properties of the one resource of a type."""
        properties: dict[str, Any] = self.only(kind)["Properties"]
        return properties

    def machine(self, name: str) -> Resource:
        """Properties of the state machine of that name."""
        (machine,) = (
            resource["Properties"]
            for resource in self.of_type("AWS::StepFunctions::StateMachine").values()
            if resource["Properties"]["StateMachineName"] == name
        )
        return dict(machine)

    def states(self, name: str) -> dict[str, Any]:
        """The states of that machine's definition, which must be a literal."""
        definition = self.machine(name)["DefinitionString"]
        assert isinstance(definition, str)
        states: dict[str, Any] = json.loads(definition)["States"]
        return states

    def role_id(self, description: str) -> str:
        """Logical id of the one role whose logical id begins with a text, such as `TrainingTrainRole`."""
        (name,) = (name for name in self.of_type("AWS::IAM::Role") if name.startswith(description))
        return name

    def statements(self, role: str) -> list[dict[str, Any]]:
        """What a role (by the beginning of its logical id) is allowed, ARNs as flat text."""
        id_ = self.role_id(role)
        documents = [
            policy["PolicyDocument"] for policy in self.resources[id_]["Properties"].get("Policies", [])
        ]
        documents += [
            policy["Properties"]["PolicyDocument"]
            for policy in self.of_type("AWS::IAM::Policy").values()
            if {"Ref": id_} in policy["Properties"]["Roles"]
        ]
        return [
            {
                **statement,
                "Action": listed(statement["Action"]),
                "Resource": [flat(resource) for resource in listed(statement["Resource"])],
            }
            for document in documents
            for statement in document["Statement"]
        ]

    def allowed(self, role: str) -> set[tuple[str, str]]:
        """Pairs of action and resource that a role is allowed, conditions aside."""
        return {
            (action, resource)
            for statement in self.statements(role)
            for action in statement["Action"]
            for resource in statement["Resource"]
        }

    def all_statements(self) -> Iterator[dict[str, Any]]:
        """What any role is allowed."""
        for role in self.of_type("AWS::IAM::Role"):
            yield from self.statements(role)


Builder = tuple[Callable[[Stack], object], Environment | None]
"""What fills a stack, and where the stack is deployed."""


def in_accounts_of_their_own(builders: Mapping[str, Builder]) -> dict[str, Builder]:
    """The builders with known accounts made different, so that one app may hold models of the same name."""
    return {
        name: (
            build,
            env and Environment(account=f"{int(env.account or 0) + number:012d}", region=env.region),
        )
        for number, (name, (build, env)) in enumerate(builders.items())
    }


def listed(value: Any) -> list[Any]:
    """A value of a policy as the list it may be written as."""
    return value if isinstance(value, list) else [value]
