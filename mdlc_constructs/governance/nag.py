"""Checks an app with cdk-nag and acknowledges this library's own findings."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import jsii
from aws_cdk import Acknowledgment, App, PolicyValidationPluginReport, Stack, Validations
from aws_cdk import aws_iam as iam
from constructs import IConstruct

from mdlc_constructs.delivery.access import DeliveryAccess
from mdlc_constructs.delivery.pipeline import DeliveryPipeline
from mdlc_constructs.governance.decision_findings import LOG_ROLE, decision_reason
from mdlc_constructs.governance.delivery_findings import delivery_reason
from mdlc_constructs.governance.known_findings import (
    ACCESS_LOGS,
    ACCESS_LOGS_REASON,
    Owned,
    reason,
    wildcard,
)
from mdlc_constructs.resources.functions import Functions
from mdlc_constructs.resources.mlflow_app import MlflowApp
from mdlc_constructs.resources.model_home import ModelHome
from mdlc_constructs.workflows.construct import Workflow
from mdlc_constructs.workflows.decision.construct import DecisionApi

try:
    from cdk_nag import AwsSolutionsChecks
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        "add_nag judges templates by cdk-nag, which is not installed: install mdlc-constructs[nag]."
    ) from missing

_BESIDE = "ByName/Policy/Resource"
"""Path suffix of the separate policy to which the CDK's grants for a role are added: `Role.principal`."""


def add_nag(app: App, *, verbose: bool = False) -> None:
    """Check the app with cdk-nag's AwsSolutions rules when it is synthesized; a finding fails the synthesis.

    Findings that this library's own constructs cause on purpose are acknowledged on their resources, each
    with its reason; the validation report in the cloud assembly lists them. All others, for example a
    permission that your own seams need, are reported: fix or acknowledge them as cdk-nag says.

    Synthesis takes longer with these checks: use them in CI and before a deployment, not always.

    Args:
        app: the app to check.
        verbose: have cdk-nag explain each finding.
    """
    Validations.of(app).add_plugins(_Checks(app, verbose=verbose))


class _Checks(AwsSolutionsChecks):
    # Known findings are acknowledged after cdk-nag's report and before the CDK evaluates it: only then are
    # the findings' ids in their final form, with references across stacks resolved.
    def __init__(self, app: App, *, verbose: bool) -> None:
        super().__init__(verbose=verbose)
        self._app = app

    @jsii.member(jsii_name="validate")
    def validate(self, context: Any) -> PolicyValidationPluginReport:
        report = super().validate(context)
        judge = _Judge(self._app)
        known: dict[str, list[Acknowledgment]] = {}
        for violation in report.violations:
            for resource in violation.violating_resources:
                path = resource.construct_path or ""
                why = judge.reason(path, violation.rule_name)
                if why is not None:
                    # The CDK matches acknowledgments only by ids prefixed with the plugin's name.
                    id_ = f"{self.name}::{violation.rule_name}"
                    known.setdefault(path, []).append(Acknowledgment(id=id_, reason=why))
        for path, acknowledgments in known.items():
            Validations.of(judge.constructs[path]).acknowledge(*acknowledgments)
        return report


class _Judge:
    """Knows which resources of an app belong to this library."""

    def __init__(self, app: App) -> None:
        self.constructs = {construct.node.path: construct for construct in app.node.find_all()}
        items = self.constructs.items()
        self._homes = [(path, home) for path, home in items if isinstance(home, ModelHome)]
        self._workflows = [(path, flow) for path, flow in items if isinstance(flow, Workflow)]
        functions = [(path, room) for path, room in items if isinstance(room, Functions)]
        apis = [(path, api) for path, api in items if isinstance(api, DecisionApi)]
        self._apis = [path for path, _ in apis]
        self._deliveries = [
            path for path, room in items if isinstance(room, DeliveryPipeline | DeliveryAccess)
        ]
        self._log_roles = {f"{Stack.of(api).node.path}/{LOG_ROLE}" for _, api in apis}
        self._buckets = {f"{path}/Bucket" for path, _ in self._homes}
        roles = {
            *(role.resource.node.path for _, home in self._homes for role in home.model_roles.values()),
            *(f"{path}/{name}" for path, flow in self._workflows for name in (*flow.roles, "Role")),
            *(f"{path}/{name}Role" for path, room in functions for name in room.arns),
            *(f"{path}/{name}" for path, api in apis for name in api.role_names),
            *(app.role.resource.node.path for _, app in items if isinstance(app, MlflowApp)),
        }
        self._policies = {*roles, *(f"{role}{_BESIDE}" for role in roles)}
        self._owned: dict[Stack, Owned] = {}

    def reason(self, path: str, finding: str) -> str | None:
        """Why the library causes a finding, or None when it does not."""
        delivery = next((above for above in self._deliveries if path.startswith(f"{above}/")), None)
        if delivery is not None:
            part = path.removeprefix(f"{delivery}/")
            return delivery_reason(part, finding, frozenset(self._actions(path, "*")))
        if finding == ACCESS_LOGS:
            return ACCESS_LOGS_REASON if path in self._buckets else None
        resource = wildcard(finding)
        if resource is None:
            return self._decision_reason(path, finding)
        if path not in self._policies:
            return None
        return reason(
            resource, self._actions(path, resource), self._owned_in(Stack.of(self.constructs[path]))
        )

    def _actions(self, path: str, resource: str) -> list[str]:
        """What a role or a policy allows on a resource."""
        return [
            action
            for statement in _statements(self.constructs[path])
            if resource in map(flat, _listed(statement["Resource"]))
            for action in _listed(statement["Action"])
        ]

    def _decision_reason(self, path: str, finding: str) -> str | None:
        if path in self._log_roles:
            return decision_reason(LOG_ROLE, finding)
        above = next((api for api in self._apis if path.startswith(f"{api}/")), None)
        return None if above is None else decision_reason(path.removeprefix(f"{above}/"), finding)

    def _owned_in(self, stack: Stack) -> Owned:
        if stack not in self._owned:
            datasets = {
                (source.bucket, source.prefix) for _, flow in self._workflows for source in flow.sources
            }
            self._owned[stack] = Owned(
                models=frozenset(home.name for _, home in self._homes),
                buckets=frozenset(flat(stack.resolve(home.bucket_name)) for _, home in self._homes),
                datasets=frozenset(
                    f"{flat(stack.resolve(bucket))}/{flat(stack.resolve(prefix))}"
                    for bucket, prefix in datasets
                ),
            )
        return self._owned[stack]


def _statements(construct: IConstruct) -> Iterator[Mapping[str, Any]]:
    """The statements of a role or a policy, with references resolved."""
    stack = Stack.of(construct)
    if isinstance(construct, iam.CfnRole):
        policies = cast(list[dict[str, Any]], stack.resolve(construct.policies) or [])
        documents = [policy["policyDocument"] for policy in policies]
    elif isinstance(construct, iam.CfnPolicy):
        documents = [stack.resolve(construct.policy_document)]
    else:
        documents = []
    for document in documents:
        yield from document["Statement"]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def flat(value: Any) -> str:
    """A resolved text in the notation of cdk-nag's finding ids: `<LogicalId>`, `<LogicalId.Attribute>`."""
    if isinstance(value, str):
        return value.replace("${", "<").replace("}", ">")
    match value:
        case {"Ref": str(name)}:
            return f"<{name}>"
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return f"<{name}.{attribute}>"
        case {"Fn::Join": [str(delimiter), list(parts)]}:
            return delimiter.join(map(flat, parts))
        case {"Fn::Sub": str(text)}:
            return flat(text)
        case {"Fn::ImportValue": imported}:
            return flat(imported)
    return str(value)
