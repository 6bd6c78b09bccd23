"""The containers of a model, in the order in which a request goes through them."""

from dataclasses import dataclass
from typing import Any

from mdlc_local.sagemaker import records
from mdlc_local.sagemaker.faults import JobFailedError
from mdlc_local.sagemaker.records import MODEL_PACKAGE, Record, Scope

PRIMARY = "primary"
"""The name of a container that is the only one."""


@dataclass(frozen=True, kw_only=True)
class Container:
    """One container of a model.

    Attributes:
        name: how messages and log streams name it: its ContainerHostname, else ``container-1`` and so on;
            `PRIMARY` when it is the only one.
        definition: the API's ContainerDefinition; a package's container in place of its name.
    """

    name: str
    definition: dict[str, Any]

    @property
    def image(self) -> str:
        """The image's URI."""
        return str(self.definition["Image"])


def containers_of(model: Record, scope: Scope) -> list[Container]:
    """The model's containers; a ModelPackageName is looked up in the registry.

    Raises:
        JobFailedError: when it names a package that does not exist.
    """
    definitions = [model["PrimaryContainer"]] if "PrimaryContainer" in model else model["Containers"]
    if len(definitions) == 1:
        return [Container(name=PRIMARY, definition=_resolved(definitions[0], scope))]
    return [
        Container(
            name=definition.get("ContainerHostname", f"container-{number}"),
            definition=_resolved(definition, scope),
        )
        for number, definition in enumerate(definitions, start=1)
    ]


def _resolved(definition: dict[str, Any], scope: Scope) -> dict[str, Any]:
    if "ModelPackageName" not in definition:
        return dict(definition)
    package = records.find(MODEL_PACKAGE, definition["ModelPackageName"], scope)
    if package is None or "InferenceSpecification" not in package:
        raise JobFailedError(f"ClientError: model package {definition['ModelPackageName']} has no container")
    return {**package["InferenceSpecification"]["Containers"][0], **definition}
