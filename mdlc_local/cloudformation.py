"""CloudFormation resource types that ministack lacks and the library's templates may contain."""

import logging
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from mdlc_local import clock, patches, refused_operations, scopes
from mdlc_local.errors import ApiError
from mdlc_local.sagemaker import model, records, service
from mdlc_local.sagemaker.records import MODEL, MODEL_PACKAGE_GROUP, Kind
from mdlc_local.sagemaker.registry import group_policies

log = logging.getLogger("mdlc_local.cloudformation")

Properties = dict[str, Any]
Provisioned = tuple[str, dict[str, Any]]
"""The physical id, and the attributes for Fn::GetAtt."""

PLACEHOLDERS = {
    "AWS::ApplicationAutoScaling::ScalableTarget": ("Id",),
    "AWS::ApplicationAutoScaling::ScalingPolicy": ("Arn",),
    "AWS::CloudTrail::Trail": ("Arn", "SnsTopicArn"),
    "AWS::CloudWatch::CompositeAlarm": ("Arn",),
    "AWS::EC2::FlowLog": ("Id",),
    "AWS::Events::Archive": ("Arn",),
    "AWS::LakeFormation::Permissions": (),
    "AWS::Logs::QueryDefinition": ("QueryDefinitionId",),
    "AWS::XRay::Group": ("GroupARN",),
}
"""Types that are only recorded, so that nothing runs for them, with their attributes for Fn::GetAtt."""

ON_AWS_ONLY = {
    **refused_operations.TYPES,
    "AWS::SageMaker::MlflowApp": "MLflow is for AWS only: leave the MlflowApp and mlflow= out of stacks that "
    "are deployed here",
}
"""Types that are refused when a template has them, with the reason."""

PROVISIONERS = "ministack.services.cloudformation.provisioners"
CHANGE_SETS = "ministack.services.cloudformation.changesets"

_SUPPORT = "validate_template_support"
_NAME = (PROVISIONERS, "_physical_name", "stack_name logical_id lowercase max_len seeded")
_PREFIXES_ON_WORKER = ("AWS::SageMaker::", "Custom::")


class NamedResource:
    """A SageMaker type whose CloudFormation properties are those of its Create operation.

    Args:
        kind: the SageMaker resource.
        replaces: whether every change replaces the resource; otherwise only a new name does.
    """

    def __init__(self, kind: Kind, *, replaces: bool) -> None:
        self._kind = kind
        self._replaces = replaces

    def create(self, logical_id: str, properties: Properties, stack_name: str) -> Provisioned:
        """Create the resource; without a name, its name is made from the stack's name and the logical id."""
        request = self._request(properties)
        request.setdefault(self._kind.name_field, _physical_name(stack_name, logical_id))
        service.call(f"Create{self._kind.name}", request, scopes.current(), None)
        self._set_policy(request[self._kind.name_field], properties)
        return self._provisioned(request[self._kind.name_field])

    def update(
        self, physical_id: str, old: Properties, new: Properties, stack_name: str, logical_id: str
    ) -> Provisioned:
        """Update the resource in place, or replace it where SageMaker has no Update operation."""
        name = records.bare(physical_id)
        if new.get(self._kind.name_field, name) != name or self._replaces:
            self.delete(physical_id, old)
            return self.create(logical_id, new, stack_name)
        record = records.find(self._kind, name, scopes.current())
        if record is None:
            raise ValueError(f"{self._kind.words} {name} does not exist")
        with records.changing(record):
            record.update(self._request(new))
            self._set_policy(name, new)
        return self._provisioned(record[self._kind.name_field])

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the resource; does nothing when it no longer exists."""
        if records.find(self._kind, physical_id, scopes.current()) is None:
            return
        name = records.bare(physical_id)
        try:
            service.call(f"Delete{self._kind.name}", {self._kind.name_field: name}, scopes.current(), None)
        except ApiError as fault:
            raise ValueError(f"{fault.code}: {fault.message}") from fault

    def adopt(self, identifier: Mapping[str, str]) -> Provisioned:
        """Import an existing resource, identified by its ARN, into a stack."""
        return self._provisioned(records.bare(identifier[self._kind.arn_field]))

    def import_problem(self, arn: str) -> str | None:
        """Why a resource cannot be imported, or None."""
        if records.find(self._kind, arn, scopes.current()) is not None:
            return None
        return f"Resource of type 'AWS::SageMaker::{self._kind.name}' with identifier '{arn}' was not found."

    def _set_policy(self, name: str, properties: Properties) -> None:
        here = scopes.current()
        group = records.find(self._kind, name, here) if self._kind is MODEL_PACKAGE_GROUP else None
        if group is not None:
            group_policies.set_policy(group, properties.get("ModelPackageGroupPolicy"))

    def _request(self, properties: Properties) -> Properties:
        shape = model.operation(f"Create{self._kind.name}").input_shape
        request: Properties = typed(shape, properties)
        return request

    def _provisioned(self, name: str) -> Provisioned:
        arn = records.arn(self._kind, name, scopes.current())
        # Ref returns a model's name but a model package group's ARN.
        physical_id = name if self._kind is MODEL else arn
        attributes = {
            self._kind.arn_field: arn,
            # A group's name is no attribute on AWS: a template that reads it is refused.
            **({self._kind.name_field: name} if self._kind is MODEL else {}),
            "CreationTime": clock.now().isoformat(),
            "ModelPackageGroupStatus": "Completed",
        }
        return physical_id, attributes


def typed(shape: Any, value: Any) -> Any:
    """`value` with the types of the API's model; CloudFormation passes numbers and booleans as text too."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        return {
            name: typed(shape.members[name], item) for name, item in value.items() if name in shape.members
        }
    if kind == "list" and isinstance(value, list):
        return [typed(shape.member, item) for item in value]
    if kind == "map" and isinstance(value, dict):
        return {key: typed(shape.value, item) for key, item in value.items()}
    if kind in ("integer", "long") and isinstance(value, str | float):
        return int(value)
    if kind in ("float", "double") and isinstance(value, str):
        return float(value)
    if kind == "boolean" and isinstance(value, str):
        return value.lower() == "true"
    if kind == "string" and isinstance(value, int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value


def placeholder(type_name: str, attributes: tuple[str, ...]) -> dict[str, Any]:
    """The provisioner of a type that is only recorded."""

    def create(logical_id: str, properties: Properties, stack_name: str) -> Provisioned:
        log.info("%s %s is recorded only: nothing behind it runs locally", type_name, logical_id)
        name = _physical_name(stack_name, logical_id)
        return name, dict.fromkeys(attributes, name)

    def update(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Provisioned:
        return physical_id, dict.fromkeys(attributes, physical_id)

    def delete(physical_id: str, properties: Properties) -> None:
        """Does nothing, because nothing was created."""

    return {"create": create, "update": update, "delete": delete}


def _refusing(validate: Callable[..., None]) -> Callable[..., None]:
    """The check of a template, which says why a type of `ON_AWS_ONLY` is refused.

    A refused type with a condition that may be false is left to the check itself.
    """

    def validated(template: dict[str, Any], conditions: Any, params: Any = None) -> None:
        for name, resource in (template.get("Resources") or {}).items():
            kind = resource.get("Type") if isinstance(resource, dict) else None
            if kind in ON_AWS_ONLY and not resource.get("Condition"):
                raise ValueError(f"{name} is an {kind}, which is not made here: {ON_AWS_ONLY[kind]}.")
        validate(template, conditions, params)

    return validated


def install(app: ModuleType) -> None:
    """Register the types, and provision those that call this server outside of its event loop."""
    for module in ("changesets", "handlers"):
        owner = f"ministack.services.cloudformation.{module}"
        patches.wrap(owner, _SUPPORT, "template conditions params", _refusing)
    handlers = patches.take(PROVISIONERS, "_RESOURCE_HANDLERS")
    patches.take(*_NAME)
    for kind, replaces in ((MODEL, True), (MODEL_PACKAGE_GROUP, False)):
        resource = NamedResource(kind, replaces=replaces)
        handlers[f"AWS::SageMaker::{kind.name}"] = {
            "create": resource.create,
            "update": resource.update,
            "update_with_logical_id": True,
            "delete": resource.delete,
            "import": resource.adopt,
        }
    group = NamedResource(MODEL_PACKAGE_GROUP, replaces=False)
    # Models cannot be imported: no stack of the library owns one.
    lookups = patches.take(CHANGE_SETS, "_IMPORT_LOOKUPS")
    lookups["AWS::SageMaker::ModelPackageGroup"] = ((MODEL_PACKAGE_GROUP.arn_field,), group.import_problem)
    for type_name, attributes in PLACEHOLDERS.items():
        handlers.setdefault(type_name, placeholder(type_name, attributes))

    def extended(on_worker: Callable[[str], bool]) -> Callable[[str], bool]:
        return lambda resource_type: resource_type.startswith(_PREFIXES_ON_WORKER) or on_worker(resource_type)

    stacks = "ministack.services.cloudformation.stacks"
    patches.wrap(stacks, "_runs_on_worker_thread", "resource_type", extended)


def _physical_name(stack_name: str, logical_id: str) -> str:
    # SageMaker's names have at most 63 characters.
    return str(patches.take(*_NAME)(stack_name, logical_id, max_len=63))
