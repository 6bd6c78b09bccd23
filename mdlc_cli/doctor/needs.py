"""What an app asks of its account, from its synthesized templates. Pure but for reading the files."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mdlc_cli import places
from mdlc_cli.doctor.pseudo_parameters import Environment, environment_of

_SINGULAR = {
    "ResourceConfig": "training job",
    "ClusterConfig": "processing job",
    "TransformResources": "transform job",
}
_IMAGE = re.compile(r"[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/[^\"\\\s]+")
_PUSHED = re.compile(r"/cdk-[a-z0-9]+-container-assets-")
"""In the URI of an image that a deployment builds and pushes: it need not be there before."""
_MACHINE = "AWS::StepFunctions::StateMachine"


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A stack of a cloud assembly.

    Attributes:
        environment: the account and the region it is synthesized for, as the manifest says it.
        properties: its properties in the manifest.
    """

    name: str
    environment: str
    properties: Mapping[str, Any]
    template: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Bootstrap:
    """The CDK bootstrap that a stack asks for: the SSM parameter with its version, and the roles it uses."""

    parameter: str
    version: int
    roles: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What the app asks for.

    Attributes:
        stacks: the stacks' names.
        bootstraps: the CDK bootstraps.
        instances: pairs of instance type and use, such as ``("ml.m5.xlarge", "training job")``.
        images: URIs of container images.
        own_buckets: buckets that the app does not make and whose events it listens to.
        roles: the number of IAM roles.
        vended_logs: log groups of state machines whose name does not begin with `/aws/vendedlogs/`.
        api_logs: whether an API writes logs, and the app sets no role for it in the account.
        scales: whether an endpoint's instances are scaled.
        spark: whether jobs run on Spark.
        elsewhere: the accounts and regions that stacks are synthesized for instead of the target's, by
            stack; the names of their roles and images are those of there, so they are left out.
    """

    stacks: tuple[str, ...] = ()
    bootstraps: tuple[Bootstrap, ...] = ()
    instances: tuple[tuple[str, str], ...] = ()
    images: tuple[str, ...] = ()
    own_buckets: tuple[str, ...] = ()
    roles: int = 0
    vended_logs: tuple[str, ...] = ()
    api_logs: bool = False
    scales: bool = False
    spark: bool = False
    elsewhere: Mapping[str, Environment] = field(default_factory=dict)


def synthesized(root: Path) -> list[Stack] | None:
    """The app's stacks as they were synthesized last; None when that has not happened."""
    folders = [root / "cdk.out", root / places.STATE_FOLDER / "assembly"]
    manifests = [folder / "manifest.json" for folder in folders if (folder / "manifest.json").is_file()]
    if not manifests:
        return None
    newest = max(manifests, key=lambda path: path.stat().st_mtime)
    return list(_stacks(newest.parent))


def of(stacks: Iterable[Stack], target: Environment) -> Needs:
    """What stacks ask for where they are to be deployed."""
    stacks = list(stacks)
    named = {stack.name: environment_of(stack.environment, target) for stack in stacks}
    elsewhere = {name: environment for name, environment in named.items() if environment != target}
    templates = [named[stack.name].template(stack.template) for stack in stacks]
    here = [
        template for stack, template in zip(stacks, templates, strict=True) if stack.name not in elsewhere
    ]
    resources = [each for template in templates for each in template.get("Resources", {}).values()]
    text = json.dumps(templates)
    definitions = [_definition(each) for each in resources if each.get("Type") == _MACHINE]
    types = {each.get("Type") for each in resources}
    logs = [each for each in resources if each.get("Type") == "AWS::ApiGateway::Stage"]
    return Needs(
        stacks=tuple(named),
        bootstraps=tuple(_bootstraps(stacks, target, elsewhere)),
        instances=tuple(sorted({pair for definition in definitions for pair in _instances(definition)})),
        images=tuple(sorted(_images(json.dumps(here)))),
        own_buckets=tuple(sorted(_own_buckets(resources))),
        roles=sum(1 for each in resources if each.get("Type") == "AWS::IAM::Role"),
        vended_logs=tuple(sorted(_vended_logs(resources))),
        api_logs=bool(logs)
        and "AccessLogSetting" in json.dumps(logs)
        and "AWS::ApiGateway::Account" not in types,
        scales="registerScalableTarget" in text,
        spark=run_spark(stacks),
        elsewhere=elsewhere,
    )


def run_spark(stacks: Iterable[Stack]) -> bool:
    """Whether jobs of the stacks run on Spark."""
    texts = (json.dumps(stack.template) for stack in stacks)
    return any("AWS::EMRServerless::Application" in text or "sagemaker-spark" in text for text in texts)


def _images(text: str) -> set[str]:
    return {match[0] for match in _IMAGE.finditer(text) if not _PUSHED.search(match[0])}


def _stacks(folder: Path) -> Iterator[Stack]:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for identity, artifact in manifest.get("artifacts", {}).items():
        properties = artifact.get("properties", {})
        if artifact.get("type") == "aws:cloudformation:stack":
            template = json.loads((folder / properties["templateFile"]).read_text(encoding="utf-8"))
            yield Stack(
                name=properties.get("stackName", identity),
                environment=artifact.get("environment", ""),
                properties=properties,
                template=template,
            )
        elif artifact.get("type") == "cdk:cloud-assembly":
            yield from _stacks(folder / properties["directoryName"])


def _bootstraps(
    stacks: Iterable[Stack], target: Environment, elsewhere: Container[str]
) -> Iterator[Bootstrap]:
    by_parameter: dict[str, tuple[int, set[str]]] = {}
    for stack in stacks:
        properties = stack.properties
        parameter = properties.get("bootstrapStackVersionSsmParameter")
        if parameter:
            version, roles = by_parameter.setdefault(parameter, (0, set()))
            arns = (properties.get("assumeRoleArn"), properties.get("cloudFormationExecutionRoleArn"))
            if stack.name not in elsewhere:
                roles.update(target.text(arn).rpartition("/")[2] for arn in arns if arn)
            needed = int(properties.get("requiresBootstrapStackVersion", 0))
            by_parameter[parameter] = (max(version, needed), roles)
    for parameter, (version, roles) in sorted(by_parameter.items()):
        yield Bootstrap(parameter=parameter, version=version, roles=tuple(sorted(roles)))


def _definition(machine: Mapping[str, Any]) -> Any:
    """A state machine's definition; an empty one where it is not a plain JSON text."""
    try:
        return json.loads(machine["Properties"]["DefinitionString"])
    except (KeyError, TypeError, ValueError):
        return {}


def _instances(value: Any, use: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for each in value:
            yield from _instances(each, use)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if (
                key in ("InstanceType", "instance_type")
                and isinstance(inner, str)
                and inner.startswith("ml.")
            ):
                yield inner, use or "endpoint"
            else:
                yield from _instances(inner, _SINGULAR.get(key, use))


def _own_buckets(resources: list[dict[str, Any]]) -> set[str]:
    """Names of buckets, as plain text, for whose events a rule waits."""
    names: set[str] = set()
    for rule in resources:
        pattern = rule.get("Properties", {}).get("EventPattern")
        if rule.get("Type") != "AWS::Events::Rule" or not isinstance(pattern, dict):
            continue
        if "aws.s3" in pattern.get("source", ()):
            listed = pattern.get("detail", {}).get("bucket", {}).get("name", ())
            names.update(name for name in listed if isinstance(name, str))
    return names


def _vended_logs(resources: list[dict[str, Any]]) -> set[str]:
    """Names of log groups, as plain text, that neither Lambda nor the prefix for vended logs has."""
    names = (
        each.get("Properties", {}).get("LogGroupName", "")
        for each in resources
        if each.get("Type") == "AWS::Logs::LogGroup"
    )
    return {
        name
        for name in names
        if isinstance(name, str) and name and not name.startswith(("/aws/vendedlogs/", "/aws/lambda/"))
    }
